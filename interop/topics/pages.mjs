// Web pages: the official client in a page of this machine, in one that --allow-origin names, and in pages from elsewhere.
import assert from 'node:assert/strict';
import http from 'node:http';

import { check, refusal } from '../lib/checks.mjs';
import { connected, newClient, someWallet, walletSession } from '../lib/client.mjs';
import { network, provider } from '../lib/network.mjs';
import { rpc } from '../lib/rpc.mjs';

const send = globalThis.fetch;
/** What a page may send without asking first. */
const PLAIN_TYPES = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'];
const PLAIN_HEADERS = ['accept', 'accept-language', 'content-language'];

/** Runs `body` with a `fetch` that does what browsers do for a page of this origin: it asks first, and hides answers for others. */
async function inPage(origin, body) {
  const allowed = (response) => {
    const answer = response.headers.get('access-control-allow-origin');
    if (answer !== '*' && answer !== origin) throw new TypeError(`CORS: ${response.status} allows ${answer}`);
  };
  globalThis.fetch = async (resource, options = {}) => {
    const [headers, method] = [new Headers(options.headers), options.method ?? 'GET'];
    const type = headers.get('content-type');
    const asked = [...headers.keys()].filter(
      (name) => !PLAIN_HEADERS.includes(name) && !(name === 'content-type' && PLAIN_TYPES.includes(type)),
    );
    if (asked.length > 0 || !['GET', 'HEAD', 'POST'].includes(method)) {
      const first = {
        origin,
        'access-control-request-method': method,
        'access-control-request-headers': asked.join(','),
      };
      const answer = await send(resource, { method: 'OPTIONS', headers: first });
      allowed(answer);
      assert(answer.ok, `preflight: ${answer.status}`);
      const listed = (name) => (answer.headers.get(name) ?? '').split(',').map((it) => it.trim().toLowerCase());
      const headersAllowed = listed('access-control-allow-headers');
      assert(asked.every((name) => headersAllowed.includes('*') || headersAllowed.includes(name)), `${headersAllowed}`);
      assert(listed('access-control-allow-methods').includes(method.toLowerCase()) || method === 'GET' || method === 'POST');
    }
    headers.set('origin', origin);
    const response = await send(resource, { ...options, headers });
    allowed(response);
    return response;
  };
  try {
    return await body();
  } finally {
    globalThis.fetch = send;
  }
}

const blockTime = async () => (await provider().getBlock('latest')).timestamp;

for (const origin of ['http://localhost:5173', 'http://127.0.0.1:3000', 'https://app.example.com']) {
  await check(`a page of ${origin}: connects, opens a session, runs an action, reads chain and block hashes`, () =>
    inPage(origin, async () => {
      const client = await connected();
      const sessionSigs = await walletSession(client, someWallet());
      const code = 'Lit.Actions.setResponse({ response: "hello page" })';
      const { response } = await client.executeJs({ sessionSigs, code });
      assert.equal(response, 'hello page');
      assert.equal(await rpc(network.rpcUrl, 'eth_chainId'), '0x2ac54');
      assert.match((await (await fetch(network.blockhashUrl)).json()).blockhash, /^0x[0-9a-f]{64}$/);
      await client.disconnect();
    }),
  );
}

for (const origin of ['https://evil.example', 'http://app.example.com', 'null']) {
  await check(`a page of ${origin}: cannot connect`, async () => {
    const error = await refusal(inPage(origin, () => newClient().connect()));
    assert(error, 'refused');
  });

  await check(`a page of ${origin}: does not move the chain's time, not even with requests that need no preflight`, async () => {
    const before = await blockTime();
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'evm_increaseTime', params: ['0xe10'] });
    const headers = { origin, 'content-type': 'text/plain' };
    const response = await send(network.rpcUrl, { method: 'POST', headers, body });
    assert.equal(response.status, 403);
    assert.match(await response.text(), new RegExp(`pass --allow-origin ${origin} to lit devnet`));
    await rpc(network.rpcUrl, 'evm_mine');
    assert((await blockTime()) - before < 3600);
  });
}

await check('a page whose name was made to resolve to this machine is refused everywhere', async () => {
  const { hostname } = new URL('http://rebound.evil.example');
  for (const url of [network.rpcUrl, network.relayUrl, ...network.bootstrapUrls]) {
    const { port } = new URL(url);
    const headers = { host: `${hostname}:${port}`, origin: `http://${hostname}:${port}` };
    const { status, text } = await new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, method: 'POST', headers }, (response) => {
        let text = '';
        response.on('data', (part) => (text += part));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      request.on('error', reject);
      request.end('{}');
    });
    assert.equal(status, 403, url);
    assert.match(text, /pass --allow-host rebound\.evil\.example to lit devnet/);
  }
});
