// The global `jwt`: npm's jsonwebtoken 9, without its support for outdated keys and tokens.
//
// Error messages are those of the package, because actions compare them.
export default (host, { bytesOf, binaryString, utf8Encode }) => {
  const { assign, getPrototypeOf, keys } = Object;
  const { queueMicrotask } = globalThis;
  const crypto = host.crypto();

  // ---- Errors --------------------------------------------------------------------------------

  // Name and message are enumerable, as in the package, so the JSON of an error contains them.
  class JsonWebTokenError extends Error {
    constructor(message) {
      super();
      this.name = 'JsonWebTokenError';
      this.message = message;
    }
  }

  class TokenExpiredError extends JsonWebTokenError {
    constructor(message, expiredAt) {
      super(message);
      this.name = 'TokenExpiredError';
      this.expiredAt = expiredAt;
    }
  }

  class NotBeforeError extends JsonWebTokenError {
    constructor(message, date) {
      super(message);
      this.name = 'NotBeforeError';
      this.date = date;
    }
  }

  // ---- Tokens --------------------------------------------------------------------------------

  const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

  const parse = (json) => {
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  };

  /** The parts of a token, or null if it is malformed. Throws if the payload must be JSON and is not. */
  const partsOf = (token, json) => {
    if (typeof token !== 'string' || !TOKEN.test(token)) return null;
    const [head, body, signature] = token.split('.');
    // The package reads headers as Latin-1.
    const header = parse(crypto.base64UrlDecode(head));
    if (!header) return null;
    const text = host.utf8Decode(crypto.base64UrlDecode(body), false);
    const payload = header.typ === 'JWT' || json ? JSON.parse(text) : text;
    const inner = typeof payload === 'string' ? parse(payload) : undefined;
    return { header, payload: typeof inner === 'object' && inner !== null ? inner : payload, signature };
  };

  const decode = (token, options) => {
    const parts = partsOf(token, options?.json);
    return parts !== null && options?.complete !== true ? parts.payload : parts;
  };

  // ---- Keys and algorithms -------------------------------------------------------------------

  const CURVES = { __proto__: null, ES256: 'P-256', ES384: 'P-384' };
  const SCHEMES = { __proto__: null, HS: 'HMAC', RS: 'RSASSA-PKCS1-v1_5', PS: 'RSA-PSS' };
  const ALGORITHMS = {
    __proto__: null,
    secret: ['HS256', 'HS384', 'HS512'],
    rsa: ['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512'],
    ec: ['ES256', 'ES384', 'ES512'],
  };
  const OPENSSL_CURVES = { __proto__: null, ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
  const MIN_RSA_BITS = 2048;

  const isBytes = (value) => ArrayBuffer.isView(value) || value instanceof ArrayBuffer;

  /**
   * The key or the secret in `material`, or nothing if it is neither. A PEM text is never used as a secret, so a public
   * key cannot be passed off as an HMAC secret.
   */
  const keyOf = (material) => {
    if (typeof material === 'string') {
      const text = material.toWellFormed();
      if (crypto.isPem(text)) return crypto.readKey('pem', text);
      return { type: 'secret', bytes: binaryString(utf8Encode(text)) };
    }
    if (isBytes(material)) {
      const bytes = binaryString(bytesOf(material));
      if (crypto.isPem(bytes)) return crypto.readKey('pem', bytes);
      return crypto.readKey('spki', bytes) ?? crypto.readKey('pkcs8', bytes) ?? { type: 'secret', bytes };
    }
    if (typeof material !== 'object' || material === null) return undefined;
    const { key, format = 'pem' } = material;
    if (format === 'jwk') return crypto.readKey('jwk', `${JSON.stringify(key)}`.toWellFormed());
    const named = format === 'pem' && (typeof key === 'string' || isBytes(key)) ? keyOf(key) : undefined;
    return named?.type === 'secret' ? undefined : named;
  };

  const familyOf = ({ type, kind }) => {
    if (type === 'secret') return 'secret';
    if (kind === 'RSA') return 'rsa';
    return kind === 'Ed25519' ? 'ed25519' : 'ec';
  };

  const checkFamily = (algorithm, key) => {
    const family = familyOf(key);
    if (family === 'secret') return;
    const allowed = ALGORITHMS[family];
    if (allowed === undefined) throw new Error(`Unknown key type "${family}".`);
    if (!allowed.includes(algorithm)) {
      throw new Error(`"alg" parameter for "${family}" key type must be one of: ${allowed.join(', ')}.`);
    }
    if (family === 'ec' && CURVES[algorithm] !== key.kind) {
      throw new Error(`"alg" parameter "${algorithm}" requires curve "${OPENSSL_CURVES[algorithm]}".`);
    }
  };

  const schemeOf = (algorithm) => CURVES[algorithm] ?? SCHEMES[algorithm.slice(0, 2)];
  const hashOf = (algorithm) => `SHA-${algorithm.slice(2)}`;

  // ---- Times ---------------------------------------------------------------------------------

  const SPAN = /^(-?\d*\.?\d+) *([a-z]*)$/i;
  const UNITS = { __proto__: null };
  for (const [milliseconds, ...names] of [
    [1, '', 'ms', 'msec', 'msecs', 'millisecond', 'milliseconds'],
    [1000, 's', 'sec', 'secs', 'second', 'seconds'],
    [60_000, 'm', 'min', 'mins', 'minute', 'minutes'],
    [3_600_000, 'h', 'hr', 'hrs', 'hour', 'hours'],
    [86_400_000, 'd', 'day', 'days'],
    [604_800_000, 'w', 'week', 'weeks'],
    [31_557_600_000, 'y', 'yr', 'yrs', 'year', 'years'],
  ]) {
    for (const name of names) UNITS[name] = milliseconds;
  }

  const now = () => Math.floor(Date.now() / 1000);

  /** The end of a time span that starts at `from`, in seconds; `option` is its name in errors. */
  const endOf = (span, from, option, ErrorClass) => {
    if (typeof span === 'number') return from + span;
    const [, count, unit] = (typeof span === 'string' && span.length <= 100 && SPAN.exec(span)) || [];
    const milliseconds = UNITS[unit?.toLowerCase()];
    if (milliseconds === undefined) {
      const form = 'a number of seconds or string representing a timespan eg: "1d", "20h", 60';
      throw new ErrorClass(`"${option}" should be ${form}`);
    }
    return Math.floor(from + (parseFloat(count) * milliseconds) / 1000);
  };

  // ---- verify --------------------------------------------------------------------------------

  const checkTimes = ({ nbf, exp }, at, { clockTolerance, ignoreNotBefore, ignoreExpiration }) => {
    const tolerance = clockTolerance || 0;
    if (nbf !== undefined && !ignoreNotBefore) {
      if (typeof nbf !== 'number') throw new JsonWebTokenError('invalid nbf value');
      if (nbf > at + tolerance) throw new NotBeforeError('jwt not active', new Date(nbf * 1000));
    }
    if (exp !== undefined && !ignoreExpiration) {
      if (typeof exp !== 'number') throw new JsonWebTokenError('invalid exp value');
      if (at >= exp + tolerance) throw new TokenExpiredError('jwt expired', new Date(exp * 1000));
    }
  };

  const checkAge = ({ iat }, at, { maxAge, clockTolerance }) => {
    if (!maxAge) return;
    if (typeof iat !== 'number') throw new JsonWebTokenError('iat required when maxAge is specified');
    const end = endOf(maxAge, iat || now(), 'maxAge', JsonWebTokenError);
    if (at >= end + (clockTolerance || 0)) throw new TokenExpiredError('maxAge exceeded', new Date(end * 1000));
  };

  const checkNames = (payload, { audience, issuer, subject, jwtid, nonce }) => {
    const refuse = (what, expected) => {
      throw new JsonWebTokenError(`jwt ${what} invalid. expected: ${expected}`);
    };
    if (audience) {
      const wanted = Array.isArray(audience) ? audience : [audience];
      const named = Array.isArray(payload.aud) ? payload.aud : [payload.aud];
      const isNamed = (want) => named.some((name) => (want instanceof RegExp ? want.test(name) : want === name));
      if (!wanted.some(isNamed)) refuse('audience', wanted.join(' or '));
    }
    if (issuer && !(Array.isArray(issuer) ? issuer.includes(payload.iss) : issuer === payload.iss)) {
      refuse('issuer', issuer);
    }
    if (subject && payload.sub !== subject) refuse('subject', subject);
    if (jwtid && payload.jti !== jwtid) refuse('jwtid', jwtid);
    if (nonce && payload.nonce !== nonce) refuse('nonce', nonce);
  };

  const publicKeyOf = (material) => {
    const key = keyOf(material);
    const usable = key?.type === 'private' ? crypto.publicKey(key.kind, key.bytes) : key;
    if (usable === undefined) throw new JsonWebTokenError('secretOrPublicKey is not valid key material');
    return usable;
  };

  const checkSignature = (token, { header, signature }, material, algorithms) => {
    const hasSignature = signature !== '';
    if (hasSignature && !material) throw new JsonWebTokenError('secret or public key must be provided');
    // Unsigned tokens are refused, whatever `algorithms` allows.
    if (!hasSignature) throw new JsonWebTokenError('jwt signature is required');
    const key = publicKeyOf(material);
    const { alg } = header;
    const allowed = algorithms ? [algorithms].flat() : ALGORITHMS[familyOf(key)] ?? ALGORITHMS.rsa;
    if (typeof alg !== 'string' || !allowed.includes(alg)) throw new JsonWebTokenError('invalid algorithm');
    if (alg.startsWith('HS') && key.type !== 'secret') {
      throw new JsonWebTokenError(`secretOrPublicKey must be a symmetric key when using ${alg}`);
    }
    if (/^(?:RS|PS|ES)/.test(alg) && key.type !== 'public') {
      throw new JsonWebTokenError(`secretOrPublicKey must be an asymmetric key when using ${alg}`);
    }
    checkFamily(alg, key);
    if (key.kind === 'RSA' && key.bits < MIN_RSA_BITS) {
      throw new JsonWebTokenError(`secretOrPublicKey has a minimum key size of ${MIN_RSA_BITS} bits for ${alg}`);
    }
    const scheme = schemeOf(alg);
    if (scheme === undefined) throw new JsonWebTokenError('invalid algorithm');
    const signed = token.slice(0, token.lastIndexOf('.'));
    const isValid = crypto.verify(scheme, hashOf(alg), key.bytes, signed, crypto.base64UrlDecode(signature));
    if (!isValid) throw new JsonWebTokenError('invalid signature');
  };

  /** Checks the options and returns the parts of the token. */
  const open = (token, { clockTimestamp, nonce, allowInvalidAsymmetricKeyTypes }) => {
    if (clockTimestamp && typeof clockTimestamp !== 'number') {
      throw new JsonWebTokenError('clockTimestamp must be a number');
    }
    if (nonce !== undefined && (typeof nonce !== 'string' || nonce.trim() === '')) {
      throw new JsonWebTokenError('nonce must be a non-empty string');
    }
    if (!['undefined', 'boolean'].includes(typeof allowInvalidAsymmetricKeyTypes)) {
      throw new JsonWebTokenError('allowInvalidAsymmetricKeyTypes must be a boolean');
    }
    if (!token) throw new JsonWebTokenError('jwt must be provided');
    if (typeof token !== 'string') throw new JsonWebTokenError('jwt must be a string');
    if (token.split('.').length !== 3) throw new JsonWebTokenError('jwt malformed');
    const parts = partsOf(token, false);
    if (parts === null || parts.payload === null) throw new JsonWebTokenError('invalid token');
    return parts;
  };

  const checked = (token, parts, material, options) => {
    checkSignature(token, parts, material, options.algorithms);
    const at = options.clockTimestamp || now();
    checkTimes(parts.payload, at, options);
    checkNames(parts.payload, options);
    checkAge(parts.payload, at, options);
    return options.complete === true ? parts : parts.payload;
  };

  const verify = (token, material, given, callback) => {
    if (typeof given === 'function' && !callback) return verify(token, material, {}, given);
    const options = { ...given };
    const answer = (work) => {
      if (!callback) return work();
      let value;
      try {
        value = work();
      } catch (error) {
        return callback(error);
      }
      return callback(null, value);
    };
    if (typeof material !== 'function') {
      return answer(() => checked(token, open(token, options), material, options));
    }
    if (!callback) {
      const form = 'must be called asynchronous if secret or public key is provided as a callback';
      throw new JsonWebTokenError(`verify ${form}`);
    }
    let parts;
    try {
      parts = open(token, options);
    } catch (error) {
      return callback(error);
    }
    return material(parts.header, (error, key) => answer(() => {
      if (error) throw new JsonWebTokenError(`error in secret or public key callback: ${error.message}`);
      return checked(token, parts, key, options);
    }));
  };

  // ---- sign ----------------------------------------------------------------------------------

  const isString = (value) => typeof value === 'string';
  const isNumber = (value) => typeof value === 'number';
  const isBoolean = (value) => typeof value === 'boolean';
  const isSpan = (value) => Number.isInteger(value) || (isString(value) && value !== '');
  const isPlain = (value) =>
    typeof value === 'object' && value !== null && [null, Object.prototype].includes(getPrototypeOf(value));

  const SPAN_FORM = 'should be a number of seconds or string representing a timespan';
  const OPTIONS = {
    __proto__: null,
    expiresIn: [isSpan, SPAN_FORM],
    notBefore: [isSpan, SPAN_FORM],
    audience: [(value) => isString(value) || Array.isArray(value), 'must be a string or array'],
    algorithm: [
      (value) => [...ALGORITHMS.secret, ...ALGORITHMS.rsa, ...ALGORITHMS.ec].includes(value),
      'must be a valid string enum value',
    ],
    header: [isPlain, 'must be an object'],
    encoding: [isString, 'must be a string'],
    issuer: [isString, 'must be a string'],
    subject: [isString, 'must be a string'],
    jwtid: [isString, 'must be a string'],
    noTimestamp: [isBoolean, 'must be a boolean'],
    keyid: [isString, 'must be a string'],
    mutatePayload: [isBoolean, 'must be a boolean'],
    allowInsecureKeySizes: [isBoolean, 'must be a boolean'],
    allowInvalidAsymmetricKeyTypes: [isBoolean, 'must be a boolean'],
  };
  const SECONDS = [isNumber, 'should be a number of seconds'];
  const CLAIMS = { __proto__: null, iat: SECONDS, exp: SECONDS, nbf: SECONDS };

  const validate = (schema, object, name, allowsOthers) => {
    if (!isPlain(object)) throw new Error(`Expected "${name}" to be a plain object.`);
    for (const key of keys(object)) {
      const [isValid, form] = schema[key] ?? [];
      if (isValid === undefined && !allowsOthers) throw new Error(`"${key}" is not allowed in "${name}"`);
      if (isValid !== undefined && !isValid(object[key])) throw new Error(`"${key}" ${form}`);
    }
  };

  const signingKeyOf = (material, alg) => {
    if (!material) throw new Error('secretOrPrivateKey must have a value');
    const key = keyOf(material);
    if (key === undefined) throw new Error('secretOrPrivateKey is not valid key material');
    if (alg.startsWith('HS') && key.type !== 'secret') {
      throw new Error(`secretOrPrivateKey must be a symmetric key when using ${alg}`);
    }
    if (/^(?:RS|PS|ES)/.test(alg)) {
      if (key.type !== 'private') throw new Error(`secretOrPrivateKey must be an asymmetric key when using ${alg}`);
      if (key.kind === 'RSA' && !alg.startsWith('ES') && key.bits < MIN_RSA_BITS) {
        throw new Error(`secretOrPrivateKey has a minimum key size of ${MIN_RSA_BITS} bits for ${alg}`);
      }
    }
    return key;
  };

  const NAMES = { audience: 'aud', issuer: 'iss', subject: 'sub', jwtid: 'jti' };

  /** Sets the claims that the options ask for. */
  const addClaims = (claims, options) => {
    const from = claims.iat || now();
    if (options.noTimestamp) delete claims.iat;
    else claims.iat = from;
    if (options.notBefore !== undefined) claims.nbf = endOf(options.notBefore, from, 'notBefore', Error);
    if (options.expiresIn !== undefined) claims.exp = endOf(options.expiresIn, from, 'expiresIn', Error);
    for (const option of keys(NAMES)) {
      const claim = NAMES[option];
      if (options[option] === undefined) continue;
      if (claims[claim] !== undefined) {
        throw new Error(`Bad "options.${option}" option. The payload already has an "${claim}" property.`);
      }
      claims[claim] = options[option];
    }
  };

  const checkPayload = (payload, options) => {
    if (payload === undefined) throw new Error('payload is required');
    if (typeof payload !== 'object') {
      const forObjects = ['expiresIn', 'notBefore', 'noTimestamp', 'audience', 'issuer', 'subject', 'jwtid'];
      const invalid = forObjects.filter((option) => options[option] !== undefined);
      if (invalid.length > 0) throw new Error(`invalid ${invalid.join(',')} option for ${typeof payload} payload`);
      return;
    }
    validate(CLAIMS, payload, 'payload', true);
    for (const [option, claim] of [['expiresIn', 'exp'], ['notBefore', 'nbf']]) {
      if (payload[claim] !== undefined && options[option] !== undefined) {
        throw new Error(`Bad "options.${option}" option the payload already has an "${claim}" property.`);
      }
    }
  };

  const signed = (payload, material, options) => {
    const isObject = typeof payload === 'object';
    const header = {
      alg: options.algorithm || 'HS256',
      typ: isObject ? 'JWT' : undefined,
      kid: options.keyid,
      ...options.header,
    };
    const key = signingKeyOf(material, header.alg);
    checkPayload(payload, options);
    validate(OPTIONS, options, 'options', false);
    if (!/^utf-?8$/i.test(options.encoding ?? 'utf8')) throw new Error('"encoding" must be utf8 on this network');
    checkFamily(header.alg, key);
    const claims = isObject && !options.mutatePayload ? assign({}, payload) : payload;
    if (isObject) addClaims(claims, options);
    // The package writes headers as Latin-1.
    const latin1 = (char) => String.fromCharCode(char.charCodeAt(0) & 0xff);
    const head = JSON.stringify(header).replace(/[^\0-\xff]/g, latin1);
    const body = typeof claims === 'string' ? claims : JSON.stringify(claims);
    const text = `${crypto.base64UrlEncode(head)}.${crypto.base64UrlEncode(binaryString(utf8Encode(body)))}`;
    const scheme = schemeOf(header.alg);
    if (scheme === undefined) throw new TypeError(`"${header.alg}" is not a valid algorithm.`);
    const signature = crypto.sign(scheme, hashOf(header.alg), key.bytes, text);
    if (signature === undefined) throw new Error(`secretOrPrivateKey cannot sign ${header.alg} on this network`);
    return `${text}.${crypto.base64UrlEncode(binaryString(signature))}`;
  };

  const sign = (payload, material, given, callback) => {
    if (typeof given === 'function') return sign(payload, material, {}, given);
    const options = given || {};
    if (typeof callback !== 'function') return signed(payload, material, options);
    let token;
    try {
      token = signed(payload, material, options);
    } catch (error) {
      return callback(error);
    }
    queueMicrotask(() => callback(null, token));
    return undefined;
  };

  return { decode, verify, sign, JsonWebTokenError, NotBeforeError, TokenExpiredError };
};
