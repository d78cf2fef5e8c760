// `TextEncoder`, `TextDecoder` and `structuredClone`.
export default (host, { bytesOf, binaryString, utf8Encode, show }) => {
  const { defineProperty, entries } = Object;

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
  function structuredClone(value) { return clone(value, new Map()); }

  return { TextEncoder, TextDecoder, structuredClone };
};
