// The official client for the fault matrix. A line on standard input names an operation; a line of JSON says what came of it.
import './lib/loopback.mjs';

import { createInterface } from 'node:readline';

import { connected, newClient } from './lib/client.mjs';
import { wallet } from './lib/network.mjs';
import { official } from './lib/official.mjs';
import { mintPkp, pkpSessionSigs } from './lib/pkps.mjs';

const { EthWalletProvider } = official('lit-auth-client');

/** No operation is waited for any longer, in milliseconds. */
const DEADLINE = 90_000;

// What the packages print is nobody's answer.
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
for (const name of ['log', 'info', 'debug', 'warn', 'error']) console[name] = () => {};

const owner = wallet(0);
const client = await connected();
const pkp = await mintPkp(owner);
const method = await EthWalletProvider.authenticate({ signer: owner, litNodeClient: client });

let sessionSigs;
const operations = {
  connect: () => newClient().connect(),
  'session of a PKP': async () => {
    sessionSigs = await pkpSessionSigs(client, pkp, { authMethods: [method] });
  },
  'use the session': () =>
    client.executeJs({ sessionSigs, code: 'Lit.Actions.setResponse({ response: "done" })' }),
};

/** The code of an error, or the beginning of its message. */
function why(error) {
  return String(error?.info?.errorCode ?? error?.errorCode ?? error?.code ?? error?.message ?? error).slice(0, 60);
}

for await (const name of createInterface({ input: process.stdin })) {
  const started = performance.now();
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('hangs')), DEADLINE);
  });
  const done = await Promise.race([operations[name](), tooLong]).then(
    () => ({}),
    (error) => ({ error: why(error) }),
  );
  clearTimeout(timer);
  say({ ...done, ms: Math.round(performance.now() - started) });
}
process.exit(0);
