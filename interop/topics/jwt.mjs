// The `jwt` of Lit Actions beside npm's jsonwebtoken.
import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';

import { compare, otherwise } from '../lib/both.mjs';
import { anyAction, connected, walletSession } from '../lib/client.mjs';
import { wallet } from '../lib/network.mjs';

const jsonwebtoken = createRequire(import.meta.url)('jsonwebtoken');

const client = await connected();
const sessionSigs = await walletSession(client, wallet(0), { resourceAbilityRequests: anyAction });
const execute = async (code, jsParams) => (await client.executeJs({ sessionSigs, code, jsParams })).response;

const AT = 1_700_000_000;
const pem = (type) => ({ type, format: 'pem' });
const pair = (kind, options = {}, types = ['spki', 'pkcs8']) =>
  generateKeyPairSync(kind, { ...options, publicKeyEncoding: pem(types[0]), privateKeyEncoding: pem(types[1]) });
const [rsa, small] = [2048, 1024].map((modulusLength) => pair('rsa', { modulusLength }, ['pkcs1', 'pkcs1']));
const [p256, p384, p521] = ['P-256', 'P-384', 'P-521'].map((namedCurve) => pair('ec', { namedCurve }));
const ed25519 = pair('ed25519');

const keys = { secret: 's3cret', other: 'other' };
for (const [name, { publicKey, privateKey }] of Object.entries({ rsa, small, p256, p384, p521, ed25519 })) {
  Object.assign(keys, { [name]: publicKey, [`${name}Private`]: privateKey });
}
const part = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const craft = (header, payload, signature) => `${part(header)}.${part(payload)}.${signature}`;
const claims = { a: 'ü€', iat: AT };
const signed = (payload, options = {}, key = 'secret') => jsonwebtoken.sign(payload, keys[key], options);
/** Engines say in different words what is wrong with a JSON text. */
const same = (a, b) => a === b || [a, b].every((result) => result.startsWith('SyntaxError: '));
const runs = { execute, subject: jsonwebtoken, name: 'jwt', given: { keys }, same };

const decode = (jwt, _, token, options) => jwt.decode(token, options);
const verify = (jwt, { keys }, token, key, options) => jwt.verify(token, keys[key] ?? key, options);
const sign = (jwt, { keys }, payload, key, options) => jwt.sign(payload, keys[key] ?? key, options);
/** For signatures that differ each time. */
const signAndVerify = (jwt, { keys }, payload, key, publicKey, options) =>
  jwt.verify(jwt.sign(payload, keys[key], options), keys[publicKey], { complete: true }).payload;

const HS = ['HS256', 'HS384', 'HS512'];
const RS = ['RS256', 'RS384', 'RS512'];
const PS = ['PS256', 'PS384', 'PS512'];

const oddTokens = [
  null,
  '',
  5,
  'a',
  'a.b.c',
  'a.b.c.d',
  'a..c',
  '!.!.!',
  craft('5', {}, 'AA'),
  craft('null', {}, 'AA'),
  craft({ alg: 'HS256' }, 'text', 'AA'),
  craft({ alg: 'HS256', typ: 'JWT' }, '5', 'AA'),
  craft({ alg: 'HS256', typ: 'JWT' }, '"{\\"a\\":1}"', 'AA'),
];

await compare(
  'decode',
  [...oddTokens, craft({ alg: 'none' }, {}, ''), signed(claims), signed('text')].flatMap((token) =>
    [[], [{ complete: true }], [{ json: true }]].map((options) => [decode, token, ...options]),
  ),
  runs,
);

await compare(
  'verify',
  [
    ...oddTokens.map((token) => [verify, token, 'secret']),
    ...HS.map((algorithm) => [verify, signed(claims, { algorithm }), 'secret']),
    ...[...RS, ...PS].flatMap((algorithm) =>
      ['rsa', 'rsaPrivate'].map((key) => [verify, signed(claims, { algorithm }, 'rsaPrivate'), key]),
    ),
    [verify, signed(claims, { algorithm: 'ES256' }, 'p256Private'), 'p256'],
    [verify, signed(claims, { algorithm: 'ES384' }, 'p384Private'), 'p384'],
    [verify, signed(claims), 'other'],
    [verify, signed(claims), 'secret', { algorithms: ['HS512'] }],
    [verify, signed(claims), 'rsa', { algorithms: ['HS256', 'RS256'] }],
    [verify, signed(claims, { algorithm: 'RS256' }, 'rsaPrivate'), 'secret', { algorithms: ['RS256'] }],
    [verify, signed(claims, { algorithm: 'RS256' }, 'rsaPrivate'), 'p256', { algorithms: ['RS256'] }],
    [verify, signed(claims, { algorithm: 'ES256' }, 'p256Private'), 'p384', { algorithms: ['ES256'] }],
    [verify, signed(claims), 'ed25519', { algorithms: ['HS256', 'ES256'] }],
    [verify, craft({ alg: 'none' }, {}, ''), 'secret'],
    ...[null, '', 5, {}].map((key) => [verify, signed(claims), key]),
    // Unsigned, small and unknown keys, and signatures of no length.
    [
      verify,
      craft({ alg: 'none' }, {}, ''),
      null,
      { algorithms: ['none'] },
      otherwise('JsonWebTokenError: jwt signature is required'),
    ],
    [
      verify,
      jsonwebtoken
        .sign(claims, keys.smallPrivate, { algorithm: 'RS256', allowInsecureKeySizes: true })
        .replace(/[^.]+$/, 'AAAA'),
      'small',
      otherwise('JsonWebTokenError: secretOrPublicKey has a minimum key size of 2048 bits for RS256'),
    ],
    [verify, signed(claims), 'p521', otherwise('JsonWebTokenError: secretOrPublicKey is not valid key material')],
    [verify, craft({ alg: 'ES256' }, {}, 'AAAA'), 'p256', otherwise('JsonWebTokenError: invalid signature')],
    [
      (jwt, { keys }, token, key) => jwt.verify(token, { key: keys[key] }),
      signed(claims, { algorithm: 'RS256' }, 'rsaPrivate'),
      'rsa',
    ],
    [(jwt, { keys }, token, key) => jwt.verify(token, new TextEncoder().encode(keys[key])), signed(claims), 'secret'],
    [(jwt, _, token) => jwt.verify(token, () => {}), signed(claims)],
  ],
  runs,
);

const withClaims = (payload, options) => [
  verify,
  signed({ iat: AT, ...payload }),
  'secret',
  { clockTimestamp: AT, ...options },
];
await compare(
  'claims',
  [
    withClaims({ exp: AT }, {}),
    withClaims({ exp: AT + 1 }, {}),
    withClaims({ exp: AT }, { clockTolerance: 5 }),
    withClaims({ exp: AT }, { ignoreExpiration: true }),
    withClaims({ nbf: AT + 5 }, {}),
    withClaims({ nbf: AT + 5 }, { clockTolerance: 5 }),
    withClaims({ nbf: AT + 5 }, { ignoreNotBefore: true }),
    ...['a', ['a', 'b'], []].flatMap((aud) =>
      ['a', 'c', ['c', 'b'], ['z'], ''].map((audience) => withClaims({ aud }, { audience })),
    ),
    [(jwt, _, token) => jwt.verify(token, 's3cret', { audience: [/^z/, /^a/] }), signed({ aud: 'abc' })],
    ...['i', 'x', ['x', 'i'], []].map((issuer) => withClaims({ iss: 'i' }, { issuer })),
    ...['s', 't'].flatMap((value) => [
      withClaims({ sub: 's' }, { subject: value }),
      withClaims({ jti: 's' }, { jwtid: value }),
      withClaims({ nonce: 's' }, { nonce: value }),
    ]),
    withClaims({}, { nonce: ' ' }),
    ...[5, 10, 11, '10s', '11 seconds', '1h', '120', '1.5m', '.5h', '-1s', 'abc', ''].map((maxAge) =>
      withClaims({ iat: AT - 10 }, { maxAge }),
    ),
    withClaims({}, { clockTimestamp: '1' }),
    withClaims({}, { complete: true }),
    withClaims({}, { allowInvalidAsymmetricKeyTypes: 1 }),
  ],
  runs,
);

const payload = { a: 'ü€', iat: AT };
await compare(
  'sign',
  [
    ...HS.map((algorithm) => [sign, payload, 'secret', { algorithm }]),
    ...RS.map((algorithm) => [sign, payload, 'rsaPrivate', { algorithm }]),
    ...PS.map((algorithm) => [signAndVerify, payload, 'rsaPrivate', 'rsa', { algorithm }]),
    [signAndVerify, payload, 'p256Private', 'p256', { algorithm: 'ES256' }],
    ...[
      { expiresIn: 10, notBefore: '2 days' },
      { expiresIn: '1.5h', notBefore: -5 },
      { expiresIn: 'x' },
      { expiresIn: '' },
      { expiresIn: 1.5 },
      { audience: 'a', issuer: 'i', subject: 's', jwtid: 'j', keyid: 'k' },
      { audience: ['a'] },
      { audience: 5 },
      { issuer: ['i'] },
      { keyid: 5 },
      { header: { x: 1, typ: 'T', kid: 'Āé' } },
      { header: 5 },
      { noTimestamp: true },
      { noTimestamp: 1 },
      { algorithm: 'HS257' },
      { algorithm: 'RS256' },
      { unknown: 1 },
      { encoding: 'utf8' },
      { mutatePayload: true },
    ].flatMap((options) => [
      [sign, payload, 'secret', options],
      [sign, 'text', 'secret', options],
    ]),
    ...[null, 5, 'text', true, [1], { exp: 'x' }, { iat: 'x' }].map((value) => [sign, value, 'secret']),
    ...[
      [{ exp: 5 }, { expiresIn: 5 }],
      [{ nbf: 5 }, { notBefore: 5 }],
      [{ aud: 'a' }, { audience: 'b' }],
      [{ iss: 'a' }, { issuer: 'b' }],
    ].map(([more, options]) => [sign, { ...payload, ...more }, 'secret', options]),
    ...['rsaPrivate', 'p256Private', 'smallPrivate', 'ed25519Private'].flatMap((key) =>
      ['HS256', 'RS256', 'ES384'].map((algorithm) => [sign, payload, key, { algorithm }]),
    ),
    ...[null, '', 5, {}].map((key) => [sign, payload, key]),
    [sign, payload, 'rsa', otherwise('Error: secretOrPrivateKey must be a symmetric key when using HS256')],
    [sign, payload, 'secret', { algorithm: 'none' }, otherwise('Error: "algorithm" must be a valid string enum value')],
  ],
  runs,
);

const called = (run) => `(jwt, { keys }, token) => new Promise((resolve) => {
  const answers = [];
  const done = (error, value) => resolve([...answers, error && error.name, error && error.message, value]);
  (${run})(jwt, keys, token, done, answers);
})`;
const callback = (run) => [new Function(`return ${called(run)}`)(), signed(claims)];
await compare(
  'callbacks and errors',
  [
    callback((jwt, keys, token, done) => jwt.verify(token, keys.secret, done)),
    callback((jwt, keys, token, done) => jwt.verify(token, keys.other, {}, done)),
    callback((jwt, keys, token, done) => jwt.verify('x', keys.secret, {}, done)),
    callback((jwt, keys, token, done) =>
      jwt.verify(token, (header, give) => give(null, header.alg && keys.secret), done),
    ),
    callback((jwt, keys, token, done) =>
      jwt.verify(token, (_, give) => setTimeout(give, 1, null, keys.secret), {}, done),
    ),
    callback((jwt, keys, token, done) => jwt.verify(token, (_, give) => give(new Error('no')), done)),
    callback((jwt, keys, token, done, answers) => {
      jwt.sign({ iat: 1 }, keys.secret, done);
      answers.push('first');
    }),
    callback((jwt, keys, token, done) => jwt.sign({ iat: 1 }, '', {}, done)),
    [(jwt) => Object.keys(jwt).sort()],
    [
      (jwt) => {
        const error = new jwt.TokenExpiredError('m', new Date(0));
        return [Object.keys(error), error, error instanceof jwt.JsonWebTokenError, error instanceof jwt.NotBeforeError];
      },
    ],
  ],
  runs,
);
