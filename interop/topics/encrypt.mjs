// Data encrypted under access control conditions: by the official client and by ours, decrypted by the other.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { check, refusal } from '../lib/checks.mjs';
import { connected, everything, someWallet, walletSession } from '../lib/client.mjs';
import { counting } from '../lib/loopback.mjs';
import { network, nodes, wallet } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';
import { ours } from '../lib/ours.mjs';
import { mintPkp, pkpSessionSigs } from '../lib/pkps.mjs';

const { LitAccessControlConditionResource } = official('auth-helpers');
const { decryptFromJson, decryptToString, encryptString, encryptToJson } = official('encryption');
const { EthWalletProvider } = official('lit-auth-client');

const run = promisify(execFile);
const client = await connected();
const [owner, reader] = [wallet(0), someWallet()];
const chain = 'ethereum';
const SIGN_PATH = '/web/encryption/sign/';

const decrypting = (resource = '*') => [
  { resource: new LitAccessControlConditionResource(resource), ability: 'access-control-condition-decryption' },
];

/** A session of a wallet that may decrypt. */
const sessionOf = (signer, resourceAbilityRequests = decrypting()) =>
  walletSession(client, signer, { resourceAbilityRequests });

const readerSession = await sessionOf(reader);
const strangerSession = await sessionOf(someWallet());

/** The asker is this wallet. */
const isWallet = (address) => ({
  contractAddress: '',
  standardContractType: '',
  chain,
  method: '',
  parameters: [':userAddress'],
  returnValueTest: { comparator: '=', value: address },
});

/** The asker has so much on the chain, in wei. */
const hasEther = (wei) => ({
  ...isWallet(''),
  method: 'eth_getBalance',
  parameters: [':userAddress', 'latest'],
  returnValueTest: { comparator: '>=', value: wei },
});

const forReader = { accessControlConditions: [isWallet(reader.address)] };
const bytesOf = (text) => new TextEncoder().encode(text);

const encrypt = (text, conditions = forReader) => client.encrypt({ ...conditions, dataToEncrypt: bytesOf(text) });

/** What is decrypted with a session, as text. */
async function decrypt(encrypted, sessionSigs, conditions = forReader) {
  const { decryptedData } = await client.decrypt({ ...conditions, ...encrypted, chain, sessionSigs });
  return new TextDecoder().decode(decryptedData);
}

async function refusedWith(code, promise) {
  const error = await refusal(promise);
  assert.equal(error.info?.errorCode, code, error.message);
}

const NOT_MET = 'NodeAccessControlConditionsReturnedNotAuthorized';

await check('encrypt asks no node, decrypt asks them all', async () => {
  const sealing = await counting(SIGN_PATH, () => encrypt('for the reader'));
  assert.equal(sealing.requests, 0);
  const opening = await counting(SIGN_PATH, () => decrypt(sealing.value, readerSession));
  assert.equal(opening.requests, nodes.length);
  assert.equal(opening.value, 'for the reader');
});

await check('encryptString and decryptToString, of all lengths and letters', async () => {
  for (const dataToEncrypt of ['x', 'é 漢字 😀', 'ab'.repeat(20_000)]) {
    const encrypted = await encryptString({ ...forReader, dataToEncrypt }, client);
    const decrypted = await decryptToString({ ...forReader, ...encrypted, chain, sessionSigs: readerSession }, client);
    assert.equal(decrypted, dataToEncrypt);
  }
});

await check('whoever does not meet the conditions is refused with the code', async () => {
  await refusedWith(NOT_MET, decrypt(await encrypt('not for you'), strangerSession));
});

await check('other conditions than it was encrypted under do not open it', async () => {
  const encrypted = await encrypt('not for you');
  const conditions = { accessControlConditions: [hasEther('0')] };
  const error = await refusal(decrypt(encrypted, strangerSession, conditions));
  assert.equal(error.info?.errorCode, undefined, 'the nodes sign, and the signature does not fit');
});

await check('a changed ciphertext and another hash do not open', async () => {
  const encrypted = await encrypt('whole');
  const changed = Buffer.from(encrypted.ciphertext, 'base64');
  changed[84] ^= 1;
  await refusal(decrypt({ ...encrypted, ciphertext: changed.toString('base64') }, readerSession));
  await refusal(decrypt({ ...encrypted, dataToEncryptHash: '00'.repeat(32) }, readerSession));
});

await check('the chain is asked: with money it opens, without it does not', async () => {
  const conditions = { accessControlConditions: [hasEther('1000000000')] };
  const encrypted = await encrypt('for the rich', conditions);
  const rich = someWallet();
  const session = await sessionOf(rich);
  await refusedWith(NOT_MET, decrypt(encrypted, session, conditions));
  await (await owner.sendTransaction({ to: rich.address, value: 1_000_000_000 })).wait();
  assert.equal(await decrypt(encrypted, session, conditions), 'for the rich');
});

await check('operators and groups', async () => {
  const [and, or] = [{ operator: 'and' }, { operator: 'or' }];
  const [yes, no] = [isWallet(reader.address), isWallet(owner.address)];
  const cases = [
    [[yes, and, no], false],
    [[no, or, yes], true],
    [[[yes, and, no], or, [yes, and, yes]], true],
    [[yes, or, no, and, no], false],
  ];
  for (const [accessControlConditions, opens] of cases) {
    const conditions = { accessControlConditions };
    const opened = decrypt(await encrypt('joined', conditions), readerSession, conditions);
    await (opens ? opened : refusedWith(NOT_MET, opened));
  }
});

/** A call of a contract: the asker owns this PKP. */
const ownsPkp = ({ tokenId }) => ({
  contractAddress: network.contracts.PKPNFT,
  functionName: 'ownerOf',
  functionParams: [ethers.BigNumber.from(tokenId).toString()],
  functionAbi: {
    name: 'ownerOf',
    type: 'function',
    stateMutability: 'view',
    inputs: [{ name: 'tokenId', type: 'uint256' }],
    outputs: [{ name: 'owner', type: 'address' }],
  },
  chain,
  returnValueTest: { key: '', comparator: '=', value: ':userAddress' },
});

const pkp = await mintPkp(owner, { wallets: [reader] });

await check('conditions on a contract, and unified ones', async () => {
  const ownerSession = await sessionOf(owner);
  const unified = [
    { conditionType: 'evmBasic', ...hasEther('1') },
    { operator: 'and' },
    { conditionType: 'evmContract', ...ownsPkp(pkp) },
  ];
  for (const conditions of [{ evmContractConditions: [ownsPkp(pkp)] }, { unifiedAccessControlConditions: unified }]) {
    const encrypted = await encrypt('for the owner', conditions);
    assert.equal(await decrypt(encrypted, ownerSession, conditions), 'for the owner');
    await refusedWith(NOT_MET, decrypt(encrypted, readerSession, conditions));
  }
});

await check('a session of a PKP decrypts as the PKP', async () => {
  const conditions = { accessControlConditions: [isWallet(pkp.address)] };
  const encrypted = await encrypt('for the PKP', conditions);
  const authMethods = [await EthWalletProvider.authenticate({ signer: reader, litNodeClient: client })];
  const session = await pkpSessionSigs(client, pkp, { authMethods, resourceAbilityRequests: decrypting() });
  assert.equal(await decrypt(encrypted, session, conditions), 'for the PKP');
  await refusedWith(NOT_MET, decrypt(encrypted, readerSession, conditions));
});

await check('a session for one text alone opens it and no other', async () => {
  const [one, other] = [await encrypt('one'), await encrypt('other')];
  const resource = await LitAccessControlConditionResource.generateResourceString(
    forReader.accessControlConditions,
    one.dataToEncryptHash,
  );
  const session = await sessionOf(reader, decrypting(resource));
  assert.equal(await decrypt(one, session), 'one');
  await refusedWith('NodeResourceIdNotFound', decrypt(other, session));
});

await check('a session without the right to decrypt is refused', async () => {
  const session = await sessionOf(reader, everything);
  await refusedWith('NodeResourceIdNotFound', decrypt(await encrypt('x'), session));
});

await check('a wallet decrypts without a session', async () => {
  const { accessToken } = await EthWalletProvider.authenticate({ signer: reader, litNodeClient: client });
  const authSig = JSON.parse(accessToken);
  const encrypted = await encrypt('by AuthSig');
  const { decryptedData } = await client.decrypt({ ...forReader, ...encrypted, chain, authSig });
  assert.equal(new TextDecoder().decode(decryptedData), 'by AuthSig');
});

const KINDS = {
  evmBasic: { accessControlConditions: [isWallet(reader.address), { operator: 'or' }, hasEther('1')] },
  evmContract: { evmContractConditions: [ownsPkp(pkp)] },
  unified: { unifiedAccessControlConditions: [{ conditionType: 'evmBasic', ...isWallet(reader.address) }] },
};

/** What our crate makes of conditions and data: the identity that nodes sign, and the hash. */
const identify = (conditions, plaintext) => ours('identify', { conditions, plaintext });

const sessions = { evmBasic: readerSession, evmContract: await sessionOf(owner), unified: readerSession };

await check('the official client decrypts what we encrypt', async () => {
  for (const [kind, conditions] of Object.entries(KINDS)) {
    const plaintext = Buffer.from(`from Rust, ${kind}`).toString('hex');
    const { identity, dataToEncryptHash } = await identify(conditions, plaintext);
    const ciphertext = await ours('encrypt', { publicKey: client.subnetPubKey, identity, plaintext });
    const decrypted = await decrypt({ ciphertext, dataToEncryptHash }, sessions[kind], conditions);
    assert.equal(decrypted, `from Rust, ${kind}`);
  }
});

/** The shares of all nodes, asked for as the official client asks. */
async function shares(conditions, dataToEncryptHash, sessionSigs) {
  const asked = client.getFormattedAccessControlConditions(conditions);
  const body = {
    accessControlConditions: asked.formattedAccessControlConditions,
    evmContractConditions: asked.formattedEVMContractConditions,
    unifiedAccessControlConditions: asked.formattedUnifiedAccessControlConditions,
    dataToEncryptHash,
    chain,
  };
  const answers = nodes.map(async (node) => {
    const response = await fetch(`${node}${SIGN_PATH}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, authSig: sessionSigs[node] }),
    });
    const answer = await response.json();
    assert.equal(response.status, 200, JSON.stringify(answer));
    return answer.signatureShare.ProofOfPossession;
  });
  return Promise.all(answers);
}

await check('we decrypt what the official client encrypts, with shares of any two nodes', async () => {
  const publicKey = client.subnetPubKey;
  for (const [kind, conditions] of Object.entries(KINDS)) {
    const text = `from JavaScript, ${kind}`;
    const plaintext = Buffer.from(text).toString('hex');
    const { ciphertext, dataToEncryptHash } = await encrypt(text, conditions);
    const ourOwn = await identify(conditions, plaintext);
    assert.equal(ourOwn.dataToEncryptHash, dataToEncryptHash);
    const all = await shares(conditions, dataToEncryptHash, sessions[kind]);
    for (const without of all) {
      const two = all.filter((share) => share !== without);
      const signature = await ours('blsCombine', { shares: two });
      const { identity } = ourOwn;
      assert.equal(await ours('decrypt', { publicKey, identity, signature, ciphertext }), plaintext);
    }
  }
});

await check('our client decrypts the JSON of the official one, and the official one that of ours', async () => {
  for (const [kind, conditions] of Object.entries(KINDS)) {
    const string = `there and back, ${kind}: é 漢字`;
    const theirs = await encryptToJson({ ...conditions, chain, string, litNodeClient: client });
    const child = run(process.env.LIT_FOREIGN_ENCRYPTED, {
      env: { ...process.env, LIT_NODES: nodes.join(','), LIT_THRESHOLD: network.minNodeCount },
    });
    child.child.stdin.end(JSON.stringify({ sessionSigs: sessions[kind], encrypted: JSON.parse(theirs) }));
    const { text, encrypted: parsedJsonData } = JSON.parse((await child).stdout);
    assert.equal(text, string);
    assert.notEqual(parsedJsonData.ciphertext, JSON.parse(theirs).ciphertext);
    const opening = { parsedJsonData, sessionSigs: sessions[kind], litNodeClient: client };
    assert.equal(await decryptFromJson(opening), string);
  }
});

await check('actions decrypt what the client encrypts, and the other way round', async () => {
  const running = await sessionOf(reader, [...decrypting(), everything[1]]);
  const encrypted = await encrypt('read by an action');
  const params = { ...encrypted, accessControlConditions: forReader.accessControlConditions };
  const opening = `(async () => {
    const response = await Lit.Actions.decryptAndCombine({
      accessControlConditions, ciphertext, dataToEncryptHash, authSig: null, chain: "ethereum",
    });
    Lit.Actions.setResponse({ response });
  })();`;
  const opened = await client.executeJs({ sessionSigs: running, code: opening, jsParams: params });
  assert.equal(opened.response, 'read by an action');

  // Each node encrypts with randomness of its own, so one of them does it.
  const sealing = `(async () => {
    const response = await Lit.Actions.runOnce({ waitForResponse: true, name: "seal" }, async () => JSON.stringify(
      await Lit.Actions.encrypt({ accessControlConditions, to_encrypt: new TextEncoder().encode("sealed") }),
    ));
    Lit.Actions.setResponse({ response });
  })();`;
  const sealed = await client.executeJs({ sessionSigs: running, code: sealing, jsParams: params });
  assert.equal(await decrypt(JSON.parse(sealed.response), readerSession), 'sealed');
});
