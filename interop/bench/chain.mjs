// The dev chain beside anvil, with the same blocks: node chain.mjs
// A line of stdin says how many transactions of each kind to time, on one chain and the other in turns. The answer is a line of
// JSON: the milliseconds of each, and for the load generator of `cargo xtask bench report` the URLs and an `eth_call`. anvil ends
// with this.
import '../lib/loopback.mjs';

import { createInterface } from 'node:readline';

import { mined, replay } from '../lib/anvil.mjs';
import { contract, network, wallet } from '../lib/network.mjs';
import { rpc } from '../lib/rpc.mjs';

const { anvil } = await replay();
const urls = { dev: network.rpcUrl, anvil };
const signer = wallet(0);
const staking = contract('Staking', signer);
const credits = contract('RateLimitNFT', signer);

const expiresAt = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400;
const value = await credits.calculateCost(1, expiresAt);
const fees = { type: 2, maxFeePerGas: 20_000_000_000, maxPriorityFeePerGas: 0, chainId: network.chainId };
const transactions = {
  transfer: { to: '0x000000000000000000000000000000000000dEaD', value: 1 },
  'mint of a credit': { to: credits.address, data: credits.interface.encodeFunctionData('mint', [expiresAt]), value },
};
const view = staking.interface.encodeFunctionData('getActiveUnkickedValidatorStructsAndCounts');
const params = [{ to: staking.address, data: view }, 'latest'];
const call = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_call', params });
let nonce = await signer.getTransactionCount();

/** Sends each transaction, signed before, and waits for its receipt. */
async function timed(count) {
  const times = Object.fromEntries(Object.keys(transactions).map((name) => [name, { dev: [], anvil: [] }]));
  for (let round = 0; round < count; round += 1) {
    for (const [name, transaction] of Object.entries(transactions)) {
      const signed = await signer.signTransaction({ ...fees, gasLimit: 500_000, nonce, ...transaction });
      nonce += 1;
      for (const [chain, url] of Object.entries(urls)) {
        const started = performance.now();
        await mined(url, await rpc(url, 'eth_sendRawTransaction', signed));
        times[name][chain].push(performance.now() - started);
      }
    }
  }
  return times;
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = { ...urls, call, transactions: await timed(Number(line)) };
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
