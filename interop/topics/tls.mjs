// A network with nodes over https, and processes that trust its certificate or do not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

import { check } from '../lib/checks.mjs';
import { devnet } from '../lib/devnet.mjs';

const state = mkdtempSync(join(tmpdir(), 'lit-interop-'));
const description = await devnet(`tls = true\nstate = ${JSON.stringify(state)}\n`);
const { bootstrapUrls, caCertificate } = JSON.parse(readFileSync(description, 'utf8'));

/** Runs the client in a process of its own: Node.js reads NODE_EXTRA_CA_CERTS when it starts. */
async function client(extra = {}) {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const program = fileURLToPath(new URL('../lib/tls_client.mjs', import.meta.url));
  const child = spawn(process.execPath, [program], {
    env: { ...env, LIT_NETWORK: description, ...extra },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(await text(child.stdout));
}

await check('the nodes have https URLs, and the certificate is public', async () => {
  for (const url of bootstrapUrls) assert.match(url, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.match(readFileSync(caCertificate, 'utf8'), /^-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\s*$/);
});

await check('a process that trusts the certificate has a session and runs an action', async () => {
  const done = await client({ NODE_EXTRA_CA_CERTS: caCertificate });
  assert.deepEqual(done, { nodes: [...bootstrapUrls].sort(), response: 'over TLS' });
});

await check('a process that does not trust it cannot connect', async () => {
  const { codes } = await client();
  assert.deepEqual(codes, ['UNABLE_TO_VERIFY_LEAF_SIGNATURE']);
});
