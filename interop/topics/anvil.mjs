// The dev chain beside anvil: the same state, the same signed transactions, the same answers.
import assert from 'node:assert/strict';

import { alignWith, answerKey, mined, replay } from '../lib/anvil.mjs';
import { check, refusal } from '../lib/checks.mjs';
import { contract, network, provider, wallet } from '../lib/network.mjs';
import { ethers } from '../lib/official.mjs';
import { RpcError, quantity, rpc } from '../lib/rpc.mjs';

const dev = network.rpcUrl;
const [owner, stranger] = [wallet(0), wallet(1)];
const pkps = contract('PKPNFT', owner);
const permissions = contract('PKPPermissions', owner);
const helper = contract('PKPHelper', owner);
const credits = contract('RateLimitNFT', owner);
const [staking, router, token] = ['Staking', 'PubkeyRouter', 'LITToken'].map((name) => contract(name, owner));
const ACTION = `0x1220${'ab'.repeat(32)}`;

const { anvil, hashes } = await check('anvil replays the first blocks of the dev chain', replay);

/** What both answer; an error becomes a value. */
async function both(method, ...params) {
  const ask = (url) =>
    rpc(url, method, ...params).catch((error) => {
      if (error instanceof RpcError) return { code: error.code, message: error.message, data: error.data };
      throw error;
    });
  return [await ask(dev), await ask(anvil)];
}

async function same(method, ...params) {
  const [ours, theirs] = await both(method, ...params);
  assert.deepEqual(ours, theirs, `${method} ${JSON.stringify(params)}`);
  return ours;
}

/** The ids of keys that a mint draws: they follow from block hashes, so that every chain has its own. */
const keyIds = [];

/** Logs without hashes of blocks and without drawn key ids. */
function comparableLogs(logs) {
  const withoutIds = (data) => keyIds.reduce((text, keyId) => text.replace(keyId, 'key id'), data);
  return logs.map(({ blockHash, data, ...log }) => ({ ...log, data: withoutIds(data) }));
}

/** What has to be equal in two receipts; what anvil adds is left out. Key derivation costs another amount of gas. */
function comparable({ blockHash, blobGasPrice, blockTimestamp, gasUsed, cumulativeGasUsed, logs, ...rest }, { gas }) {
  return { ...rest, logs: comparableLogs(logs), ...(gas && { gasUsed, cumulativeGasUsed }) };
}

function rememberKeyId(receipt) {
  const set = router.interface.getEventTopic('PubkeyRoutingDataSet');
  const log = receipt.logs.find(({ topics }) => topics[0] === set);
  if (log) keyIds.push(router.interface.parseLog(log).args.derivedKeyId.slice(2));
}

/** Signs a transaction once, sends it to both, and compares the receipts. */
async function sendToBoth(signer, transaction, { gas = true } = {}) {
  const nonce = await signer.getTransactionCount();
  const fees = { maxFeePerGas: 2_000_000_000, maxPriorityFeePerGas: 0, type: 2 };
  const raw = await signer.signTransaction({
    chainId: network.chainId,
    nonce,
    gasLimit: 2_000_000,
    ...fees,
    ...transaction,
  });
  const hash = await rpc(dev, 'eth_sendRawTransaction', raw);
  const receipt = await rpc(dev, 'eth_getTransactionReceipt', hash);
  const minted = receipt.logs.find((log) => log.topics[0] === pkps.interface.getEventTopic('PKPMinted'));
  if (minted) await answerKey(anvil, pkps.interface.parseLog(minted).args.pubkey);
  await alignWith(anvil, await rpc(dev, 'eth_getBlockByNumber', receipt.blockNumber, false));
  assert.equal(await rpc(anvil, 'eth_sendRawTransaction', raw), hash);
  const theirs = await mined(anvil, hash);
  rememberKeyId(receipt);
  rememberKeyId(theirs);
  assert.deepEqual(comparable(receipt, { gas }), comparable(theirs, { gas }));
  return receipt;
}

await check('the initialisers had the same effects for the same gas', async () => {
  assert(hashes.length > 0);
  for (const hash of hashes) {
    const [ours, theirs] = [await rpc(dev, 'eth_getTransactionReceipt', hash.dev), await mined(anvil, hash.anvil)];
    const effects = ({ status, from, to, gasUsed, logs, blockNumber }) => ({
      status,
      from,
      to,
      gasUsed,
      blockNumber,
      logs: logs.map(({ address, topics, data, logIndex }) => ({ address, topics, data, logIndex })),
    });
    assert.deepEqual(effects(ours), effects(theirs));
    assert.equal(ours.status, '0x1');
  }
});

const tokenId = await check('mintNext: the same receipt and the same logs', async () => {
  const data = pkps.interface.encodeFunctionData('mintNext', [2]);
  const value = await pkps.mintCost();
  const receipt = await sendToBoth(owner, { to: pkps.address, data, value }, { gas: false });
  assert.equal(receipt.status, '0x1');
  return receipt.logs[0].topics[1];
});

await check('mintNextAndAddAuthMethods: the same receipt and the same logs', async () => {
  const args = [2, [1], [ethers.utils.id('somebody:lit')], ['0x'], [[1]], true, true];
  const data = helper.interface.encodeFunctionData('mintNextAndAddAuthMethods', args);
  const value = await pkps.mintCost();
  const receipt = await sendToBoth(owner, { to: helper.address, data, value }, { gas: false });
  assert.equal(receipt.status, '0x1');
});

await check('permissions, credits and transfers: the same receipts to the last unit of gas', async () => {
  const expiresAt = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400;
  const call = (on, name, args, fields) => ({
    to: on.address,
    data: on.interface.encodeFunctionData(name, args),
    ...fields,
  });
  const transactions = [
    call(permissions, 'addPermittedAction', [tokenId, ACTION, [1, 2]]),
    call(permissions, 'addPermittedAddress', [tokenId, stranger.address, [1]]),
    call(permissions, 'removePermittedAction', [tokenId, ACTION]),
    call(permissions, 'addPermittedAction', [tokenId, ACTION, [1]]),
    call(credits, 'mint', [expiresAt], { value: await credits.calculateCost(80, expiresAt) }),
    call(pkps, 'transferFrom', [owner.address, stranger.address, tokenId]),
    { to: stranger.address, value: 1 },
  ];
  for (const transaction of transactions) {
    const receipt = await sendToBoth(owner, transaction);
    assert.equal(receipt.status, '0x1');
  }
});

await check('reverted transactions: the same receipts', async () => {
  for (const [name, args] of [
    ['addPermittedAction', [tokenId, ACTION, [1]]],
    ['removePermittedAddress', [tokenId, stranger.address]],
  ]) {
    const data = permissions.interface.encodeFunctionData(name, args);
    const receipt = await sendToBoth(owner, { to: permissions.address, data });
    assert.equal(receipt.status, '0x0');
  }
});

await check('deployments: the same address, code and receipt', async () => {
  // Returns the two bytes 0x6000 as the code.
  const receipt = await sendToBoth(owner, { data: '0x61600060005260026020f3' });
  await same('eth_getCode', receipt.contractAddress, 'latest');
});

await check('views of every contract: the same answers', async () => {
  const views = [
    [pkps, 'getPubkey', tokenId],
    [pkps, 'getEthAddress', tokenId],
    [pkps, 'ownerOf', tokenId],
    [pkps, 'mintCost'],
    [pkps, 'exists', tokenId],
    [pkps, 'totalSupply'],
    [pkps, 'tokenByIndex', 0],
    [pkps, 'name'],
    [pkps, 'symbol'],
    [pkps, 'supportsInterface', '0x80ac58cd'],
    [pkps, 'tokenURI', tokenId],
    [permissions, 'getPermittedActions', tokenId],
    [permissions, 'getPermittedAddresses', tokenId],
    [permissions, 'getPermittedAuthMethods', tokenId],
    [permissions, 'isPermittedAction', tokenId, ACTION],
    [permissions, 'getTokenIdsForAuthMethod', 1, ethers.utils.id('somebody:lit')],
    [credits, 'currentSoldRequestsPerKilosecond'],
    [credits, 'totalSupply'],
    [credits, 'tokenURI', 1],
    [staking, 'getActiveUnkickedValidatorStructsAndCounts'],
    [staking, 'epoch'],
    [staking, 'state'],
    [router, 'getRootKeys', staking.address],
    [router, 'isRouted', tokenId],
    [token, 'totalSupply'],
    [token, 'decimals'],
    // These revert.
    [pkps, 'ownerOf', 1],
    [pkps, 'tokenByIndex', 1000],
    [credits, 'ownerOf', 1000],
  ];
  let compared = 0;
  for (const [on, name, ...args] of views) {
    if (!on.interface.functions[Object.keys(on.interface.functions).find((key) => key.startsWith(`${name}(`))])
      continue;
    await same('eth_call', { to: on.address, data: on.interface.encodeFunctionData(name, args) }, 'latest');
    compared += 1;
  }
  assert.equal(compared, views.length, 'a view is not in the official ABI');
});

await check('accounts, code and storage: the same', async () => {
  for (const address of [stranger.address, ...Object.values(network.contracts)]) {
    await same('eth_getBalance', address, 'latest');
    await same('eth_getCode', address, 'latest');
    for (let slot = 0; slot < 12; slot += 1) await same('eth_getStorageAt', address, quantity(slot), 'latest');
  }
  await same('eth_getTransactionCount', owner.address, 'latest');
  await same('eth_getTransactionCount', owner.address, 'pending');
});

await check('logs: the same for addresses, topics and ranges', async () => {
  const minted = pkps.interface.getEventTopic('PKPMinted');
  const since = quantity(hashes.length + 1);
  for (const filter of [
    { fromBlock: since },
    { fromBlock: since, address: pkps.address },
    { fromBlock: since, topics: [minted] },
    { fromBlock: since, topics: [null, tokenId] },
    { fromBlock: since, topics: [[minted, permissions.interface.getEventTopic('PermittedAuthMethodAdded')]] },
    { fromBlock: since, toBlock: since },
    { address: permissions.address },
  ]) {
    const [ours, theirs] = await both('eth_getLogs', filter);
    assert.deepEqual(comparableLogs(ours), comparableLogs(theirs));
  }
});

await check('estimates: close to each other, and enough', async () => {
  const data = permissions.interface.encodeFunctionData('addPermittedAction', [
    tokenId,
    `0x1220${'cd'.repeat(32)}`,
    [1],
  ]);
  const [ours, theirs] = await both('eth_estimateGas', { from: stranger.address, to: permissions.address, data });
  assert(Math.abs(Number(ours) / Number(theirs) - 1) < 0.02, `${ours} and ${theirs}`);
  const receipt = await sendToBoth(stranger, { to: permissions.address, data, gasLimit: Number(ours) });
  assert.equal(receipt.status, '0x1');
});

await check('refusals: the same codes and data, and the same reason', async () => {
  const cheap = pkps.interface.encodeFunctionData('mintNext', [2]);
  const early = staking.interface.encodeFunctionData('advanceEpoch');
  for (const [method, ...params] of [
    ['eth_call', { from: owner.address, to: pkps.address, data: cheap }, 'latest'],
    ['eth_estimateGas', { from: owner.address, to: pkps.address, data: cheap }],
    ['eth_call', { from: owner.address, to: staking.address, data: early }, 'latest'],
    ['eth_noSuchMethod'],
  ]) {
    const [ours, theirs] = await both(method, ...params);
    assert.equal(ours.code, theirs.code, `${method}: ${JSON.stringify([ours, theirs])}`);
    // The selector of the error. Its arguments may be times; a call on the dev chain is at the present time.
    assert.equal(ours.data?.slice(0, 10), theirs.data?.slice(0, 10), `${method}: ${JSON.stringify([ours, theirs])}`);
    // Of custom errors anvil prints the bytes, which nobody can read.
    if (ours.data?.startsWith('0x08c379a0')) assert.equal(ours.message, theirs.message);
  }
});

await check('refused transactions: ethers tells the same reason', async () => {
  // Refusals of the pool have code -32000 here, as with geth, and -32003 with anvil; ethers reads the message.
  const fields = {
    chainId: network.chainId,
    gasLimit: 21_000,
    to: stranger.address,
    type: 2,
    maxFeePerGas: 2e9,
    maxPriorityFeePerGas: 0,
  };
  const poor = ethers.Wallet.createRandom();
  for (const [code, raw] of [
    ['NONCE_EXPIRED', await owner.signTransaction({ ...fields, nonce: 0 })],
    ['INSUFFICIENT_FUNDS', await poor.signTransaction({ ...fields, nonce: 0 })],
  ]) {
    for (const url of [dev, anvil]) {
      assert.equal((await refusal(provider(url).sendTransaction(raw))).code, code, url);
    }
  }
});

/** Changes an account on one chain, carries the state to the other, and compares the account there. */
async function carry(from, to, address) {
  await rpc(from, 'anvil_setBalance', address, '0x1234');
  await rpc(from, 'anvil_setCode', address, '0x60005460005260206000f3');
  await rpc(from, 'anvil_setStorageAt', address, '0x0', `0x${'ab'.repeat(32)}`);
  assert.equal(await rpc(to, 'anvil_loadState', await rpc(from, 'anvil_dumpState')), true);
  assert.equal(await rpc(to, 'eth_getBalance', address, 'latest'), '0x1234');
  assert.equal(await rpc(to, 'eth_call', { to: address }, 'latest'), `0x${'ab'.repeat(32)}`);
  for (const contract of Object.values(network.contracts)) {
    const code = await Promise.all([from, to].map((chain) => rpc(chain, 'eth_getCode', contract, 'latest')));
    assert.equal(code[0], code[1]);
  }
  assert(Number(await rpc(to, 'eth_blockNumber')) >= Number(await rpc(from, 'eth_blockNumber')));
  await rpc(to, 'evm_mine');
}

await check('a state that anvil dumped is loaded by the dev chain', () => carry(anvil, dev, `0x${'d1'.repeat(20)}`));

await check('a state that the dev chain dumped is loaded by anvil', () => carry(dev, anvil, `0x${'d2'.repeat(20)}`));
