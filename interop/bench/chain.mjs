// The dev chain beside anvil, timed: node chain.mjs [iterations]. Prints JSON: chain and operation to milliseconds.
// Each request is plain JSON-RPC over a connection that is kept; transactions are signed before.
import '../lib/loopback.mjs';

import { mined, replay } from '../lib/anvil.mjs';
import { contract, network, wallet } from '../lib/network.mjs';
import { summary } from '../lib/times.mjs';
import { rpc } from '../lib/rpc.mjs';

const iterations = Number(process.argv[2] ?? 200);
const WARM_UP = 20;
const { anvil } = await replay();
const signer = wallet(0);
const staking = contract('Staking', signer);
const credits = contract('RateLimitNFT', signer);

const view = staking.interface.encodeFunctionData('getActiveUnkickedValidatorStructsAndCounts');
const expiresAt = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400;
const value = await credits.calculateCost(1, expiresAt);
const fees = { type: 2, maxFeePerGas: 20_000_000_000, maxPriorityFeePerGas: 0, chainId: network.chainId };
const mint = { to: credits.address, data: credits.interface.encodeFunctionData('mint', [expiresAt]), value };
const transfer = { to: '0x000000000000000000000000000000000000dEaD', value: 1 };
let nonce = await signer.getTransactionCount();

const signed = { transfer: [], mint: [] };
for (let round = 0; round < iterations + WARM_UP; round += 1) {
  for (const [name, transaction] of [
    ['transfer', transfer],
    ['mint', mint],
  ]) {
    signed[name].push(await signer.signTransaction({ ...fees, gasLimit: 500_000, nonce, ...transaction }));
    nonce += 1;
  }
}

async function measure(url) {
  const times = { eth_call: [], 'transfer, receipt': [], 'credit minted, receipt': [] };
  for (let round = 0; round < iterations + WARM_UP; round += 1) {
    const timed = async (name, body) => {
      const started = performance.now();
      await body();
      if (round >= WARM_UP) times[name].push(performance.now() - started);
    };
    const send = async (raw) => mined(url, await rpc(url, 'eth_sendRawTransaction', raw));
    await timed('eth_call', () => rpc(url, 'eth_call', { to: staking.address, data: view }, 'latest'));
    await timed('transfer, receipt', () => send(signed.transfer[round]));
    await timed('credit minted, receipt', () => send(signed.mint[round]));
  }
  return Object.fromEntries(Object.entries(times).map(([name, list]) => [name, summary(list)]));
}

const measured = { dev: await measure(network.rpcUrl), anvil: await measure(anvil) };
process.stdout.write(`${JSON.stringify(measured)}\n`);
process.exit(0);
