// A network that wants its requests paid with capacity credits.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { connected, everything, someWallet, walletSession } from '../lib/client.mjs';
import { answered } from '../lib/loopback.mjs';
import { network, plainContext, wallet } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';
import { mintPkp, pkpSessionSigs } from '../lib/pkps.mjs';

const { LitAccessControlConditionResource } = official('auth-helpers');
const { LitContracts } = official('contracts-sdk');
const { EthWalletProvider } = official('lit-auth-client');

const client = await connected();
const [owner, other] = [wallet(0), wallet(1)];

/** Mints a credit to a wallet by the official client, and gives its id. */
async function mintCredit(signer) {
  const contracts = new LitContracts({
    signer,
    rpc: network.rpcUrl,
    network: 'custom',
    customContext: plainContext(),
  });
  await contracts.connect();
  const { capacityTokenIdStr } = await contracts.mintCapacityCreditsNFT({
    requestsPerKilosecond: 80,
    daysUntilUTCMidnightExpiration: 2,
  });
  return capacityTokenIdStr;
}

const code = 'Lit.Actions.setResponse({ response: "paid" });';
const run = async (sessionSigs) => (await client.executeJs({ sessionSigs, code })).response;
const TO_SIGN = [...ethers.utils.arrayify(ethers.utils.id('paid'))];
const sign = (sessionSigs, { publicKey }) => client.pkpSign({ sessionSigs, toSign: TO_SIGN, pubKey: publicKey });

const [EXECUTE, SIGN, DECRYPT] = ['/web/execute/v1', '/web/pkp/sign/v1', '/web/encryption/sign/'];

/** Nobody pays for the request that is under way. The client does not say with which status the nodes refuse. */
async function unpaid(promise, path = EXECUTE, status = 402) {
  const before = answered.length;
  const error = await refusal(promise);
  assert.equal(error.info?.errorCode, 'rate_limit_exceeded', error.message);
  const byNodes = answered.slice(before).filter((answer) => answer.path === path);
  assert.deepEqual([...new Set(byNodes.map((answer) => answer.status))], [status]);
}

const rights = [
  ...everything,
  { resource: new LitAccessControlConditionResource('*'), ability: 'access-control-condition-decryption' },
];

/** A session of a wallet, perhaps with a delegation. */
const sessionOf = (signer, capacityDelegationAuthSig) =>
  walletSession(client, signer, {
    resourceAbilityRequests: rights,
    ...(capacityDelegationAuthSig && { capacityDelegationAuthSig }),
  });

const accessControlConditions = [
  {
    contractAddress: '',
    standardContractType: '',
    chain: 'ethereum',
    method: 'eth_getBalance',
    parameters: [':userAddress', 'latest'],
    returnValueTest: { comparator: '>=', value: '0' },
  },
];
const encrypted = await client.encrypt({ accessControlConditions, dataToEncrypt: new Uint8Array([1, 2, 3]) });
const decrypt = (sessionSigs) =>
  client.decrypt({ accessControlConditions, ...encrypted, chain: 'ethereum', sessionSigs });

const pkp = await mintPkp(owner);

await check('without a credit every paid endpoint refuses', async () => {
  assert.equal(network.capacityEnforced, true);
  const session = await sessionOf(owner);
  await unpaid(run(session));
  await unpaid(sign(session, pkp), SIGN, 400);
  await unpaid(decrypt(session), DECRYPT);
});

await check('sessions of PKPs are made without a credit, and then have to pay', async () => {
  const authMethods = [await EthWalletProvider.authenticate({ signer: owner, litNodeClient: client })];
  const session = await pkpSessionSigs(client, pkp, { authMethods });
  await unpaid(run(session));
});

const credit = await check('a credit is minted', () => mintCredit(owner));

await check('with a credit of its own a wallet passes everywhere', async () => {
  const session = await sessionOf(owner);
  assert.equal(await run(session), 'paid');
  await sign(session, pkp);
  assert.deepEqual([...(await decrypt(session)).decryptedData], [1, 2, 3]);
  await unpaid(run(await sessionOf(someWallet())));
});

/** A delegation of the owner's credits, made by the official client. */
async function delegation(options, dAppOwnerWallet = owner) {
  const { capacityDelegationAuthSig } = await client.createCapacityDelegationAuthSig({ dAppOwnerWallet, ...options });
  return capacityDelegationAuthSig;
}

await check('a delegated credit pays, for everything', async () => {
  const user = someWallet();
  const options = { uses: '10', delegateeAddresses: [user.address], capacityTokenId: credit };
  const session = await sessionOf(user, await delegation(options));
  assert.equal(await run(session), 'paid');
  assert.deepEqual([...(await decrypt(session)).decryptedData], [1, 2, 3]);
});

await check('delegations to anybody, of whatever credit, and without a number pay', async () => {
  const user = someWallet();
  for (const options of [{}, { capacityTokenId: credit }, { delegateeAddresses: [user.address] }, { uses: '3' }]) {
    assert.equal(await run(await sessionOf(user, await delegation(options))), 'paid', JSON.stringify(options));
  }
});

await check('a delegation to others, and one by a wallet without credits, do not pay', async () => {
  const user = someWallet();
  await unpaid(run(await sessionOf(user, await delegation({ delegateeAddresses: [someWallet().address] }))));
  await unpaid(run(await sessionOf(user, await delegation({}, other))));
  await unpaid(run(await sessionOf(user, await delegation({ capacityTokenId: credit }, other))));
});

await check('a delegation pays as often as it says', async () => {
  const user = someWallet();
  const session = await sessionOf(user, await delegation({ uses: '2', delegateeAddresses: [user.address] }));
  assert.equal(await run(session), 'paid');
  assert.equal(await run(session), 'paid');
  await unpaid(run(session));
});

await check('a PKP pays with a credit that is delegated to it', async () => {
  const authMethods = [await EthWalletProvider.authenticate({ signer: owner, litNodeClient: client })];
  const capability = await delegation({ uses: '10', delegateeAddresses: [pkp.address] });
  const session = await pkpSessionSigs(client, pkp, { authMethods, capabilityAuthSigs: [capability] });
  assert.equal(await run(session), 'paid');
});
