// The globals of an action besides the language itself: console, timers, text, randomness.
//
// The engine calls the exported function once, before `web.js`, `lit.js` and the action. `host` holds the native functions;
// they stay in this closure, so the action cannot reach them. The engine calls `fireTimer`, `settleCall` and `describe` of
// the result; the other files use the rest.
export default (host) => {
  const { apply } = Reflect;
  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, keys, entries } = Object;

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

  /** The stack of `error` in V8's notation, without the frames of this file. */
  const stackOf = (error) => {
    const { stack } = error;
    if (typeof stack !== 'string') return '';
    return stack
      .split('\n')
      .filter((line) => line !== '' && !line.includes('(ext:lit/'))
      .map((line) => line
        .replace(/^ {4}at <(?:eval|anonymous)> \((.*)\)$/, '    at $1')
        .replace(/ \((?:native|missing)\)$/, ' (<anonymous>)'))
      .map((line) => `\n${line}`)
      .join('');
  };

  const describeError = (error) => `${error}${stackOf(error)}`;

  const tagOf = (value) => apply(Object.prototype.toString, value, []).slice(8, -1);

  const constructorName = (value) => {
    for (let at = value; at !== null; at = getPrototypeOf(at)) {
      const constructor = getOwnPropertyDescriptor(at, 'constructor')?.value;
      if (typeof constructor === 'function' && constructor.name !== '') return constructor.name;
    }
    return '';
  };

  /** The text of an uncaught exception, as V8 reports it. */
  const describe = (thrown, inPromise) => {
    let text;
    if (thrown instanceof Error) {
      text = describeError(thrown);
    } else if (typeof thrown === 'object' && thrown !== null) {
      text = thrown.toString === Object.prototype.toString
        ? `#<${constructorName(thrown) || 'Object'}>`
        : `[object ${tagOf(thrown)}]`;
    } else {
      text = String(thrown);
    }
    return `Uncaught ${inPromise ? '(in promise) ' : ''}${text}`.toWellFormed();
  };

  // ---- console -----------------------------------------------------------------------------

  const MAX_DEPTH = 4;
  const MAX_ITEMS = 100;

  const list = (open, items, close) =>
    (items.length === 0 ? `${open}${close}` : `${open} ${items.join(', ')} ${close}`);

  /** `value` on one line, in Deno's notation. `parents` are the objects it is nested in. */
  const inspect = (value, parents) => {
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value === 'bigint') return `${value}n`;
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'function') {
      const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'Function';
      if (value.name === '') return `[${kind} (anonymous)]`;
      return kind === 'class' ? `[class ${value.name}]` : `[Function: ${value.name}]`;
    }
    if (typeof value !== 'object' || value === null) return String(value);
    if (parents.includes(value)) return '[Circular]';
    if (value instanceof Error) return describeError(value);
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
    if (value instanceof RegExp) return String(value);
    const name = constructorName(value);
    if (parents.length > MAX_DEPTH) return `[${Array.isArray(value) ? 'Array' : name || 'Object'}]`;

    const inner = [...parents, value];
    const sequence = (items, print) => {
      const shown = Array.from(items.slice(0, MAX_ITEMS), print);
      const hidden = items.length - shown.length;
      if (hidden > 0) shown.push(`... ${hidden} more item${hidden === 1 ? '' : 's'}`);
      return shown;
    };
    if (Array.isArray(value)) return list('[', sequence(value, (item) => inspect(item, inner)), ']');
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return list(`${name}(${value.length}) [`, sequence(value, (item) => inspect(item, inner)), ']');
    }
    if (value instanceof Map) {
      const print = ([key, item]) => `${inspect(key, inner)} => ${inspect(item, inner)}`;
      return list(`Map(${value.size}) {`, sequence([...value], print), '}');
    }
    if (value instanceof Set) {
      return list(`Set(${value.size}) {`, sequence([...value], (item) => inspect(item, inner)), '}');
    }
    const members = keys(value).map((key) => {
      const label = /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
      const { get, value: member } = getOwnPropertyDescriptor(value, key) ?? {};
      return `${label}: ${get ? '[Getter]' : inspect(member, inner)}`;
    });
    const prefix = { '': '[Object: null prototype] ', Object: '' }[name] ?? `${name} `;
    return list(`${prefix}{`, members, '}');
  };

  const show = (value) => (typeof value === 'string' ? value : inspect(value, []));

  const DIRECTIVES = {
    s: (value) => (typeof value === 'object' ? inspect(value, []) : String(value)),
    d: (value) => (typeof value === 'bigint' ? `${value}n` : String(Number(value))),
    i: (value) => (typeof value === 'bigint' ? `${value}n` : String(parseInt(value))),
    f: (value) => String(parseFloat(value)),
    j: (value) => String(JSON.stringify(value)),
    o: (value) => inspect(value, []),
    O: (value) => inspect(value, []),
    c: () => '',
  };

  const format = (values) => {
    const rest = [...values];
    const parts = [];
    if (typeof rest[0] === 'string') {
      parts.push(rest.shift().replace(/%([sdifjoOc%])/g, (whole, directive) => {
        if (directive === '%') return rest.length > 0 ? '%' : whole;
        return rest.length > 0 ? DIRECTIVES[directive](rest.shift()) : whole;
      }));
    }
    return [...parts, ...rest.map(show)].join(' ');
  };

  const print = (...values) => host.log(`${format(values)}\n`.toWellFormed());
  define('console', {
    debug(...values) { print(...values); },
    error(...values) { print(...values); },
    info(...values) { print(...values); },
    log(...values) { print(...values); },
    trace(...values) { print(...values); },
    warn(...values) { print(...values); },
  });

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

  const bytesOf = (source) => {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
    if (source instanceof ArrayBuffer) return new Uint8Array(source);
    throw new TypeError('expected an ArrayBuffer or a view of one');
  };

  /** One character per byte. */
  const binaryString = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) {
      text += apply(String.fromCharCode, undefined, bytes.subarray(at, at + 8192));
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
    #fatal;
    #ignoreBOM;

    constructor(label = 'utf-8', { fatal = false, ignoreBOM = false } = {}) {
      if (!/^\s*(?:unicode-1-1-)?utf-?8\s*$/i.test(label)) {
        throw new RangeError(`The encoding '${label}' is not supported here, only UTF-8 is.`);
      }
      this.#fatal = Boolean(fatal);
      this.#ignoreBOM = Boolean(ignoreBOM);
    }

    get encoding() { return 'utf-8'; }

    get fatal() { return this.#fatal; }

    get ignoreBOM() { return this.#ignoreBOM; }

    decode(source = new Uint8Array(0), { stream = false } = {}) {
      if (stream) throw new TypeError('TextDecoder: streaming is not supported here');
      const text = utf8Decode(bytesOf(source), this.#fatal);
      if (text === undefined) throw new TypeError('The encoded data is not valid.');
      return !this.#ignoreBOM && text.startsWith('\uFEFF') ? text.slice(1) : text;
    }
  }
  define('TextDecoder', TextDecoder);

  const cloneError = (value) => new DOMException(`${show(value)} could not be cloned.`, 'DataCloneError');

  // Plain data, arrays, maps, sets, dates and bytes, shared and circular references included.
  // Other objects (errors, class instances, boxed values) become plain objects.
  const clone = (value, seen) => {
    if (typeof value === 'function' || typeof value === 'symbol') throw cloneError(value);
    if (typeof value !== 'object' || value === null) return value;
    if (seen.has(value)) return seen.get(value);
    const remember = (copy) => { seen.set(value, copy); return copy; };
    if (value instanceof Date) return remember(new Date(value.getTime()));
    if (value instanceof RegExp) return remember(new RegExp(value.source, value.flags));
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
  for (const name of ['importKey', 'exportKey', 'generateKey', 'sign', 'verify', 'encrypt', 'decrypt']) {
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
      if (!ArrayBuffer.isView(view) || view instanceof DataView || /^Float/.test(constructorName(view))) {
        throw new DOMException('The data is not an integer-type array', 'TypeMismatchError');
      }
      const bytes = bytesOf(view);
      if (bytes.length > MAX_RANDOM) {
        throw new DOMException(`The requested length exceeds ${MAX_RANDOM} bytes`, 'QuotaExceededError');
      }
      bytes.set(host.random(bytes.length));
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

  define('global', globalThis);
  define('self', globalThis);

  return {
    fireTimer, settleCall, describe, define, bytesOf, binaryString, print, utf8Encode, utf8Decode, startCall, dropCall,
  };
}
