// What every action has from its start: timers, bytes, calls of the host, and globals that load their part on first use.
//
// The engine calls the exported function once, before that of `lit.js` and the action. `host` holds the native functions; they stay in
// closures, so the action cannot reach them. The engine calls `fireTimer`, `settleCall` and `describe` of the result; the parts of the
// platform use the rest.
export default (host, { functions }) => {
  const { apply } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;

  /** Defines a global as the platform does: replaceable, but not enumerable. */
  const define = (name, value) =>
    defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });

  const requireFunction = (value, name) => {
    if (typeof value !== 'function') throw new TypeError(`${name}: the callback is not a function`);
  };

  // ---- Code from strings, and stack frames -------------------------------------------------

  const refuseCode = () => {
    throw new EvalError('Code generation from strings disallowed for this context');
  };

  for (const sample of [function () {}, async () => {}, function* () {}, async function* () {}]) {
    const prototype = getPrototypeOf(sample);
    // Every function leads to its constructor, so hiding the global `Function` is not enough.
    const { name } = prototype.constructor;
    const disabled = { [name]: function () { refuseCode(); } }[name];
    defineProperty(disabled, 'prototype', { value: prototype, writable: false });
    defineProperty(prototype, 'constructor', { value: disabled });
    if (name === 'Function') define('Function', disabled);
  }
  const { eval: disabledEval } = { eval() { refuseCode(); } };
  define('eval', disabledEval);

  // QuickJS hands `Error.prepareStackTrace` call sites whose `getFunction()` returns any function
  // of the stack, native host functions included.
  defineProperty(Error, 'prepareStackTrace', { value: undefined, writable: false, configurable: false });

  // ---- Timers and microtasks ---------------------------------------------------------------

  const MAX_DELAY = 2 ** 31 - 1;
  const timers = new Map();
  let lastTimer = 0;

  const startTimer = (name, callback, delay, values, repeats) => {
    requireFunction(callback, name);
    const milliseconds = Math.min(Math.max(Math.trunc(Number(delay)) || 0, repeats ? 1 : 0), MAX_DELAY);
    const id = ++lastTimer;
    timers.set(id, { callback, values, milliseconds, repeats });
    host.startTimer(id, milliseconds);
    return id;
  };

  const stopTimer = (id) => {
    if (timers.delete(id)) host.stopTimer(id);
  };

  const fireTimer = (id) => {
    const { callback, values, milliseconds, repeats } = timers.get(id);
    if (repeats) host.startTimer(id, milliseconds);
    else timers.delete(id);
    apply(callback, globalThis, values);
  };

  define('setTimeout', function setTimeout(callback, delay, ...values) {
    return startTimer('setTimeout', callback, delay, values, false);
  });
  define('setInterval', function setInterval(callback, delay, ...values) {
    return startTimer('setInterval', callback, delay, values, true);
  });
  define('clearTimeout', function clearTimeout(id) { stopTimer(id); });
  define('clearInterval', function clearInterval(id) { stopTimer(id); });

  // The engine drops what a microtask throws; this one reports it.
  const enqueue = globalThis.queueMicrotask;
  define('queueMicrotask', function queueMicrotask(callback) {
    requireFunction(callback, 'queueMicrotask');
    enqueue(() => {
      try {
        callback();
      } catch (error) {
        host.reportError(error);
      }
    });
  });

  // ---- Bytes ---------------------------------------------------------------------------------

  // An action may replace the members of arrays, and a size that it gives at a second look must not reach a native function.
  const { ArrayBuffer, DataView, Uint8Array } = globalThis;
  const { isView } = ArrayBuffer;
  const { fromCharCode } = String;
  const { prototype: arrays } = getPrototypeOf(Uint8Array);
  const { set: setBytes, subarray } = arrays;

  const getter = (prototype, name) => {
    const { get } = getOwnPropertyDescriptor(prototype, name);
    return (value) => apply(get, value, []);
  };
  const getters = (prototype) => ['buffer', 'byteOffset', 'byteLength'].map((name) => getter(prototype, name));
  const typeOf = getter(arrays, Symbol.toStringTag);
  const lengthOf = getter(arrays, 'byteLength');
  const [ofArray, ofDataView] = [getters(arrays), getters(DataView.prototype)];

  /** The bytes of a buffer or a view. */
  const bytesOf = (source) => {
    if (isView(source)) {
      const [buffer, offset, length] = typeOf(source) === undefined ? ofDataView : ofArray;
      return new Uint8Array(buffer(source), offset(source), length(source));
    }
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError('expected an ArrayBuffer or a view of one');
  };

  /** One character per byte. */
  const binaryString = (bytes) => {
    const length = lengthOf(bytes);
    let text = '';
    for (let at = 0; at < length; at += 8192) {
      text += apply(fromCharCode, undefined, apply(subarray, bytes, [at, at + 8192]));
    }
    return text;
  };

  const utf8Encode = (text) => host.utf8Encode(text.toWellFormed());
  const utf8Decode = (bytes, fatal) => host.utf8Decode(binaryString(bytes), fatal);

  // QuickJS seeds its generator with the time: engines that start together would draw the same numbers.
  const { random: uniform } = { random() { return host.uniform(); } };
  defineProperty(Math, 'random', { value: uniform, writable: true, enumerable: false, configurable: true });

  // ---- Answers from outside ----------------------------------------------------------------

  const ERRORS = { __proto__: null, Error, RangeError, TypeError };
  const calls = new Map();
  let lastCall = 0;

  /** Starts a call: `begin` sends it with its id. Returns a promise of the answer. */
  const startCall = (begin) => new Promise((resolve, reject) => {
    const id = ++lastCall;
    calls.set(id, { resolve, reject });
    begin(id);
  });

  /** Stops a call and drops its answer. */
  const dropCall = (id) => {
    if (calls.delete(id)) host.stopCall(id);
  };

  /** `error` is the name of the error's class; without one, `text` is the answer in JSON. */
  const settleCall = (id, error, text, bytes) => {
    const call = calls.get(id);
    if (call === undefined) return;
    calls.delete(id);
    if (error === undefined) call.resolve({ value: JSON.parse(text), bytes });
    else call.reject(new ERRORS[error](text));
  };

  // ---- Parts that are loaded on first use ----------------------------------------------------

  const loaded = { __proto__: null };

  /** What a part of the platform exports. Few actions use any, and reading all of them takes longer than most actions. */
  const part = (name) => loaded[name] ??= host.part(name)(host, platform);

  /** Defines a global that is loaded on first use. A script may declare or set it itself. */
  const defineLater = (name, load, enumerable = false) => {
    const later = {
      get() {
        const value = load();
        if (getOwnPropertyDescriptor(globalThis, name)?.get === later.get) later.set(value);
        return value;
      },
      set(value) { defineProperty(globalThis, name, { value, writable: true, enumerable, configurable: true }); },
      enumerable,
      configurable: true,
    };
    defineProperty(globalThis, name, later);
  };

  for (const [from, ...names] of [
    ['console', 'console'],
    ['crypto', 'crypto'],
    ['data', 'TextDecoder', 'TextEncoder', 'structuredClone'],
    ['web', 'AbortController', 'AbortSignal', 'Headers', 'Request', 'Response', 'URL', 'URLSearchParams', 'fetch'],
  ]) {
    for (const name of names) defineLater(name, () => part(from)[name]);
  }
  for (const name of ['localStorage', 'sessionStorage']) defineLater(name, () => part('storage')[name], true);

  for (const [owner, ...names] of [
    [Number, 'toLocaleString'],
    [BigInt, 'toLocaleString'],
    [Date, 'toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'],
  ]) {
    const { name: kind, prototype } = owner;
    const { valueOf } = prototype;
    for (const name of names) {
      const { [name]: method } = {
        [name](locales, options) { return part('locale')[kind][name](apply(valueOf, this, []), options); },
      };
      defineProperty(prototype, name, { value: method, writable: true, enumerable: false, configurable: true });
    }
  }

  define('global', globalThis);
  define('self', globalThis);

  const platform = {
    apply, binaryString, bytesOf, defineLater, dropCall, functions, isView, lengthOf, part, setBytes, startCall, typeOf, utf8Decode,
    utf8Encode,
    print: (...values) => part('console').print(...values),
    show: (value) => part('console').show(value),
  };
  const describe = (thrown, inPromise) => part('console').describe(thrown, inPromise);
  return { describe, fireTimer, platform, settleCall };
};
