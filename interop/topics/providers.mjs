// A network with a config file: an issuer with keys at a URL, the APIs of Google and Discord, a server for conditions.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

import { check, refusal } from '../lib/checks.mjs';
import { devnet } from '../lib/devnet.mjs';

const jsonwebtoken = createRequire(import.meta.url)('jsonwebtoken');

const ISSUER = 'https://id.example';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 });
const certificates = { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'RS256', use: 'sig' }] };

/** What the other servers answer, by path, and the requests to them. */
const asked = [];
const answers = {
  '/certs': () => certificates,
  '/google/oauth2/v3/tokeninfo': ({ url }) =>
    url.searchParams.get('access_token') === 'google-token' && { sub: 'g-user', aud: 'g-app' },
  '/discord/oauth2/@me': ({ headers }) =>
    headers.authorization === 'Bearer discord-token' && { application: { id: 'd-app' }, user: { id: 'd-user' } },
  '/conditions': ({ body }) => ({ met: JSON.parse(body).condition.chain === 'cosmos' }),
};
const server = createServer(async (incoming, response) => {
  const { headers, method } = incoming;
  const request = { url: new URL(incoming.url, 'http://localhost'), headers, method, body: await text(incoming) };
  asked.push(request);
  const answer = answers[request.url.pathname]?.(request);
  response.writeHead(answer ? 200 : 400, { 'content-type': 'application/json' }).end(JSON.stringify(answer || {}));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const base = `http://127.0.0.1:${server.address().port}`;

process.env.LIT_NETWORK = await devnet(`
google = "${base}/google"
discord = "${base}/discord"
condition-resolver = "${base}/conditions"

[[jwt-issuer]]
provider = "google"
iss = "${ISSUER}"
keys = "${base}/certs"
aud = ["app-1"]
`);
const { connected, someWallet, walletSession } = await import('../lib/client.mjs');
const { wallet } = await import('../lib/network.mjs');
const { ethers, official } = await import('../lib/official.mjs');
const { inOneRound, mintPkp, pkpSessionSigs } = await import('../lib/pkps.mjs');
const { LitAccessControlConditionResource } = official('auth-helpers');

const client = await connected();
const requestsTo = (path) => asked.filter(({ url }) => url.pathname === path);

/** A session of a PKP that this user of this app may use. */
async function session(authMethodType, accessToken, user, app) {
  const id = ethers.utils.id(`${user}:${app}`);
  const pkp = await mintPkp(wallet(0), { methods: [{ authMethodType, id }] });
  return pkpSessionSigs(client, pkp, { authMethods: [{ authMethodType, accessToken }] });
}

const token = (claims, options = {}) =>
  jsonwebtoken.sign({ iss: ISSUER, sub: 'user-1', aud: 'app-1', ...claims }, key.privateKey, {
    algorithm: 'RS256',
    keyid: 'k1',
    expiresIn: 60,
    ...options,
  });

await check('a token of an issuer whose keys are at a URL, which is asked once', async () => {
  assert.equal(requestsTo('/certs').length, 0);
  for (let times = 0; times < 2; times += 1) {
    await inOneRound(() => session(6, token({}), 'user-1', 'app-1'));
  }
  assert.equal(requestsTo('/certs').length, 1);
});

await check('tokens for another app, of another issuer, and by another key are refused', async () => {
  const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  for (const bad of [
    token({ aud: 'app-2' }),
    token({ iss: 'https://other.example' }),
    jsonwebtoken.sign(jsonwebtoken.decode(token({})), stranger, { algorithm: 'RS256', keyid: 'k1' }),
    token({}, { keyid: 'k2' }),
  ]) {
    const error = await refusal(session(6, bad, 'user-1', 'app-1'));
    assert.equal(error.info?.errorCode, 'NodeAuthFailed', error.message);
  }
});

await check('access tokens of Google and Discord are verified at the configured APIs', async () => {
  await inOneRound(() => session(5, 'google-token', 'g-user', 'g-app'));
  await inOneRound(() => session(4, 'discord-token', 'd-user', 'd-app'));
  for (const [type, bad] of [
    [5, 'stolen'],
    [4, 'stolen'],
  ]) {
    const error = await refusal(session(type, bad, 'g-user', 'g-app'));
    assert.equal(error.info?.errorCode, 'NodeAuthFailed', error.message);
  }
});

await check('a server evaluates the conditions of another chain', async () => {
  const reader = someWallet();
  const sessionSigs = await walletSession(client, reader, {
    resourceAbilityRequests: [
      { resource: new LitAccessControlConditionResource('*'), ability: 'access-control-condition-decryption' },
    ],
  });
  const decrypted = async (chain) => {
    const unifiedAccessControlConditions = [
      {
        conditionType: 'cosmos',
        path: '/cosmos/bank/v1beta1/balances/:userAddress',
        chain,
        method: '',
        parameters: [],
        returnValueTest: { key: '$.balances[0].amount', comparator: '>=', value: '1' },
      },
    ];
    const conditions = { unifiedAccessControlConditions };
    const encrypted = await client.encrypt({ ...conditions, dataToEncrypt: new TextEncoder().encode('hello') });
    const { decryptedData } = await client.decrypt({ ...conditions, ...encrypted, chain: 'ethereum', sessionSigs });
    return new TextDecoder().decode(decryptedData);
  };
  assert.equal(await decrypted('cosmos'), 'hello');
  const [{ method, body }] = requestsTo('/conditions');
  const { condition, userAddress } = JSON.parse(body);
  assert.deepEqual([method, condition.conditionType, userAddress], ['POST', 'cosmos', reader.address]);
  const error = await refusal(decrypted('kyve'));
  assert.match(error.message, /NodeAccessControlConditionsReturnedNotAuthorized/);
});
