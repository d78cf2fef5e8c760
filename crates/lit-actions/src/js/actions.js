// The functions of `Lit.Actions`, besides `setResponse`.
export default (host, { binaryString, bytesOf, functions, part, print, startCall, utf8Decode, utf8Encode }) => {
  const { read } = part('parameters');

  const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
  const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  // The encodings of npm's `uint8arrays`, which the real nodes use. Its `base64` is unpadded.
  const ENCODINGS = {
    __proto__: null,
    hex: ['0123456789abcdef', 4, false],
    base16: ['0123456789abcdef', 4, false],
    base16upper: ['0123456789ABCDEF', 4, false],
    base32: [BASE32, 5, false],
    base32pad: [BASE32, 5, true],
    base32upper: [BASE32.toUpperCase(), 5, false],
    base32padupper: [BASE32.toUpperCase(), 5, true],
    base64: [`${BASE64}+/`, 6, false],
    base64pad: [`${BASE64}+/`, 6, true],
    base64url: [`${BASE64}-_`, 6, false],
    base64urlpad: [`${BASE64}-_`, 6, true],
  };

  const encodingOf = (name) => {
    const encoding = ENCODINGS[name];
    if (encoding === undefined) throw new Error(`Unsupported encoding "${name}"`);
    return encoding;
  };

  /** RFC 4648 with `width` bits a character. */
  const encode = (bytes, [alphabet, width, padded]) => {
    let text = '';
    let buffer = 0;
    let bits = 0;
    for (const byte of bytes) {
      buffer = ((buffer << 8) | byte) & 0xffff;
      for (bits += 8; bits >= width;) {
        bits -= width;
        text += alphabet[(buffer >> bits) & (2 ** width - 1)];
      }
    }
    if (bits > 0) text += alphabet[(buffer << (width - bits)) & (2 ** width - 1)];
    while (padded && (text.length * width) % 8 !== 0) text += '=';
    return text;
  };

  const decode = (text, [alphabet, width], name) => {
    const digits = text.replace(/=+$/, '');
    const bytes = new Uint8Array(Math.floor((digits.length * width) / 8));
    let buffer = 0;
    let bits = 0;
    let length = 0;
    for (const digit of digits) {
      const value = alphabet.indexOf(digit);
      if (value < 0) throw new SyntaxError(`Non-${name} character`);
      buffer = ((buffer << width) | value) & 0xffff;
      bits += width;
      if (bits >= 8) bytes[length++] = buffer >> (bits -= 8);
    }
    if (bits >= width || (buffer & (2 ** bits - 1)) !== 0) {
      throw new SyntaxError('Unexpected end of data');
    }
    return bytes;
  };

  const isUtf8 = (name) => name === 'utf8' || name === 'utf-8';
  const isLatin1 = (name) => name === 'ascii' || name === 'latin1' || name === 'binary';

  // Parameters reach the host as JSON. Bytes become arrays of numbers. Lone surrogates are replaced, because serde_json
  // refuses them.
  const toJson = (_key, value) => {
    if (typeof value === 'string') return value.toWellFormed();
    const isBytes = ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
    return isBytes ? Array.from(bytesOf(value)) : value;
  };

  const callHost = async (name, parameters) => {
    const json = JSON.stringify(parameters ?? null, toJson);
    return (await startCall((id) => host.call(id, name, json))).value;
  };

  /** Checks the parameters after the call, as an asynchronous op does, and then runs `then`. */
  const checked = (name, given, then) => {
    const { parameters, check } = read(name, given);
    return (async () => {
      check();
      return then(parameters);
    })();
  };

  const actions = {
    pubkeyToTokenId(given) {
      const { parameters: { publicKey }, check } = read('pubkeyToTokenId', given);
      check();
      const key = decode(publicKey.replace(/^0x/, '').toLowerCase(), ENCODINGS.base16, 'hex');
      return `0x${encode(host.keccak256(binaryString(key)), ENCODINGS.base16)}`;
    },
    aesDecrypt: (given) => checked('aesDecrypt', given, ({ symmetricKey: key, ciphertext: bytes }) => {
      if (key.length !== 32) throw new RangeError(`symmetricKey must have 32 bytes, not ${key.length}`);
      const iv = binaryString(bytes.subarray(0, 16));
      const plaintext = host.crypto().aesCbcDecrypt(binaryString(key), iv, binaryString(bytes.subarray(16)));
      if (plaintext === undefined) throw new Error('aesDecrypt: the ciphertext is not one under this key');
      return encode(plaintext, ENCODINGS.base16);
    }),
    uint8arrayToString(bytes, encoding = 'utf8') {
      const source = bytesOf(bytes);
      if (isUtf8(encoding)) return utf8Decode(source, false);
      if (isLatin1(encoding)) return binaryString(source);
      return encode(source, encodingOf(encoding));
    },
    uint8arrayFromString(text, encoding = 'utf8') {
      if (isUtf8(encoding)) return utf8Encode(`${text}`);
      if (isLatin1(encoding)) return Uint8Array.from(`${text}`, (char) => char.charCodeAt(0));
      return decode(`${text}`, encodingOf(encoding), encoding);
    },
  };

  // The nodes that run the same action recognize their calls by name and count. The host answers calls in no particular
  // order, so they are counted here.
  const counts = new Map();
  const countOf = (key) => {
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    return count;
  };

  const countedBy = (name, subject) => (given) => checked(name, given, (parameters) =>
    callHost(name, { ...parameters, round: countOf(`${name} ${parameters[subject]}`) }));

  const counted = {
    __proto__: null,
    decryptAndCombine: countedBy('decryptAndCombine', 'ciphertext'),
    decryptToSingleNode: countedBy('decryptToSingleNode', 'ciphertext'),
    signAndCombineEcdsa: countedBy('signAndCombineEcdsa', 'sigName'),
    broadcastAndCollect: countedBy('broadcastAndCollect', 'name'),
    call: (given) => checked('call', given, (parameters) => callHost('call', { ...parameters, round: countOf('call') })),
    ethPersonalSignMessageEcdsa({ message, publicKey, sigName }) {
      const parameters = { publicKey, sigName };
      // What is no text is signed as one, and checked like the bytes of `signEcdsa`.
      const text = `${message}`;
      const { check } = read('signEcdsa', { ...parameters, toSign: text.length });
      return (async () => {
        check();
        return callHost('ethPersonalSignMessageEcdsa', { ...parameters, message: text });
      })();
    },
    async runOnce({ waitForResponse, name } = {}, run) {
      if (typeof run !== 'function') throw new TypeError('runOnce: the second argument must be a function');
      const point = { name: `${name || 'default'}`, round: countOf(`runOnce ${name}`) };
      if (!await callHost('runOnce', { ...point, step: 'lead' })) {
        return waitForResponse ? callHost('runOnce', { ...point, step: 'follow' }) : undefined;
      }
      let value;
      try {
        value = `${await run() ?? ''}`.toWellFormed();
      } catch (error) {
        print('runOnce:', error);
        value = '[ERROR]';
      }
      await callHost('runOnce', { ...point, step: 'announce', value });
      return value;
    },
  };

  for (const name of functions) {
    actions[name] = counted[name] ?? ((given) => checked(name, given, (parameters) => callHost(name, parameters)));
  }
  return actions;
};
