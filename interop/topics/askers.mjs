// Decryption without a session: by contracts, by wallets of other chains, and by what they signed.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import { check, refusal } from '../lib/checks.mjs';
import { connected, someWallet, walletSession } from '../lib/client.mjs';
import { nodes, provider } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';
import { store } from '../lib/ipfs.mjs';

const { LitAccessControlConditionResource, createSiweMessage } = official('auth-helpers');
const { decryptToString, encryptString } = official('encryption');

const client = await connected();
const NOT_MET = 'NodeAccessControlConditionsReturnedNotAuthorized';

/** Encrypts and decrypts under these conditions. */
async function roundTrip(conditions, chain, auth) {
  const encrypted = await encryptString({ ...conditions, dataToEncrypt: 'Hello world' }, client);
  return decryptToString({ ...conditions, ...encrypted, chain, ...auth }, client);
}

async function refusedWith(code, promise) {
  const error = await refusal(promise);
  assert.equal(error.info?.errorCode, code, error.message);
  return error;
}

const isWallet = (chain, address) => ({
  contractAddress: '',
  standardContractType: '',
  chain,
  method: '',
  parameters: [':userAddress'],
  returnValueTest: { comparator: '=', value: address },
});

/** A contract that accepts every signature of this hash, and answers 0xffffffff for others. */
async function contractFor(hash) {
  const address = ethers.utils.getAddress(ethers.utils.hexDataSlice(ethers.utils.keccak256(hash), 12));
  // ffffffff - (ffffffff - 1626ba7e) * (hash == calldata[4..36]), left-aligned.
  const code = `0x63e9d945817f${hash.slice(2)}600435140263ffffffff0360e01b60005260206000f3`;
  await provider().send('anvil_setCode', [address, code]);
  return address;
}

/** The text that the tests of the official SDK sign. */
const message = async (walletAddress) => createSiweMessage({ nonce: await client.getLatestBlockhash(), walletAddress });

await check('a contract decrypts by EIP-1271, on the chain of the request', async () => {
  const owner = someWallet();
  const signedMessage = await message(owner.address);
  const sha256 = `0x${createHash('sha256').update(signedMessage).digest('hex')}`;
  for (const [derivedVia, hash] of [
    ['EIP1271', ethers.utils.hashMessage(signedMessage)],
    ['EIP1271_SHA256', sha256],
  ]) {
    const address = await contractFor(hash);
    const authSig = { sig: await owner.signMessage(signedMessage), derivedVia, signedMessage, address };
    const conditions = { accessControlConditions: [isWallet('yellowstone', address)] };
    assert.equal(await roundTrip(conditions, 'yellowstone', { authSig }), 'Hello world');

    const other = { ...authSig, signedMessage: await message(someWallet().address) };
    const error = await refusedWith(
      'NodeContractAuthsigUnauthorized',
      roundTrip(conditions, 'yellowstone', { authSig: other }),
    );
    assert.ok(error.message.includes('Access control failed for Smart contract'), error.message);
    const text = `validation error: Authsig failed for contract ${address}.  Return value was ffffffff.`;
    assert.ok(error.message.includes(text), error.message);
  }
});

/** A Solana wallet that signs as the browser helper of the official client does. */
function solanaWallet() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const address = ethers.utils.base58.encode(Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url'));
  const signedMessage = `I am creating an account to use Lit Protocol at ${new Date().toISOString()}`;
  const sig = sign(null, Buffer.from(signedMessage), privateKey).toString('hex');
  return { sig, derivedVia: 'solana.signMessage', signedMessage, address };
}

const isSolana = (value) => ({
  method: '',
  params: [':userAddress'],
  pdaParams: [],
  pdaInterface: { offset: 0, fields: {} },
  pdaKey: '',
  chain: 'solana',
  returnValueTest: { key: '', comparator: '=', value },
});

await check('a Solana wallet decrypts, and another does not', async () => {
  const [one, other] = [solanaWallet(), solanaWallet()];
  const condition = isSolana(one.address);
  const unified = [
    { conditionType: 'solRpc', ...condition },
    { operator: 'or' },
    { conditionType: 'evmBasic', ...isWallet('ethereum', ethers.constants.AddressZero) },
  ];
  assert.equal(await roundTrip({ solRpcConditions: [condition] }, 'solana', { authSig: one }), 'Hello world');
  assert.equal(await roundTrip({ unifiedAccessControlConditions: unified }, 'solana', { authSig: one }), 'Hello world');
  await refusedWith(NOT_MET, roundTrip({ solRpcConditions: [condition] }, 'solana', { authSig: other }));
  const forged = { ...other, address: one.address };
  await refusedWith('NodeInvalidAuthSig', roundTrip({ solRpcConditions: [condition] }, 'solana', { authSig: forged }));
});

await check('a Cosmos wallet decrypts', async () => {
  // From the official SDK's tests.
  const authSig = {
    sig: 'dE7J8oaWa8zECuMpaI/IVfJXGpLAO1paGLho+/dmtaQkN7Sh1lmJLAdYqZchDyYhQcg+nqfaoEOzLig3CPlosg==',
    derivedVia: 'cosmos.signArbitrary',
    signedMessage: '8c857343720203e3f52606409e6818284186a614e74026998f89e7417eed4d4b',
    address: 'cosmos14wp2s5kv07lt220rzfae57k73yv9z2azrmulku',
  };
  const conditions = (value) => ({
    unifiedAccessControlConditions: [
      {
        conditionType: 'cosmos',
        path: ':userAddress',
        chain: 'cosmos',
        returnValueTest: { key: '', comparator: '=', value },
      },
    ],
  });
  assert.equal(await roundTrip(conditions(authSig.address), 'cosmos', { authSig }), 'Hello world');
  await refusedWith(NOT_MET, roundTrip(conditions('cosmos1n8yrje7g3mkrmj4x2m5u67sdpwcwgtxwzv4vwv'), 'cosmos', { authSig }));
});

const decrypting = [
  { resource: new LitAccessControlConditionResource('*'), ability: 'access-control-condition-decryption' },
];
const reader = someWallet();
const sessionSigs = await walletSession(client, reader, { resourceAbilityRequests: decrypting });

await check('a condition runs a Lit Action by its CID', async () => {
  const cid = await store(`const isSame = async (address, other) => address.toLowerCase() === other.toLowerCase();`);
  const condition = (parameter) => ({
    accessControlConditions: [
      {
        contractAddress: `ipfs://${cid}`,
        standardContractType: 'LitAction',
        chain: 'ethereum',
        method: 'isSame',
        parameters: [':userAddress', parameter],
        returnValueTest: { comparator: '=', value: 'true' },
      },
    ],
  });
  assert.equal(await roundTrip(condition(reader.address), 'ethereum', { sessionSigs }), 'Hello world');
  await refusedWith(NOT_MET, roundTrip(condition(someWallet().address), 'ethereum', { sessionSigs }));
});

await check('a condition on the domain that the wallet signed in to', async () => {
  const condition = (value) => ({
    accessControlConditions: [
      {
        contractAddress: '',
        standardContractType: 'SIWE',
        chain: 'ethereum',
        method: '',
        parameters: [':domain'],
        returnValueTest: { comparator: '=', value },
      },
    ],
  });
  assert.equal(await roundTrip(condition('localhost'), 'ethereum', { sessionSigs }), 'Hello world');
  await refusedWith(NOT_MET, roundTrip(condition('example.com'), 'ethereum', { sessionSigs }));
});

await check('two basic conditions without an operator are joined with and, by requests that reach the node', async () => {
  const ask = async (conditions) => {
    const response = await fetch(`${nodes[0]}/web/encryption/sign/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        accessControlConditions: conditions,
        dataToEncryptHash: '00'.repeat(32),
        chain: 'ethereum',
        authSig: sessionSigs[nodes[0]],
      }),
    });
    return response.status;
  };
  const [yes, no] = [isWallet('ethereum', reader.address), isWallet('ethereum', someWallet().address)];
  assert.equal(await ask([yes, yes]), 200);
  assert.equal(await ask([yes, no]), 401);
});
