// The flows of the official client against the network that LIT_NETWORK describes, timed on command: node flows.mjs
// Reads lines such as `30 PKP session`, and answers each with a line of JSON: the milliseconds of each call, and the processor
// time of this process for all of them. `benches/flows.rs` has the same flows of our client.
import '../lib/loopback.mjs';

import { Console } from 'node:console';
import { createInterface } from 'node:readline';

import { ethers, official } from '../lib/official.mjs';

const print = process.stdout.write.bind(process.stdout);
globalThis.console = new Console(process.stderr, process.stderr);

const { Storage, connected, newClient, someWallet, walletSession } = await import('../lib/client.mjs');
const { actionSessionSigs, mintPkp, pkpSessionSigs } = await import('../lib/pkps.mjs');
const { wallet } = await import('../lib/network.mjs');
const { LitAccessControlConditionResource } = official('auth-helpers');
const { decryptToString, encryptString } = official('encryption');
const { EthWalletProvider } = official('lit-auth-client');

const granting = 'Lit.Actions.setResponse({ response: "true" })';
const chain = 'ethereum';

const storage = new Storage();
const client = await connected({ storageProvider: { provider: storage } });
const signer = someWallet();
const pkp = await mintPkp(wallet(0), { wallets: [signer], actions: [granting] });
const authMethods = [await EthWalletProvider.authenticate({ signer, litNodeClient: client })];
const litActionCode = Buffer.from(granting).toString('base64');

const pkpSession = () => pkpSessionSigs(client, pkp, { authMethods });
const onlySigner = {
  contractAddress: '',
  standardContractType: '',
  chain,
  method: '',
  parameters: [':userAddress'],
  returnValueTest: { comparator: '=', value: signer.address },
};
const conditions = { accessControlConditions: [onlySigner] };
const encrypt = () => encryptString({ ...conditions, dataToEncrypt: 'meet me at the bridge' }, client);
const decrypting = [
  { resource: new LitAccessControlConditionResource('*'), ability: 'access-control-condition-decryption' },
];

const ofWallet = await walletSession(client, signer);
const ofPkp = await pkpSession();
const toDecrypt = await walletSession(client, signer, { resourceAbilityRequests: decrypting });
const encrypted = await encrypt();
let signed = 0;
let connecting = newClient();

/** Makes the next session a new one. */
const forget = () => storage.clear();
const reconnect = async () => {
  await connecting.disconnect();
  connecting = newClient();
};

/** What is timed, and what comes before it each time. */
const flows = {
  connect: [() => connecting.connect(), reconnect],
  'wallet session': [() => walletSession(client, signer), forget],
  'wallet session, reused': [() => walletSession(client, signer)],
  'PKP session': [pkpSession, forget],
  'Lit Action session': [() => actionSessionSigs(client, pkp, { litActionCode }), forget],
  execute_js: [
    () => client.executeJs({ sessionSigs: ofWallet, code: 'Lit.Actions.setResponse({ response: "x" })' }),
  ],
  pkp_sign: [
    () => {
      const toSign = [...ethers.utils.arrayify(ethers.utils.hashMessage(`${(signed += 1)}`))];
      return client.pkpSign({ sessionSigs: ofPkp, toSign, pubKey: pkp.publicKey });
    },
  ],
  encrypt: [encrypt],
  decrypt: [() => decryptToString({ ...conditions, ...encrypted, chain, sessionSigs: toDecrypt }, client)],
};

async function rounds(count, [body, before = () => {}]) {
  const times = [];
  let cpu = 0;
  while (times.length < count) {
    await before();
    const [started, used] = [performance.now(), process.cpuUsage()];
    await body();
    times.push(performance.now() - started);
    const { user, system } = process.cpuUsage(used);
    cpu += (user + system) / 1000;
  }
  return { times, cpu };
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, count, flow] = line.match(/^(\d+) (.+)$/);
  print(`${JSON.stringify(await rounds(Number(count), flows[flow]))}\n`);
}
process.exit(0);
