// ethers v5 on the dev chain, with the ABIs of the deployed contracts.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { contract, network, nodes, provider, sorted, wallet } from '../lib/network.mjs';
import { ethers } from '../lib/official.mjs';

const { keccak256, computeAddress, base58, toUtf8Bytes, parseEther } = ethers.utils;

const chain = provider();
const [owner, stranger] = [wallet(0, chain), wallet(1, chain)];
const pkps = contract('PKPNFT', owner);
const permissions = contract('PKPPermissions', owner);
const helper = contract('PKPHelper', owner);
const credits = contract('RateLimitNFT', owner);
const staking = contract('Staking', chain);

const ACTION = `0x${Buffer.from(base58.decode('QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW')).toString('hex')}`;
const AUTH_METHOD = { authMethodType: 1, id: keccak256(toUtf8Bytes('somebody:lit')), userPubkey: '0x' };

/** The first event of this name in a receipt. */
function event(receipt, of, name) {
  const logs = receipt.logs.filter((log) => log.address === of.address);
  const found = logs.map((log) => of.interface.parseLog(log)).find((parsed) => parsed.name === name);
  assert(found, `no event ${name} of ${of.address}`);
  return found.args;
}

await check('the accounts of anvil have 10,000 tokens each, and can send them', async () => {
  const mnemonic = `${'test '.repeat(11)}junk`;
  const accounts = Array.from({ length: 10 }, (_, number) =>
    ethers.Wallet.fromMnemonic(mnemonic, `m/44'/60'/0'/0/${number}`).connect(chain),
  );
  for (const account of accounts) assert.deepEqual(await account.getBalance(), parseEther('10000'));
  const to = ethers.Wallet.createRandom().address;
  await (await accounts[9].sendTransaction({ to, value: 7 })).wait();
  assert.equal(Number(await chain.getBalance(to)), 7);
});

await check('ethers finds the chain id, a block with a base fee, and the balance of a funded wallet', async () => {
  assert.equal((await chain.getNetwork()).chainId, network.chainId);
  const block = await chain.getBlock('latest');
  assert(block.baseFeePerGas.gt(0));
  assert(Math.abs(block.timestamp - Date.now() / 1000) < 120);
  assert((await owner.getBalance()).gte(parseEther('1000')));
});

await check('a transfer of each type arrives, and its transaction, receipt and block agree', async () => {
  const to = ethers.Wallet.createRandom().address;
  const gasPrice = await chain.getGasPrice();
  const types = [{ type: 0, gasPrice }, { type: 1, gasPrice, accessList: [] }, { type: 2 }];
  for (const fields of types) {
    const receipt = await (await owner.sendTransaction({ to, value: 5, ...fields })).wait();
    const [sent, block] = await Promise.all([
      chain.getTransaction(receipt.transactionHash),
      chain.getBlockWithTransactions(receipt.blockHash),
    ]);
    assert.equal(receipt.status, 1);
    assert.equal(receipt.type, fields.type);
    assert.equal(receipt.gasUsed.toNumber(), 21_000);
    assert.equal(sent.blockNumber, receipt.blockNumber);
    assert.deepEqual(
      block.transactions.map((transaction) => transaction.hash),
      [receipt.transactionHash],
    );
  }
  assert.equal((await chain.getBalance(to)).toNumber(), 15);
});

const tokenId = await check('mintNext gives a PKP whose id is the hash of its key', async () => {
  const value = await pkps.mintCost();
  const receipt = await (await pkps.mintNext(2, { value })).wait();
  const { tokenId, pubkey } = event(receipt, pkps, 'PKPMinted');
  assert.equal(receipt.logs[0].topics[1], tokenId.toHexString(), 'the official client reads the id from here');
  assert.match(pubkey, /^0x04[0-9a-f]{128}$/);
  assert.equal(tokenId.toHexString(), keccak256(pubkey));
  assert.equal(await pkps.getPubkey(tokenId), pubkey);
  assert.equal(await pkps.getEthAddress(tokenId), computeAddress(pubkey));
  assert.equal(await pkps.ownerOf(tokenId), owner.address);
  assert((await pkps.tokenOfOwnerByIndex(owner.address, (await pkps.balanceOf(owner.address)).sub(1))).eq(tokenId));
  return tokenId;
});

await check('an action is permitted, found with its scopes, and removed', async () => {
  await (await permissions.addPermittedAction(tokenId, ACTION, [1])).wait();
  assert.deepEqual(await permissions.getPermittedActions(tokenId), [ACTION]);
  assert.equal(await permissions.isPermittedAction(tokenId, ACTION), true);
  assert.deepEqual(await permissions.getPermittedAuthMethodScopes(tokenId, 2, ACTION, 3), [false, true, false]);
  await (await permissions.removePermittedAction(tokenId, ACTION)).wait();
  assert.deepEqual(await permissions.getPermittedActions(tokenId), []);
});

await check('an address is permitted, found and removed', async () => {
  await (await permissions.addPermittedAddress(tokenId, stranger.address, [1])).wait();
  // Addresses are auth methods as well; the owner is among them in no list.
  assert((await permissions.getPermittedAddresses(tokenId)).includes(stranger.address));
  assert.equal(await permissions.isPermittedAddress(tokenId, stranger.address), true);
  await (await permissions.removePermittedAddress(tokenId, stranger.address)).wait();
  assert.equal(await permissions.isPermittedAddress(tokenId, stranger.address), false);
});

await check('the helper mints with an auth method and sends the PKP to itself', async () => {
  const { authMethodType, id, userPubkey } = AUTH_METHOD;
  const value = await pkps.mintCost();
  const args = [2, [authMethodType], [id], [userPubkey], [[1]], true, true];
  const receipt = await (await helper.mintNextAndAddAuthMethods(...args, { value })).wait();
  const minted = ethers.BigNumber.from(receipt.logs[0].topics[1]);
  const address = await pkps.getEthAddress(minted);
  assert.equal(await pkps.ownerOf(minted), address);
  assert.equal(await permissions.isPermittedAddress(minted, address), true);
  assert.equal(await permissions.isPermittedAuthMethod(minted, authMethodType, id), true);
  assert.deepEqual(await permissions.getPermittedAuthMethodScopes(minted, authMethodType, id, 3), [false, true, false]);
  const found = await permissions.getTokenIdsForAuthMethod(authMethodType, id);
  assert.deepEqual(found.map(String), [minted.toString()]);
});

await check('a capacity credit is minted, read back and handed over', async () => {
  const expiresAt = (Math.floor(Date.now() / 86_400_000) + 2) * 86_400;
  const value = await credits.calculateCost(80, expiresAt);
  const receipt = await (await credits.mint(expiresAt, { value })).wait();
  const credit = ethers.BigNumber.from(receipt.logs[0].topics[3]);
  const capacity = await credits.capacity(credit);
  assert.equal(capacity.expiresAt.toNumber(), expiresAt);
  assert.equal(capacity.requestsPerKilosecond.toNumber(), 80);
  await (await credits.transferFrom(owner.address, stranger.address, credit)).wait();
  assert.equal(await credits.ownerOf(credit), stranger.address);
});

await check('reverts carry their reasons, in calls, estimates and transactions', async () => {
  const cheap = await refusal(pkps.callStatic.mintNext(2, { value: 0 }));
  assert.equal(cheap.code, 'CALL_EXCEPTION');
  assert.match(cheap.reason, /You must pay exactly mint cost/);
  const estimated = await refusal(pkps.mintNext(2, { value: 0 }));
  assert.equal(estimated.code, 'UNPREDICTABLE_GAS_LIMIT');
  assert.match(estimated.message, /execution reverted: You must pay exactly mint cost/);
  const foreign = permissions.connect(stranger);
  const refused = await refusal(foreign.addPermittedAction(tokenId, ACTION, [1]));
  assert.match(refused.message, /execution reverted: Not PKP NFT owner/);
  const sent = await foreign.addPermittedAction(tokenId, ACTION, [1], { gasLimit: 1_000_000 });
  const mined = await refusal(sent.wait());
  assert.equal(mined.code, 'CALL_EXCEPTION');
  assert.equal(mined.receipt.status, 0);
});

await check('custom errors are decoded by the official ABI', async () => {
  const error = await refusal(contract('Staking', stranger).callStatic.advanceEpoch());
  assert.equal(error.code, 'CALL_EXCEPTION');
  assert(error.errorName, `no error of the ABI: ${error.message}`);
});

await check('events are found by filter, and heard', async () => {
  const since = await chain.getBlockNumber();
  const heard = new Promise((resolve) => {
    pkps.once(pkps.filters.PKPMinted(), (id) => resolve(id.toString()));
  });
  const receipt = await (await pkps.mintNext(2, { value: await pkps.mintCost() })).wait();
  const minted = event(receipt, pkps, 'PKPMinted').tokenId.toString();
  const found = await pkps.queryFilter(pkps.filters.PKPMinted(), since + 1);
  assert.deepEqual(
    found.map((log) => log.args.tokenId.toString()),
    [minted],
  );
  assert.equal(await heard, minted);
});

await check('Staking names the nodes, the threshold and the epoch', async () => {
  const [epoch, threshold, validators] = await staking.getActiveUnkickedValidatorStructsAndCounts();
  const urls = validators.map(
    ({ ip, port }) => `http://${[24, 16, 8, 0].map((shift) => (ip >>> shift) & 255).join('.')}:${port}`,
  );
  assert.deepEqual(sorted(urls), nodes);
  assert.equal(threshold.toNumber(), network.minNodeCount);
  assert(epoch.number.gt(0));
});
