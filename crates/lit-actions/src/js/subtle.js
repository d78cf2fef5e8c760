// `crypto.subtle` besides `digest`: keys, signatures and encryption of the Web Cryptography API.
export default (host, { bytesOf, binaryString }) => {
  const { entries, freeze } = Object;
  const crypto = host.crypto();

  const fail = (name, message) => { throw new DOMException(message, name); };

  /** A whole number below `end`, as Web IDL enforces a range; read once, because an object may be another number each time. */
  const count = (value, name, end) => {
    const number = Math.trunc(Number(value));
    if (!(number >= 0 && number < end)) throw new TypeError(`'${name}' is outside the range of 0 to ${end - 1}`);
    return number;
  };

  // ---- Keys ----------------------------------------------------------------------------------

  const secret = Symbol('made by the platform');

  class CryptoKey {
    #bytes;

    constructor(key, members, bytes) {
      if (key !== secret) throw new TypeError('Illegal constructor');
      this.#bytes = bytes;
      for (const [name, value] of entries(members)) {
        Object.defineProperty(this, name, { value, writable: false, enumerable: true, configurable: false });
      }
    }

    get [Symbol.toStringTag]() { return 'CryptoKey'; }

    /** The key as the native functions take it; throws for other objects. */
    static bytes(key) { return key.#bytes; }
  }
  const { bytes: keyBytes } = CryptoKey;
  delete CryptoKey.bytes;

  const FORMATS = ['raw', 'spki', 'pkcs8', 'jwk'];
  const USAGES = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];

  const usagesOf = (usages) => {
    const wanted = [...usages].map(String);
    const unknown = wanted.find((usage) => !USAGES.includes(usage));
    if (unknown !== undefined) throw new TypeError(`'${unknown}' is not a usage of keys`);
    return [...new Set(wanted)];
  };

  const checkUsages = (usages, allowed) => {
    const wrong = usages.find((usage) => !allowed.includes(usage));
    if (wrong !== undefined) fail('SyntaxError', `Such a key cannot be used to ${wrong}`);
  };

  const makeKey = (type, extractable, algorithm, usages, bytes) => {
    if (usages.length === 0 && type !== 'public') fail('SyntaxError', 'Usages cannot be empty for such a key');
    const members = { type, extractable, algorithm: freeze(algorithm), usages: freeze(usages) };
    return new CryptoKey(secret, members, bytes);
  };

  /** The bytes of the key; throws if the key does not allow this algorithm and usage. */
  const bytesFor = (key, algorithm, usage) => {
    const bytes = keyBytes(key);
    if (key.algorithm.name !== algorithm.name) fail('InvalidAccessError', 'The key is for another algorithm');
    if (!key.usages.includes(usage)) fail('InvalidAccessError', `The key must not be used to ${usage}`);
    return bytes;
  };

  // ---- Algorithms ----------------------------------------------------------------------------

  const NAMES = [
    'HMAC', 'AES-CBC', 'AES-GCM', 'ECDSA', 'ECDH', 'Ed25519', 'RSASSA-PKCS1-v1_5', 'RSA-PSS', 'PBKDF2', 'HKDF',
  ];
  const HASHES = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  const BLOCKS = { __proto__: null, 'SHA-1': 512, 'SHA-256': 512, 'SHA-384': 1024, 'SHA-512': 1024 };

  const named = (list, given) => {
    const name = `${typeof given === 'object' && given !== null ? given.name : given}`;
    const known = list.find((candidate) => candidate.toUpperCase() === name.toUpperCase());
    return known ?? fail('NotSupportedError', `Unrecognized algorithm '${name}'`);
  };

  /** The algorithm under its canonical name, with the given parameters. */
  const normalize = (given) => {
    const parameters = typeof given === 'object' && given !== null ? given : {};
    return { parameters, name: named(NAMES, given) };
  };

  const hashOf = ({ hash }) => {
    if (hash === undefined) throw new TypeError("The algorithm needs a 'hash'");
    return named(HASHES, hash);
  };

  const isRsa = (name) => name.startsWith('RSA');
  const isCurve = (name) => name === 'ECDSA' || name === 'ECDH';

  /** The same as `normalize`, with the hash for algorithms that bind a key to one. */
  const normalizeForKey = (given) => {
    const algorithm = normalize(given);
    const { name, parameters } = algorithm;
    return name === 'HMAC' || isRsa(name) ? { ...algorithm, hash: hashOf(parameters) } : algorithm;
  };

  // ---- JSON Web Keys -------------------------------------------------------------------------

  const JWK_HASHES = { __proto__: null, 'SHA-1': '1', 'SHA-256': '256', 'SHA-384': '384', 'SHA-512': '512' };

  /** The `alg` of a JSON Web Key, or undefined for algorithms without one. */
  const jwkAlgorithm = (name, hash, bits) => {
    if (name === 'HMAC') return `HS${JWK_HASHES[hash]}`;
    if (name.startsWith('AES')) return `A${bits}${name.slice(4)}`;
    if (name === 'RSASSA-PKCS1-v1_5') return `RS${JWK_HASHES[hash]}`;
    return name === 'RSA-PSS' ? `PS${JWK_HASHES[hash]}` : undefined;
  };

  const checkJwk = (jwk, use, extractable, usages) => {
    if (typeof jwk !== 'object' || jwk === null || ArrayBuffer.isView(jwk) || jwk instanceof ArrayBuffer) {
      throw new TypeError('a JSON Web Key has to be an object');
    }
    if (jwk.use !== undefined && usages.length > 0 && jwk.use !== use) fail('DataError', "'use' is another");
    const operations = jwk.key_ops;
    if (operations !== undefined && !usages.every((usage) => operations.includes(usage))) {
      fail('DataError', "'key_ops' lacks a usage");
    }
    if (jwk.ext === false && extractable) fail('DataError', "'ext' says that the key must not be extractable");
  };

  const checkJwkAlgorithm = (jwk, expected) => {
    if (jwk.alg !== undefined && expected !== undefined && jwk.alg !== expected) {
      fail('DataError', "'alg' is that of another algorithm");
    }
  };

  // ---- Secrets: HMAC and AES -----------------------------------------------------------------

  const SECRET_USAGES = {
    __proto__: null,
    HMAC: ['sign', 'verify'],
    'AES-CBC': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
    'AES-GCM': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
  };

  const secretKey = ({ name, parameters, hash }, bytes, extractable, usages) => {
    checkUsages(usages, SECRET_USAGES[name]);
    const length = bytes.length * 8;
    if (name !== 'HMAC') {
      if (![128, 192, 256].includes(length)) fail('DataError', 'AES keys have 128, 192 or 256 bits');
      if (name === 'AES-GCM' && length === 192) fail('NotSupportedError', 'AES-GCM has keys of 128 or 256 bits here');
      return makeKey('secret', extractable, { name, length }, usages, bytes);
    }
    if (length === 0) fail('DataError', 'An HMAC key cannot be empty');
    if (parameters.length !== undefined && count(parameters.length, 'length', 2 ** 32) !== length) {
      fail('DataError', "The key has not the 'length' that was given");
    }
    return makeKey('secret', extractable, { name, hash: freeze({ name: hash }), length }, usages, bytes);
  };

  const importSecret = (format, data, algorithm, extractable, usages) => {
    if (format === 'raw') return secretKey(algorithm, binaryString(bytesOf(data)), extractable, usages);
    if (format !== 'jwk') fail('NotSupportedError', `Keys for ${algorithm.name} have no format '${format}'`);
    checkJwk(data, algorithm.name === 'HMAC' ? 'sig' : 'enc', extractable, usages);
    const { kty, k } = data;
    const isSecret = kty === 'oct' && typeof k === 'string' && /^[\w-]*$/.test(k);
    if (!isSecret) fail('DataError', 'The JSON Web Key is no secret');
    const key = secretKey(algorithm, crypto.base64UrlDecode(k), extractable, usages);
    checkJwkAlgorithm(data, jwkAlgorithm(key.algorithm.name, key.algorithm.hash?.name, key.algorithm.length));
    return key;
  };

  const lengthFor = ({ name, parameters, hash }) => {
    if (name !== 'HMAC') {
      const length = count(parameters.length, 'length', 2 ** 16);
      return [128, 192, 256].includes(length) ? length : fail('OperationError', 'AES keys have 128, 192 or 256 bits');
    }
    const length = parameters.length === undefined ? BLOCKS[hash] : count(parameters.length, 'length', 2 ** 32);
    if (!(length > 0)) fail('OperationError', 'An HMAC key cannot be empty');
    if (length % 8 !== 0) fail('NotSupportedError', 'HMAC keys have whole bytes here');
    return length;
  };

  // ---- Public and private keys ---------------------------------------------------------------

  /** The usages of private and of public keys. */
  const pairUsages = (name) => (name === 'ECDH' ? [['deriveKey', 'deriveBits'], []] : [['sign'], ['verify']]);

  const MIN_RSA_BITS = 2048;
  const MAX_RSA_BITS = 8192;

  const pairKey = ({ name, hash }, key, extractable, usages) => {
    const { type, kind, bits, bytes } = key;
    if (!isRsa(name)) {
      const algorithm = isCurve(name) ? { name, namedCurve: kind } : { name };
      return makeKey(type, extractable, algorithm, usages, bytes);
    }
    if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) {
      fail('NotSupportedError', `RSA keys have ${MIN_RSA_BITS} to ${MAX_RSA_BITS} bits here`);
    }
    const algorithm = {
      name,
      modulusLength: bits,
      publicExponent: Uint8Array.from(key.exponent, (char) => char.charCodeAt(0)),
      hash: freeze({ name: hash }),
    };
    return makeKey(type, extractable, algorithm, usages, bytes);
  };

  const kindFor = ({ name, parameters }) => {
    if (!isCurve(name)) return isRsa(name) ? 'RSA' : name;
    const { namedCurve } = parameters;
    if (namedCurve === undefined) throw new TypeError("The algorithm needs a 'namedCurve'");
    if (namedCurve !== 'P-256') fail('NotSupportedError', `${name} has the curve P-256 here, not '${namedCurve}'`);
    return namedCurve;
  };

  const importPair = (format, data, algorithm, extractable, usages) => {
    const kind = kindFor(algorithm);
    const isPrivate = format === 'pkcs8' || (format === 'jwk' && data?.d !== undefined);
    checkUsages(usages, pairUsages(algorithm.name)[isPrivate ? 0 : 1]);
    let key;
    if (format === 'jwk') {
      checkJwk(data, algorithm.name === 'ECDH' ? 'enc' : 'sig', extractable, usages);
      if (kind === 'RSA' && data.kty === kind && isPrivate) {
        fail('NotSupportedError', "Private RSA keys have the format 'pkcs8' here");
      }
      key = crypto.readKey('jwk', JSON.stringify(data).toWellFormed());
      checkJwkAlgorithm(data, jwkAlgorithm(algorithm.name, algorithm.hash));
    } else if (format === 'raw' && kind !== 'RSA') {
      key = crypto.readKey(kind, binaryString(bytesOf(data)));
    } else if (format === 'spki' || format === 'pkcs8') {
      key = crypto.readKey(format, binaryString(bytesOf(data)));
    } else {
      fail('NotSupportedError', `Keys for ${algorithm.name} have no format '${format}'`);
    }
    if (key?.kind !== kind) fail('DataError', `This is no key for ${algorithm.name}`);
    return pairKey(algorithm, key, extractable, usages);
  };

  const saltChecked = (parameters, hash) => {
    const bytes = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 }[hash];
    if (parameters.saltLength === undefined) throw new TypeError("RSA-PSS needs a 'saltLength'");
    if (Number(parameters.saltLength) !== bytes) {
      fail('NotSupportedError', 'RSA-PSS has a salt as long as the hash here');
    }
  };

  /** Scheme and hash as the native functions name them. */
  const schemeFor = ({ name, parameters }, key) => {
    const hash = name === 'ECDSA' ? hashOf(parameters) : key.algorithm.hash?.name ?? '';
    if (name === 'RSA-PSS') saltChecked(parameters, hash);
    return [name === 'ECDSA' ? key.algorithm.namedCurve : name, hash];
  };

  const generatePair = (algorithm, extractable, usages) => {
    const kind = kindFor(algorithm);
    const [ofPrivate, ofPublic] = pairUsages(algorithm.name);
    checkUsages(usages, [...ofPrivate, ...ofPublic]);
    if (kind === 'RSA') fail('NotSupportedError', `Keys for ${algorithm.name} are not made here`);
    let bytes;
    let point;
    // Not every number is a key of the curve.
    do {
      bytes = binaryString(host.random(32));
      point = crypto.publicKey(kind, bytes);
    } while (point === undefined);
    const within = (allowed) => usages.filter((usage) => allowed.includes(usage));
    const privateKey = pairKey(algorithm, { type: 'private', kind, bits: 256, bytes }, extractable, within(ofPrivate));
    return { publicKey: pairKey(algorithm, point, true, within(ofPublic)), privateKey };
  };

  // ---- Derivation ----------------------------------------------------------------------------

  const isSource = (name) => name === 'PBKDF2' || name === 'HKDF';

  const importSource = (format, data, { name }, extractable, usages) => {
    if (format !== 'raw') fail('NotSupportedError', `Keys for ${name} have no format '${format}'`);
    checkUsages(usages, ['deriveKey', 'deriveBits']);
    if (extractable) fail('SyntaxError', `Keys for ${name} are not extractable`);
    return makeKey('secret', false, { name }, usages, binaryString(bytesOf(data)));
  };

  const bytesNamed = (parameters, name) => {
    if (parameters[name] === undefined) throw new TypeError(`The algorithm needs a '${name}'`);
    return binaryString(bytesOf(parameters[name]));
  };

  const sharedBits = ({ parameters }, key, secret, length) => {
    const other = parameters.public;
    const point = keyBytes(other);
    if (key.type !== 'private') fail('InvalidAccessError', 'The key is not private');
    const isFitting = other.type === 'public' && other.algorithm.name === 'ECDH'
      && other.algorithm.namedCurve === key.algorithm.namedCurve;
    if (!isFitting) fail('InvalidAccessError', "The 'public' key is none for this key");
    const shared = crypto.ecdh(secret, point) ?? fail('OperationError', 'The keys share nothing');
    const bits = length ?? shared.length * 8;
    if (bits > shared.length * 8) fail('OperationError', 'Invalid length');
    return shared.slice(0, Math.ceil(bits / 8)).buffer;
  };

  const derive = (given, key, givenLength, usage) => {
    const length = givenLength === undefined || givenLength === null ? undefined : givenLength >>> 0;
    const algorithm = normalize(given);
    const { name, parameters } = algorithm;
    if (name !== 'ECDH' && !isSource(name)) fail('NotSupportedError', `${name} does not derive`);
    // An object of another kind is a TypeError before all else.
    const secret = keyBytes(key);
    if (name === 'ECDH') {
      bytesFor(key, algorithm, usage);
      return sharedBits(algorithm, key, secret, length);
    }
    const hash = hashOf(parameters);
    const salt = bytesNamed(parameters, 'salt');
    const info = name === 'HKDF' ? bytesNamed(parameters, 'info') : undefined;
    const iterations = name === 'PBKDF2' ? count(parameters.iterations, 'iterations', 2 ** 32) : 1;
    bytesFor(key, algorithm, usage);
    if (!length || length % 8 !== 0) fail('OperationError', 'Invalid length');
    if (iterations === 0) fail('OperationError', 'There have to be iterations');
    const bytes = name === 'PBKDF2'
      ? crypto.pbkdf2(hash, secret, salt, iterations, length / 8)
      : crypto.hkdf(hash, secret, salt, info, length / 8);
    return bytes === undefined ? fail('OperationError', 'The length exceeds what HKDF derives') : bytes.buffer;
  };

  // ---- Encryption ----------------------------------------------------------------------------

  const TAGS = [32, 64, 96, 104, 112, 120, 128];

  const ivOf = ({ iv }) => {
    if (iv === undefined) throw new TypeError("The algorithm needs an 'iv'");
    return binaryString(bytesOf(iv));
  };

  const cipher = (direction) => (given, key, data) => {
    const algorithm = normalize(given);
    const { name, parameters } = algorithm;
    const text = binaryString(bytesOf(data));
    if (!name.startsWith('AES')) fail('NotSupportedError', `${name} does not ${direction}`);
    const iv = ivOf(parameters);
    let result;
    if (name === 'AES-CBC') {
      if (iv.length !== 16) fail('OperationError', "The 'iv' has to have 16 bytes");
      const bytes = bytesFor(key, algorithm, direction);
      result = direction === 'encrypt' ? crypto.aesCbcEncrypt(bytes, iv, text) : crypto.aesCbcDecrypt(bytes, iv, text);
    } else {
      const { tagLength = 128, additionalData } = parameters;
      if (!TAGS.includes(Number(tagLength))) fail('OperationError', `${tagLength} is no length of a tag`);
      const bytes = bytesFor(key, algorithm, direction);
      if (iv.length !== 12 || Number(tagLength) !== 128) {
        fail('NotSupportedError', 'AES-GCM has an iv of 12 bytes and a tag of 128 bits here');
      }
      const more = additionalData === undefined ? '' : binaryString(bytesOf(additionalData));
      result = direction === 'encrypt'
        ? crypto.aesGcmEncrypt(bytes, iv, more, text)
        : crypto.aesGcmDecrypt(bytes, iv, more, text);
    }
    return result === undefined ? fail('OperationError', `Could not ${direction}`) : result.buffer;
  };

  return {
    CryptoKey,

    importKey(format, data, given, extractable, usages) {
      if (!FORMATS.includes(format)) throw new TypeError(`'${format}' is not a format of keys`);
      const algorithm = normalizeForKey(given);
      const secretImporter = algorithm.name in SECRET_USAGES ? importSecret : importPair;
      const importer = isSource(algorithm.name) ? importSource : secretImporter;
      return importer(format, data, algorithm, Boolean(extractable), usagesOf(usages));
    },

    exportKey(format, key) {
      if (!FORMATS.includes(format)) throw new TypeError(`'${format}' is not a format of keys`);
      const bytes = keyBytes(key);
      const { type, extractable, algorithm, usages } = key;
      const isOpen = type === 'secret' || (type === 'public' && !isRsa(algorithm.name));
      if (!(format === 'raw' && isOpen) && !(format === 'jwk' && type === 'secret')) {
        fail('NotSupportedError', `Such keys cannot be exported as '${format}' here`);
      }
      if (!extractable) fail('InvalidAccessError', 'The key is not extractable');
      if (format === 'raw') return Uint8Array.from(bytes, (char) => char.charCodeAt(0)).buffer;
      const alg = jwkAlgorithm(algorithm.name, algorithm.hash?.name, algorithm.length);
      return { key_ops: [...usages], ext: true, kty: 'oct', k: crypto.base64UrlEncode(bytes), alg };
    },

    generateKey(given, extractable, usages) {
      const algorithm = normalizeForKey(given);
      const wanted = usagesOf(usages);
      if (isSource(algorithm.name)) fail('NotSupportedError', `Keys for ${algorithm.name} are not made here`);
      if (!(algorithm.name in SECRET_USAGES)) return generatePair(algorithm, Boolean(extractable), wanted);
      checkUsages(wanted, SECRET_USAGES[algorithm.name]);
      const bytes = binaryString(host.random(lengthFor(algorithm) / 8));
      return secretKey(algorithm, bytes, Boolean(extractable), wanted);
    },

    deriveBits(given, key, length) { return derive(given, key, length, 'deriveBits'); },

    deriveKey(given, key, givenDerived, extractable, usages) {
      const derived = normalizeForKey(givenDerived);
      if (!(derived.name in SECRET_USAGES)) fail('NotSupportedError', `Keys for ${derived.name} are not derived here`);
      const wanted = usagesOf(usages);
      const bits = derive(given, key, lengthFor(derived), 'deriveKey');
      return importSecret('raw', bits, derived, Boolean(extractable), wanted);
    },

    sign(given, key, data) {
      const algorithm = normalize(given);
      const bytes = bytesFor(key, algorithm, 'sign');
      const signature = crypto.sign(...schemeFor(algorithm, key), bytes, binaryString(bytesOf(data)));
      return signature === undefined ? fail('OperationError', 'The key cannot sign here') : signature.buffer;
    },

    verify(given, key, signature, data) {
      const algorithm = normalize(given);
      const bytes = bytesFor(key, algorithm, 'verify');
      const [text, signed] = [binaryString(bytesOf(data)), binaryString(bytesOf(signature))];
      const isValid = crypto.verify(...schemeFor(algorithm, key), bytes, text, signed);
      return isValid ?? fail('OperationError', 'The key cannot verify here');
    },

    encrypt: cipher('encrypt'),
    decrypt: cipher('decrypt'),
  };
};
