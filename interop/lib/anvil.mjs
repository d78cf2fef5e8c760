// anvil beside the dev chain, brought to the same state by doing what the dev chain did.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { createRequire } from 'node:module';
import { setTimeout } from 'node:timers/promises';

import { network } from './network.mjs';
import { quantity, rpc } from './rpc.mjs';
import { ethers } from './official.mjs';

/** Where the dev chain derives keys; anvil has nothing there. */
export const DERIVE_KEY = '0x00000000000000000000000000000000000000f5';

/** The program: that of npm on the platform the lock file has it for, elsewhere the one in the PATH. */
function program() {
  try {
    return createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/bin/anvil');
  } catch {
    return 'anvil';
  }
}

/** Starts anvil with the settings of the dev chain, and gives its URL. It ends with this process. */
async function start() {
  const genesis = await rpc(network.rpcUrl, 'eth_getBlockByNumber', '0x0', false);
  const anvil = spawn(
    program(),
    [
      '--port',
      '0',
      '--accounts',
      '1',
      '--hardfork',
      'prague',
      '--chain-id',
      network.chainId,
      '--timestamp',
      Number(genesis.timestamp),
      '--gas-limit',
      Number(genesis.gasLimit),
      '--block-base-fee-per-gas',
      Number(genesis.baseFeePerGas),
      '--disable-min-priority-fee',
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  process.on('exit', () => anvil.kill());
  for await (const line of createInterface({ input: anvil.stdout })) {
    const address = line.match(/Listening on (\S+)/)?.[1];
    if (address) {
      // Whatever else it says has to go somewhere.
      anvil.stdout.resume();
      return `http://${address}`;
    }
  }
  throw new Error('anvil ended without listening');
}

/** The next block of anvil will have the time and the base fee of this one. */
export async function alignWith(anvil, block) {
  await rpc(anvil, 'evm_setNextBlockTimestamp', block.timestamp);
  await rpc(anvil, 'anvil_setNextBlockBaseFeePerGas', block.baseFeePerGas);
  await rpc(anvil, 'anvil_setCoinbase', block.miner);
}

/** Makes the precompile answer this key, which the dev chain derived. */
export async function answerKey(anvil, publicKey) {
  const [x, y, last] = [publicKey.slice(2, 66), publicKey.slice(66, 130), publicKey.slice(130)];
  // Three stores, and a return of 65 bytes.
  await rpc(anvil, 'anvil_setCode', DERIVE_KEY, `0x7f${x}6000527f${y}60205260${last}60405360416000f3`);
}

/** The receipt of a transaction; anvil answers before it mines. */
export async function mined(anvil, hash) {
  for (let tries = 0; tries < 500; tries += 1) {
    const receipt = await rpc(anvil, 'eth_getTransactionReceipt', hash);
    if (receipt) return receipt;
    await setTimeout(2);
  }
  throw new Error(`${hash} is not mined`);
}

/** Starts anvil and replays the dev chain on it: same code, same money, same transactions at the same times. */
export async function replay() {
  const anvil = await start();
  const dev = network.rpcUrl;
  for (const address of Object.values(network.contracts)) {
    await rpc(anvil, 'anvil_setCode', address, await rpc(dev, 'eth_getCode', address, 'latest'));
  }
  const deriver = '0x770D7ff478255a398860Fce25D66098AfF57560f';
  await rpc(anvil, 'anvil_setCode', deriver, await rpc(dev, 'eth_getCode', deriver, 'latest'));
  for (const key of network.fundedPrivateKeys) {
    const address = ethers.utils.computeAddress(key);
    await rpc(anvil, 'anvil_setBalance', address, await rpc(dev, 'eth_getBalance', address, '0x0'));
  }
  const latest = Number(await rpc(dev, 'eth_blockNumber'));
  const hashes = [];
  for (let number = 1; number <= latest; number += 1) {
    const block = await rpc(dev, 'eth_getBlockByNumber', quantity(number), true);
    const [{ from, to, input, value, gas, hash }] = block.transactions;
    await alignWith(anvil, block);
    await rpc(anvil, 'anvil_setCode', to, await rpc(dev, 'eth_getCode', to, 'latest'));
    await rpc(anvil, 'anvil_setBalance', from, await rpc(dev, 'eth_getBalance', from, quantity(number - 1)));
    await rpc(anvil, 'anvil_impersonateAccount', from);
    const request = { from, to, input, value, gas, gasPrice: block.baseFeePerGas };
    const replayed = await rpc(anvil, 'eth_sendTransaction', request);
    await mined(anvil, replayed);
    hashes.push({ dev: hash, anvil: replayed });
  }
  return { anvil, hashes };
}
