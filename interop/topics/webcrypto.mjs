// The `crypto.subtle` of Lit Actions beside that of Node.js.
import { generateKeyPairSync, webcrypto } from 'node:crypto';

import { compare, otherwise } from '../lib/both.mjs';
import { anyAction, connected, walletSession } from '../lib/client.mjs';
import { wallet } from '../lib/network.mjs';

const client = await connected();
const sessionSigs = await walletSession(client, wallet(0), { resourceAbilityRequests: anyAction });
const execute = async (code, jsParams) => (await client.executeJs({ sessionSigs, code, jsParams })).response;

const hex = (bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
const show = ({ type, extractable, algorithm, usages }) => {
  const { name, length, hash, namedCurve, modulusLength, publicExponent } = algorithm;
  const exponent = publicExponent && [...publicExponent];
  return { type, extractable, name, length, hash, namedCurve, modulusLength, exponent, usages };
};

const subject = { subtle: webcrypto.subtle, hex, bytes, show };
const name = `({ subtle: crypto.subtle, hex: ${hex}, bytes: ${bytes}, show: ${show} })`;
/** Errors are compared by their names. Node calls one of them by a name that is none of Web Cryptography. */
const errorName = (result) => result.replace(/: .*$/s, '').replace('InvalidAccessException', 'InvalidAccessError');
const isError = (result) => /^\w+(?:Error|Exception): /.test(result);
const same = (a, b) => (isError(a) && isError(b) ? errorName(a) === errorName(b) : a === b);

const der = (key, type) => hex(key.export({ type, format: 'der' }));
const jwk = (key) => key.export({ format: 'jwk' });
const keys = Object.fromEntries(
  [
    ['rsa', { modulusLength: 2048 }],
    ['ec', { namedCurve: 'P-256' }],
    ['ed25519', {}],
  ].map(([kind, options]) => {
    const { publicKey, privateKey } = generateKeyPairSync(kind, options);
    const forms = { spki: der(publicKey, 'spki'), pkcs8: der(privateKey, 'pkcs8') };
    return [kind, { ...forms, publicJwk: jwk(publicKey), privateJwk: jwk(privateKey) }];
  }),
);
const runs = { execute, subject, name, given: { keys }, same };

const raw = (length) => hex(Uint8Array.from({ length }, (_, at) => at));
const secret = { kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw' };
const hmac = { name: 'HMAC', hash: 'SHA-256' };

/** `data` is in hex, or a JSON Web Key. */
const importKey = async ({ subtle, bytes, show }, _, format, data, algorithm, extractable, usages) =>
  show(await subtle.importKey(format, typeof data === 'string' ? bytes(data) : data, algorithm, extractable, usages));
const exportKey = async ({ subtle, hex, bytes }, _, data, algorithm, usages) => {
  const key = await subtle.importKey('raw', bytes(data), algorithm, true, usages);
  return [await subtle.exportKey('jwk', key), hex(await subtle.exportKey('raw', key))];
};
const generateKey = async ({ subtle, show }, _, algorithm, usages) =>
  show(await subtle.generateKey(algorithm, true, usages));

await compare(
  'secrets',
  [
    ...['SHA-1', 'sha-256', 'SHA-384', { name: 'SHA-512' }, 'MD5', null].flatMap((hash) =>
      [0, 1, 100].map((length) => [importKey, 'raw', raw(length), { name: 'hmac', hash }, true, ['verify', 'sign']]),
    ),
    ...[[], ['sign'], ['encrypt'], ['bogus'], 5, null].flatMap((usages) =>
      ['raw', 'jwk', 'nope'].map((format) => [
        importKey,
        format,
        format === 'jwk' ? secret : raw(8),
        hmac,
        true,
        usages,
      ]),
    ),
    ...[8, 64, 65, 0].map((length) => [importKey, 'raw', raw(8), { ...hmac, length }, true, ['sign']]),
    ...[
      {},
      { alg: 'HS256' },
      { alg: 'HS512' },
      { kty: 'RSA' },
      { use: 'sig' },
      { use: 'enc' },
      { key_ops: ['verify', 'sign'] },
      { key_ops: ['verify'] },
      { ext: false },
    ].map((more) => [importKey, 'jwk', { ...secret, ...more }, hmac, true, ['sign']]),
    ...['AES-CBC', 'AES-GCM'].flatMap((name) => [
      ...[0, 16, 32, 33].map((length) => [
        importKey,
        'raw',
        raw(length),
        name,
        false,
        ['encrypt', 'decrypt', 'wrapKey'],
      ]),
      [importKey, 'jwk', { ...secret, use: 'sig' }, name, true, ['encrypt']],
      [importKey, 'jwk', { ...secret, alg: 'A256GCM' }, name, true, ['encrypt']],
      [importKey, 'jwk', { ...secret, alg: 'A128GCM' }, name, true, ['encrypt']],
      [exportKey, raw(32), { name }, ['encrypt', 'decrypt']],
    ]),
    [importKey, 'raw', raw(24), 'AES-CBC', true, ['encrypt']],
    [
      importKey,
      'raw',
      raw(24),
      'AES-GCM',
      true,
      ['encrypt'],
      otherwise('NotSupportedError: AES-GCM has keys of 128 or 256 bits here'),
    ],
    ...['SHA-1', 'SHA-512'].map((hash) => [exportKey, raw(20), { name: 'HMAC', hash }, ['sign']]),
    ...[
      { name: 'HMAC', hash: 'SHA-1' },
      { name: 'HMAC', hash: 'SHA-512' },
      { ...hmac, length: 128 },
      { ...hmac, length: 0 },
      { name: 'HMAC' },
      { name: 'AES-GCM', length: 256 },
      { name: 'AES-CBC', length: 192 },
      'nope',
    ].flatMap((algorithm) => [['sign'], ['encrypt', 'decrypt'], []].map((usages) => [generateKey, algorithm, usages])),
    [generateKey, { name: 'AES-CBC', length: 100 }, ['encrypt']],
    // Sizes that no native function may trust.
    ...[2 ** 45, 2 ** 32, -8, 'x', {}].map((length) => [generateKey, { ...hmac, length }, ['sign']]),
    [generateKey, { name: 'AES-CBC', length: 2 ** 45 }, ['encrypt']],
  ],
  runs,
);

const authenticate = async ({ subtle, hex, bytes }, _, data, hash, message) => {
  const key = await subtle.importKey('raw', bytes(data), { name: 'HMAC', hash }, false, ['sign', 'verify']);
  const code = await subtle.sign('HMAC', key, bytes(message));
  const verified = (code, message) => subtle.verify('HMAC', key, code, bytes(message));
  return [hex(code), await verified(code, message), await verified(code, 'ff'), await verified(bytes('00'), message)];
};
/** The ciphertext, what comes back, and what comes of changes. */
const encrypt = async ({ subtle, hex, bytes }, _, data, parameters, iv, more, message) => {
  const { name } = parameters;
  const key = await subtle.importKey('raw', bytes(data), name, false, ['encrypt', 'decrypt']);
  const algorithm = { ...parameters, iv: bytes(iv), ...(more === null ? {} : { additionalData: bytes(more) }) };
  const ciphertext = await subtle.encrypt(algorithm, key, bytes(message));
  const opened = (ciphertext) => subtle.decrypt(algorithm, key, ciphertext).then(hex, (error) => error.name);
  const changed = new Uint8Array(ciphertext.slice(0));
  changed[changed.length - 1] ^= 1;
  return [hex(ciphertext), await opened(ciphertext), await opened(changed), await opened(ciphertext.slice(1))];
};
/** With an algorithm, `usages` and data that may not go together. */
const misuse = async ({ subtle, bytes }, _, operation, algorithm, imported, usages, ...more) => {
  const key = await subtle.importKey('raw', bytes('00'.repeat(16)), imported, false, usages);
  return subtle[operation](algorithm, key, ...more.map((data) => (typeof data === 'string' ? bytes(data) : data)));
};

const iv16 = { name: 'AES-CBC', iv: null };
await compare(
  'codes and encryption',
  [
    ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].map((hash) => [authenticate, raw(20), hash, raw(3)]),
    ...[16, 24, 32].flatMap((length) =>
      [0, 1, 16, 33].map((size) => [encrypt, raw(length), { name: 'AES-CBC' }, raw(16), null, raw(size)]),
    ),
    ...[16, 32].flatMap((length) =>
      [0, 1, 16, 33].flatMap((size) =>
        [null, '', 'beef'].map((more) => [encrypt, raw(length), { name: 'AES-GCM' }, raw(12), more, raw(size)]),
      ),
    ),
    [encrypt, raw(16), { name: 'AES-GCM', tagLength: 128 }, raw(12), null, raw(5)],
    [encrypt, raw(16), { name: 'AES-GCM', tagLength: 5 }, raw(12), null, raw(5)],
    [encrypt, raw(16), { name: 'AES-CBC' }, raw(15), null, raw(5)],
    ...[
      [{ name: 'AES-GCM', tagLength: 96 }, raw(12)],
      [{ name: 'AES-GCM' }, raw(16)],
    ].map(([parameters, iv]) => [
      encrypt,
      raw(16),
      parameters,
      iv,
      null,
      '00',
      otherwise('NotSupportedError: AES-GCM has an iv of 12 bytes and a tag of 128 bits here'),
    ]),
    [misuse, 'encrypt', 'AES-CBC', 'AES-CBC', ['encrypt'], '00'],
    [misuse, 'encrypt', iv16, 'AES-CBC', ['encrypt'], '00'],
    [misuse, 'encrypt', 'HMAC', hmac, ['sign'], '00'],
    [misuse, 'sign', 'HMAC', hmac, ['verify'], '00'],
    [misuse, 'sign', 'Ed25519', hmac, ['sign'], '00'],
    [misuse, 'verify', 'HMAC', hmac, ['sign'], '00', '00'],
    [misuse, 'sign', 'HMAC', hmac, ['sign'], 5],
    [({ subtle, bytes }) => subtle.sign('HMAC', {}, bytes('00'))],
  ],
  runs,
);

const algorithms = {
  rsa: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ec: { name: 'ECDSA', namedCurve: 'P-256' },
  ed25519: { name: 'Ed25519' },
};
const importPair = async ({ subtle, bytes, show }, { keys }, format, kind, form, algorithm, extractable, usages) => {
  const data = keys[kind][form];
  const key = await subtle.importKey(format, format === 'jwk' ? data : bytes(data), algorithm, extractable, usages);
  return show(key);
};
/** What `sign` makes may differ each time. */
const signAndVerify = async ({ subtle, bytes }, { keys }, kind, algorithm, parameters) => {
  const key = await subtle.importKey('pkcs8', bytes(keys[kind].pkcs8), algorithm, false, ['sign']);
  const publicKey = await subtle.importKey('jwk', keys[kind].publicJwk, { ...algorithm }, false, ['verify']);
  const signature = await subtle.sign(parameters, key, bytes('010203'));
  const verified = (signature, data) => subtle.verify(parameters, publicKey, signature, bytes(data));
  const changed = new Uint8Array(signature.slice(0));
  changed[5] ^= 1;
  return [
    signature.byteLength,
    await verified(signature, '010203'),
    await verified(signature, '0102'),
    await verified(changed, '010203'),
    await verified(bytes('00'), '010203'),
  ];
};
const verifyOne = async ({ subtle, bytes }, { keys }, kind, algorithm, parameters, signature) => {
  const key = await subtle.importKey('spki', bytes(keys[kind].spki), algorithm, false, ['verify']);
  return subtle.verify(parameters, key, bytes(signature), bytes('010203'));
};
/** A signature of Node.js. */
const signed = async (kind, algorithm, parameters) => {
  const key = await webcrypto.subtle.importKey('pkcs8', bytes(keys[kind].pkcs8), algorithm, false, ['sign']);
  return hex(await webcrypto.subtle.sign(parameters, key, bytes('010203')));
};
const schemes = ['SHA-256', 'SHA-384', 'SHA-512'].flatMap((hash, at) => [
  ['rsa', { name: 'RSASSA-PKCS1-v1_5', hash }, { name: 'RSASSA-PKCS1-v1_5' }],
  ['rsa', { name: 'RSA-PSS', hash }, { name: 'RSA-PSS', saltLength: 32 + 16 * at }],
  ['ec', algorithms.ec, { name: 'ECDSA', hash }],
]);
schemes.push(['ed25519', algorithms.ed25519, { name: 'Ed25519' }]);

await compare(
  'pairs of keys',
  [
    ...Object.entries(algorithms).flatMap(([kind, algorithm]) => [
      ...[['sign'], ['verify'], ['encrypt'], []].flatMap((usages) =>
        ['spki', 'pkcs8'].map((form) => [importPair, form, kind, form, algorithm, true, usages]),
      ),
      [importPair, 'jwk', kind, 'publicJwk', algorithm, false, ['verify']],
      kind === 'rsa'
        ? [
            importPair,
            'jwk',
            kind,
            'privateJwk',
            algorithm,
            false,
            ['sign'],
            otherwise("NotSupportedError: Private RSA keys have the format 'pkcs8' here"),
          ]
        : [importPair, 'jwk', kind, 'privateJwk', algorithm, false, ['sign']],
      ...Object.keys(algorithms).map((other) => [importPair, 'spki', other, 'spki', algorithm, true, ['verify']]),
      [importKey, 'spki', raw(20), algorithm, false, ['verify']],
    ]),
    ...schemes.map((values) => [signAndVerify, ...values]),
    ...(await Promise.all(schemes.map(async (values) => [verifyOne, ...values, await signed(...values)]))),
    [signAndVerify, 'ec', algorithms.ec, 'ECDSA'],
    [signAndVerify, 'rsa', { name: 'RSA-PSS', hash: 'SHA-256' }, 'RSA-PSS'],
    [importPair, 'spki', 'ec', 'spki', 'ECDSA', true, ['verify']],
    [importPair, 'spki', 'rsa', 'spki', 'RSA-PSS', true, ['verify']],
  ],
  runs,
);

/** The derived bits, or of `deriveKey` the key. */
const derive = async ({ subtle, bytes, hex }, _, secret, algorithm, length) => {
  const key = await subtle.importKey('raw', bytes(secret), algorithm.name, false, ['deriveBits']);
  const [salt, info] = [algorithm.salt, algorithm.info].map((data) => (typeof data === 'string' ? bytes(data) : data));
  const given = { ...algorithm, salt, info };
  return hex(await subtle.deriveBits(given, key, length));
};
const deriveKey = async ({ subtle, bytes, hex, show }, _, algorithm, derived, usages) => {
  const key = await subtle.importKey('raw', bytes('0102'), algorithm.name, false, ['deriveKey']);
  const made = await subtle.deriveKey({ ...algorithm, salt: bytes('03'), info: bytes('04') }, key, derived, true, usages);
  return [show(made), hex(await subtle.exportKey('raw', made))];
};
const importSource = async ({ subtle, bytes, show }, _, format, algorithm, extractable, usages) =>
  show(await subtle.importKey(format, bytes('01'), algorithm, extractable, usages));
const ecdh = { name: 'ECDH', namedCurve: 'P-256' };
const agree = async ({ subtle, bytes, hex, show }, { keys }, length, privateUsages = ['deriveBits'], publicUsages = []) => {
  const key = await subtle.importKey('pkcs8', bytes(keys.ec.pkcs8), { name: 'ECDH', namedCurve: 'P-256' }, false, privateUsages);
  const other = await subtle.importKey('spki', bytes(keys.ec.spki), { name: 'ECDH', namedCurve: 'P-256' }, true, publicUsages);
  return [show(key), show(other), hex(await subtle.deriveBits({ name: 'ECDH', public: other }, key, length))];
};
const agreeNew = async ({ subtle, hex, show }, _, algorithm, extractable, usages) => {
  const { publicKey, privateKey } = await subtle.generateKey(algorithm, extractable, usages);
  const raw = await subtle.exportKey('raw', publicKey);
  const again = await subtle.importKey('raw', raw, algorithm, true, publicKey.usages);
  const derived = usages.includes('deriveBits')
    ? (await subtle.deriveBits({ name: 'ECDH', public: again }, privateKey, 256)).byteLength
    : null;
  return [show(publicKey), show(privateKey), raw.byteLength, derived, hex(raw) === hex(await subtle.exportKey('raw', again))];
};
const pbkdf2 = { name: 'PBKDF2', hash: 'SHA-256', salt: '73616c74', iterations: 3 };
const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: '00', info: '' };

await compare(
  'derived keys',
  [
    ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].flatMap((hash) =>
      [8, 256, 1000].flatMap((length) => [
        [derive, '70617373', { ...pbkdf2, hash }, length],
        [derive, '70617373', { ...hkdf, hash, info: 'f0f1' }, length],
      ]),
    ),
    [derive, '', pbkdf2, 256],
    [derive, '', { ...hkdf, salt: '' }, 256],
    [derive, '70', { ...pbkdf2, iterations: 0 }, 256],
    [derive, '70', { ...pbkdf2, salt: undefined }, 256],
    [derive, '70', { ...hkdf, info: undefined }, 256],
    [derive, '70', { ...hkdf, hash: 'MD5' }, 256],
    [derive, '70', pbkdf2, 12],
    [derive, '70', pbkdf2, null],
    [derive, '70', hkdf, 255 * 256 + 8],
    ...[pbkdf2, hkdf].flatMap((algorithm) => [
      [deriveKey, algorithm, { name: 'AES-GCM', length: 256 }, ['encrypt', 'decrypt']],
      [deriveKey, algorithm, { name: 'AES-CBC', length: 128 }, ['encrypt']],
      [deriveKey, algorithm, hmac, ['sign']],
      [deriveKey, algorithm, { ...hmac, length: 64 }, ['sign']],
      [deriveKey, algorithm, { name: 'AES-GCM', length: 100 }, ['encrypt']],
      [deriveKey, algorithm, { name: 'AES-GCM', length: 256 }, ['sign']],
      [importSource, 'raw', algorithm.name, true, ['deriveBits']],
      [importSource, 'raw', algorithm.name, false, ['sign']],
      [importSource, 'raw', algorithm.name, false, []],
      [importSource, 'spki', algorithm.name, false, ['deriveBits']],
    ]),
    ...[256, 128, 264, null].map((length) => [agree, length]),
    [agree, 256, ['deriveKey']],
    [agree, 256, ['sign']],
    [agree, 256, ['deriveBits'], ['deriveBits']],
    [agreeNew, ecdh, true, ['deriveKey', 'deriveBits']],
    [agreeNew, ecdh, false, ['deriveBits']],
    [agreeNew, algorithms.ec, true, ['sign', 'verify']],
    [agreeNew, algorithms.ec, true, ['verify']],
    [agreeNew, ecdh, true, ['sign']],
  ],
  runs,
);
