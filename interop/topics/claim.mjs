// Keys that users claim by an auth method, before any PKP is minted.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { connected, someWallet, walletSession } from '../lib/client.mjs';
import { contract, network, nodes, plainContext, wallet } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';

const { EthWalletProvider, LitRelay } = official('lit-auth-client');
const { LitContracts } = official('contracts-sdk');

const client = await connected();
const owner = wallet(0);
const pkps = contract('PKPNFT', owner);
const { id, recoverAddress } = ethers.utils;

const authenticate = (signer) => EthWalletProvider.authenticate({ signer, litNodeClient: client });

const contracts = new LitContracts({
  signer: owner,
  rpc: network.rpcUrl,
  network: 'custom',
  customContext: plainContext(),
});
await contracts.connect();

/** Claims the key of an auth method, and keeps what would be sent to the chain. */
async function claimed(authMethod) {
  let callbacks = 0;
  const claim = await client.claimKeyId({
    authMethod,
    signer: owner,
    mintCallback: async () => {
      callbacks += 1;
      return 'kept';
    },
  });
  assert.deepEqual([callbacks, claim.mintTx], [1, 'kept']);
  return claim;
}

const claimId = (claim) => `0x${claim.claimedKeyId}`;

await check('claimKeyId: each node consents to the key of the auth method', async () => {
  const signer = someWallet();
  const claim = await claimed(await authenticate(signer));
  assert.equal(claimId(claim), id(`${signer.address}:lit`));
  const digest = ethers.utils.hashMessage(ethers.utils.arrayify(claimId(claim)));
  const consenting = claim.signatures.map((signature) => recoverAddress(digest, signature));
  assert.equal(new Set(consenting).size, nodes.length);
  assert.deepEqual((await claimed(await authenticate(signer))).pubkey, claim.pubkey);
});

await check('the contracts mint by it the key that the client derived, and it signs', async () => {
  const claim = await claimed(await authenticate(someWallet()));
  // The id that the official client returns is zero: it reads the wrong event.
  await contracts.pkpNftContractUtils.write.claimAndMint(claimId(claim), claim.signatures);
  const tokenId = ethers.utils.keccak256(`0x${claim.pubkey}`);
  assert.equal(await pkps.getPubkey(tokenId), `0x${claim.pubkey}`);
  assert.equal(await pkps.ownerOf(tokenId), owner.address);
  const digest = id('claimed');
  const sessionSigs = await walletSession(client, owner);
  const toSign = [...ethers.utils.arrayify(digest)];
  const { signature } = await client.pkpSign({ sessionSigs, toSign, pubKey: claim.pubkey });
  assert.equal(recoverAddress(digest, signature), await pkps.getEthAddress(tokenId));
});

await check('the contracts refuse it twice, with too few signatures, and of another key', async () => {
  const claim = await claimed(await authenticate(someWallet()));
  const { claimAndMint } = contracts.pkpNftContractUtils.write;
  await refusal(claimAndMint(claimId(claim), claim.signatures.slice(0, 1)));
  await refusal(claimAndMint(id('another'), claim.signatures));
  await claimAndMint(claimId(claim), claim.signatures);
  await refusal(claimAndMint(claimId(claim), claim.signatures));
});

await check('claimKeyId mints through the relayer, where nothing else is said', async () => {
  const authMethod = await authenticate(someWallet());
  const { relayUrl, relayApiKey } = network;
  const claim = await client.claimKeyId({ authMethod, relayUrl, relayApiKey });
  const relay = new LitRelay({ relayUrl, relayApiKey });
  const status = await relay.pollRequestUntilTerminalState(claim.mintTx);
  assert.equal(status.status, 'Succeeded');
  assert.equal(status.pkpPublicKey, `0x${claim.pubkey}`);
});

await check('an auth method that somebody else signed claims nothing', async () => {
  const method = await authenticate(someWallet());
  const accessToken = JSON.stringify({ ...JSON.parse(method.accessToken), address: someWallet().address });
  const error = await refusal(claimed({ ...method, accessToken }));
  assert.match(error.message, /Claim request has failed/);
  assert.match(error.info.responseData.error.errorCode, /^Node/);
});
