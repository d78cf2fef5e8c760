// The globals of an action besides the language itself: timers, text, randomness.
//
// The engine calls the exported function once, after that of `console.js`, before `web.js`, `lit.js` and the action. `host` holds the
// native functions; they stay in this closure, so the action cannot reach them. The engine calls `fireTimer`, `settleCall` and `describe` of
// the result; the other files use the rest.
export default (host, { console, describeError, inspect, print, show }) => {
  const { apply } = Reflect;
  const { defineProperty, entries, getOwnPropertyDescriptor, getPrototypeOf } = Object;

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

  // What Lit's nodes have and this engine lacks. Programs look for most of these by `typeof`, which must find nothing.
  const MISSING = new Set(`Blob BroadcastChannel CompressionStream CustomEvent Deno DecompressionStream Event EventSource EventTarget
    File FileReader FormData Intl MessageChannel MessagePort Notification PerformanceEntry ReadableStream TextDecoderStream
    TextEncoderStream TransformStream WebAssembly WebSocket WritableStream navigator performance process`.split(/\s+/));

  /** Says why a global is missing, if `error` is about one that Lit's nodes have. */
  const hintOf = (error) => {
    const name = /^'?(\w+)'? is not defined$/.exec(error.message)?.[1];
    return error instanceof ReferenceError && MISSING.has(name)
      ? ` (Lit's nodes have ${name}, the embedded network does not: see DIFFERENCES.md)`
      : '';
  };

  /** The text of an uncaught exception, as Deno reports it. */
  const describe = (thrown, inPromise) => {
    let text = thrown instanceof Error ? describeError(thrown, hintOf(thrown)) : inspect(thrown, []);
    const seen = [thrown];
    for (let at = thrown?.cause; thrown instanceof Error && at instanceof Error && !seen.includes(at); at = at.cause) {
      seen.push(at);
      text += `\nCaused by: ${describeError(at)}`;
    }
    return `Uncaught ${inPromise ? '(in promise) ' : ''}${text}`.toWellFormed();
  };

  define('console', console);

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

  // ---- Text, bytes, clones -----------------------------------------------------------------

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

  class TextEncoder {
    get encoding() { return 'utf-8'; }

    encode(text = '') { return utf8Encode(`${text}`); }

    encodeInto(text, target) {
      let read = 0;
      let written = 0;
      for (const character of `${text}`) {
        const bytes = utf8Encode(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        read += character.length;
        written += bytes.length;
      }
      return { read, written };
    }
  }
  define('TextEncoder', TextEncoder);

  class TextDecoder {
    #encoding;
    #fatal;
    #ignoreBOM;
    // A native function with the state of the stream.
    #decode;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      this.#encoding = host.encodingOf(`${label}`.toWellFormed());
      if (this.#encoding === undefined) throw new RangeError(`The encoding label provided ('${label}') is invalid.`);
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }

    get encoding() { return this.#encoding; }

    get fatal() { return this.#fatal; }

    get ignoreBOM() { return this.#ignoreBOM; }

    decode(source = new Uint8Array(0), { stream = false } = {}) {
      const bytes = binaryString(bytesOf(source));
      this.#decode ??= host.decoder(this.#encoding, this.#fatal, this.#ignoreBOM);
      const text = this.#decode(bytes, Boolean(stream));
      if (text === undefined) throw new TypeError('The encoded data is not valid.');
      return text;
    }
  }
  define('TextDecoder', TextDecoder);

  const cloneError = (value) => new DOMException(`${show(value)} could not be cloned.`, 'DataCloneError');

  const ERROR_CLASSES = { __proto__: null, Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

  const cloneOfError = (value, remember, seen) => {
    const Class = ERROR_CLASSES[value.name] ?? Error;
    const copy = remember(new Class());
    const copied = (name, member) =>
      defineProperty(copy, name, { value: member, writable: true, enumerable: false, configurable: true });
    if (Object.hasOwn(value, 'message')) copied('message', `${value.message}`);
    copied('stack', `${value.stack ?? ''}`);
    if (Object.hasOwn(value, 'cause')) copied('cause', clone(value.cause, seen));
    return copy;
  };

  // Plain data, arrays, maps, sets, dates, errors, boxed values and bytes, shared and circular references included.
  // Other objects (class instances) become plain objects.
  const clone = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') throw cloneError(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const remember = (copy) => { seen.set(value, copy); return copy; };
    if (value instanceof Date) return remember(new Date(value.getTime()));
    if (value instanceof RegExp) return remember(new RegExp(value.source, value.flags));
    if (value instanceof Error) return cloneOfError(value, remember, seen);
    if (value instanceof String || value instanceof Number || value instanceof Boolean || value instanceof BigInt) {
      return remember(Object(value.valueOf()));
    }
    if (value instanceof ArrayBuffer) return remember(value.slice(0));
    if (ArrayBuffer.isView(value)) {
      const buffer = clone(value.buffer, seen);
      return remember(new value.constructor(buffer, value.byteOffset, value.length ?? value.byteLength));
    }
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) throw cloneError(value);
    if (value instanceof Map) {
      const copy = remember(new Map());
      for (const [key, item] of [...value]) copy.set(clone(key, seen), clone(item, seen));
      return copy;
    }
    if (value instanceof Set) {
      const copy = remember(new Set());
      for (const item of [...value]) copy.add(clone(item, seen));
      return copy;
    }
    const copy = remember(Array.isArray(value) ? new Array(value.length) : {});
    for (const [key, member] of entries(value)) copy[key] = clone(member, seen);
    return copy;
  };
  define('structuredClone', function structuredClone(value) { return clone(value, new Map()); });

  // ---- Cryptography ------------------------------------------------------------------------

  const subtle = {
    async digest(algorithm, data) {
      const name = `${typeof algorithm === 'object' ? algorithm?.name : algorithm}`.toUpperCase();
      const digest = host.digest(name, binaryString(bytesOf(data)));
      if (digest === undefined) throw new DOMException(`Unrecognized algorithm '${name}'`, 'NotSupportedError');
      return digest.buffer;
    },
  };

  let library;
  const METHODS = `importKey exportKey generateKey sign verify encrypt decrypt deriveBits deriveKey`.split(' ');
  for (const name of METHODS) {
    subtle[name] = {
      async [name](...values) {
        library ??= host.library('subtle')(host, { bytesOf, binaryString });
        return library[name](...values);
      },
    }[name];
  }

  const MAX_RANDOM = 65536;
  define('crypto', {
    subtle,
    getRandomValues(view) {
      const type = isView(view) ? typeOf(view) : undefined;
      if (type === undefined || type.startsWith('Float')) {
        throw new DOMException('The data is not an integer-type array', 'TypeMismatchError');
      }
      const bytes = bytesOf(view);
      const length = lengthOf(bytes);
      if (length > MAX_RANDOM) {
        throw new DOMException(`The requested length exceeds ${MAX_RANDOM} bytes`, 'QuotaExceededError');
      }
      apply(setBytes, bytes, [host.random(length)]);
      return view;
    },
    randomUUID() {
      const bytes = host.random(16);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    },
  });

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

  let localeFormats;
  const formats = () => localeFormats ??= host.library('locale')();
  for (const [owner, names] of [
    [Number, ['toLocaleString']],
    [BigInt, ['toLocaleString']],
    [Date, ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']],
  ]) {
    for (const name of names) {
      const { [name]: method } = {
        [name](locales, options) { return formats()[owner.name][name](apply(owner.prototype.valueOf, this, []), options); },
      };
      defineProperty(owner.prototype, name, { value: method, writable: true, enumerable: false, configurable: true });
    }
  }

  let storages;
  for (const name of ['localStorage', 'sessionStorage']) {
    defineProperty(globalThis, name, {
      get() { return (storages ??= host.library('storage')())[name]; },
      set(value) { defineProperty(globalThis, name, { value, writable: true, enumerable: true, configurable: true }); },
      enumerable: true,
      configurable: true,
    });
  }

  define('global', globalThis);
  define('self', globalThis);

  return {
    fireTimer, settleCall, describe, define, bytesOf, binaryString, print, utf8Encode, utf8Decode, startCall, dropCall,
  };
}
