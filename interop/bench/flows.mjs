// The flows of the official client against the network that LIT_NETWORK describes, timed: node flows.mjs [iterations]
// Prints a JSON object of flow to milliseconds; `cargo xtask bench flows` sets them beside those of our client.
import '../lib/loopback.mjs';

import { Console } from 'node:console';

import { ethers, official } from '../lib/official.mjs';

const print = process.stdout.write.bind(process.stdout);
globalThis.console = new Console(process.stderr, process.stderr);

const { Storage, connected, newClient, someWallet, walletSession } = await import('../lib/client.mjs');
const { actionSessionSigs, mintPkp, pkpSessionSigs } = await import('../lib/pkps.mjs');
const { wallet } = await import('../lib/network.mjs');
const { summary } = await import('../lib/times.mjs');

const iterations = Number(process.argv[2] ?? 30);
const WARM_UP = 3;
const measured = {};

/** Times `body`, each time after `before`; wall clock, and the processor time of this process in all. */
async function measure(flow, body, before = () => {}) {
  const times = [];
  let processor = 0;
  for (let round = -WARM_UP; round < iterations; round += 1) {
    await before();
    const [started, used] = [performance.now(), process.cpuUsage()];
    await body();
    const [wall, { user, system }] = [performance.now() - started, process.cpuUsage(used)];
    if (round < 0) continue;
    times.push(wall);
    processor += (user + system) / 1000;
  }
  measured[flow] = { ...summary(times), cpu: processor / times.length };
}

const storage = new Storage();
const forget = () => storage.clear();
let connecting;
await measure(
  'connect',
  () => connecting.connect(),
  async () => {
    await connecting?.disconnect();
    connecting = newClient();
  },
);
await connecting.disconnect();

const client = await connected({ storageProvider: { provider: storage } });
const signer = someWallet();
await measure('wallet session, new', () => walletSession(client, signer), forget);
await measure('wallet session, reused', () => walletSession(client, signer));

const sessionSigs = await walletSession(client, signer);
const code = 'Lit.Actions.setResponse({ response: "x" })';
await measure('execute_js', () => client.executeJs({ sessionSigs, code }));

const granting = 'Lit.Actions.setResponse({ response: "true" })';
const pkp = await mintPkp(wallet(0), { wallets: [signer], actions: [granting] });
const { EthWalletProvider } = official('lit-auth-client');
const authMethods = [await EthWalletProvider.authenticate({ signer, litNodeClient: client })];
const pkpSession = () => pkpSessionSigs(client, pkp, { authMethods });
await measure('PKP session, new', pkpSession, forget);
await measure('PKP session, reused', pkpSession);

const ofPkp = await pkpSession();
const toSign = [...ethers.utils.arrayify(ethers.utils.hashMessage('hello'))];
await measure('pkp_sign', () => client.pkpSign({ sessionSigs: ofPkp, toSign, pubKey: pkp.publicKey }));

const litActionCode = Buffer.from(granting).toString('base64');
await measure('Lit Action session, new', () => actionSessionSigs(client, pkp, { litActionCode }), forget);

print(`${JSON.stringify(measured)}\n`);
process.exit(0);
