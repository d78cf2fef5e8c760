// `crypto`. Most of `crypto.subtle` is a part of its own.
export default (host, { apply, binaryString, bytesOf, isView, lengthOf, part, setBytes, typeOf }) => {
  const subtle = {
    async digest(algorithm, data) {
      const name = `${typeof algorithm === 'object' ? algorithm?.name : algorithm}`.toUpperCase();
      const digest = host.digest(name, binaryString(bytesOf(data)));
      if (digest === undefined) throw new DOMException(`Unrecognized algorithm '${name}'`, 'NotSupportedError');
      return digest.buffer;
    },
  };

  const METHODS = `importKey exportKey generateKey sign verify encrypt decrypt deriveBits deriveKey`.split(' ');
  for (const name of METHODS) {
    subtle[name] = {
      async [name](...values) {
        return part('subtle')[name](...values);
      },
    }[name];
  }

  const MAX_RANDOM = 65536;
  const crypto = {
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
  };

  return { crypto };
};
