// Signatures of PKPs: by pkpSign, and by Lit Actions.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { anyAction, connected, everything, someWallet, walletSession } from '../lib/client.mjs';
import { counting } from '../lib/loopback.mjs';
import { contract, network, nodes, wallet } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';
import { mintPkp, pkpSessionSigs } from '../lib/pkps.mjs';

const { LitPKPResource } = official('auth-helpers');
const { EthWalletProvider } = official('lit-auth-client');

const { hashMessage, id, recoverAddress } = ethers.utils;
const client = await connected();
const [owner, permitted] = [wallet(0), someWallet()];

const pkp = await check('a PKP is minted', () => mintPkp(owner, { wallets: [permitted] }));
const ownerSession = await walletSession(client, owner);

const bytes = (hex) => [...ethers.utils.arrayify(hex)];
const pkpSign = (sessionSigs, digest, { publicKey } = pkp) =>
  client.pkpSign({ sessionSigs, toSign: bytes(digest), pubKey: publicKey });

/** The signature is that of the PKP over the digest, in all its parts. */
function assertSigned(signature, digest, { address, publicKey } = pkp) {
  const { r, s, recid } = signature;
  const joined = ethers.utils.joinSignature({ r: `0x${r}`, s: `0x${s}`, v: 27 + recid });
  assert.equal(signature.signature, joined);
  assert.equal(recoverAddress(digest, joined), address);
  assert.equal(`0x${signature.publicKey.toLowerCase()}`, publicKey);
  assert.equal(`0x${signature.dataSigned.toLowerCase()}`, digest);
}

/** What the nodes refused with. */
async function refusedWith(code, promise) {
  const error = await refusal(promise);
  assert.equal(error.info?.errorCode, code, error.message);
}

await check('pkpSign with a session of the owner, by every node', async () => {
  const digest = id('owner');
  const { value, requests } = await counting('/web/pkp/sign/v1', () => pkpSign(ownerSession, digest));
  assert.equal(requests, nodes.length);
  assertSigned(value, digest);
});

await check('pkpSign with a session of a wallet that is permitted', async () => {
  const digest = id('permitted');
  assertSigned(await pkpSign(await walletSession(client, permitted), digest), digest);
});

await check('pkpSign with a session of the PKP itself', async () => {
  const authMethods = [await EthWalletProvider.authenticate({ signer: permitted, litNodeClient: client })];
  const session = await pkpSessionSigs(client, pkp, { authMethods });
  const digest = id('itself');
  assertSigned(await pkpSign(session, digest), digest);
});

await check('pkpSign with a session for this PKP alone', async () => {
  const resource = new LitPKPResource(pkp.tokenId.slice(2));
  const resourceAbilityRequests = [{ resource, ability: 'pkp-signing' }, anyAction[0]];
  const session = await walletSession(client, owner, { resourceAbilityRequests });
  const digest = id('alone');
  assertSigned(await pkpSign(session, digest), digest);
  const other = await mintPkp(owner);
  await refusedWith('NodeResourceIdNotFound', pkpSign(session, digest, other));
});

await check('many signatures at once, of the smallest digest and the greatest', async () => {
  const order = '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';
  const greatest = ethers.BigNumber.from(order).sub(1).toHexString();
  const digests = [greatest, ethers.utils.hexZeroPad('0x01', 32), ...['a', 'b', 'c', 'd', 'e', 'f'].map(id)];
  const signatures = await Promise.all(digests.map((digest) => pkpSign(ownerSession, digest)));
  digests.forEach((digest, index) => assertSigned(signatures[index], digest));
  assert.equal(new Set(signatures.map(({ r }) => r)).size, digests.length, 'a nonce was used twice');
});

await check('ethers takes a transaction that a PKP signed, and so does the chain', async () => {
  const { provider } = owner;
  await (await owner.sendTransaction({ to: pkp.address, value: ethers.utils.parseEther('0.1') })).wait();
  const { chainId } = network;
  const transaction = { to: owner.address, value: 1, nonce: 0, gasLimit: 21_000, gasPrice: 2_000_000_000, chainId };
  const digest = ethers.utils.keccak256(ethers.utils.serializeTransaction(transaction));
  const { signature } = await pkpSign(ownerSession, digest);
  const signed = ethers.utils.serializeTransaction(transaction, signature);
  assert.equal(ethers.utils.parseTransaction(signed).from, pkp.address);
  const receipt = await (await provider.sendTransaction(signed)).wait();
  assert.deepEqual([receipt.from, receipt.status], [pkp.address, 1]);
});

await check('pkpSign is refused with its code: for a stranger, without the right, for no digest', async () => {
  const digest = id('refused');
  const stranger = await walletSession(client, someWallet());
  await refusedWith('NodeAuthSigScopeTooLimited', pkpSign(stranger, digest));
  const running = await walletSession(client, owner, { resourceAbilityRequests: anyAction });
  await refusedWith('NodeResourceIdNotFound', pkpSign(running, digest));
  // Nodes ask a wallet's session for any action at all as well.
  const signing = await walletSession(client, owner, { resourceAbilityRequests: [everything[0]] });
  await refusedWith('NodeResourceIdNotFound', pkpSign(signing, digest));
  for (const bad of [`${digest}00`, digest.slice(0, -2), `0x${'ff'.repeat(32)}`]) {
    await refusedWith('NodeBadInput', pkpSign(ownerSession, bad));
  }
});

await check('pkpSign is refused for a key that is no PKP', async () => {
  const { publicKey } = someWallet();
  await refusedWith('NodePKPNotAuthorized', pkpSign(ownerSession, id('none'), { publicKey }));
});

const SIGN = `(async () => {
  const first = await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: "plain" });
  await Lit.Actions.ethPersonalSignMessageEcdsa({ message, publicKey, sigName: "personal" });
  Lit.Actions.setResponse({ response: first });
})();`;

const message = 'from an action: é 漢字';
const digest = id('action');
const run = (sessionSigs, code, { publicKey } = pkp) =>
  client.executeJs({ sessionSigs, code, jsParams: { toSign: bytes(digest), message, publicKey } });

await check('executeJs: signEcdsa and ethPersonalSignMessageEcdsa, two signatures by name', async () => {
  const { signatures, response } = await run(ownerSession, SIGN);
  assert.equal(response, 'success');
  assert.deepEqual(Object.keys(signatures).sort(), ['personal', 'plain']);
  assertSigned(signatures.plain, digest);
  assertSigned(signatures.personal, hashMessage(message));
  assert.equal(ethers.utils.verifyMessage(message, signatures.personal.signature), pkp.address);
});

await check('executeJs: an action that the PKP permits signs for anybody, another does not', async () => {
  const open = await mintPkp(owner, { actions: [SIGN] });
  const stranger = await walletSession(client, someWallet());
  const { signatures } = await run(stranger, SIGN, open);
  assertSigned(signatures.plain, digest, open);
  const error = await refusal(run(stranger, `${SIGN}//`, open));
  assert.equal(error.name, 'NodeError');
});

await check('executeJs: who may sign messages alone signs no digests', async () => {
  const limited = await mintPkp(owner);
  const method = { authMethodType: 1, id: id(`${permitted.address}:lit`), userPubkey: '0x' };
  await (await contract('PKPPermissions', owner).addPermittedAuthMethod(limited.tokenId, method, [2])).wait();
  const session = await walletSession(client, permitted);
  const personal = `(async () => {
    await Lit.Actions.ethPersonalSignMessageEcdsa({ message, publicKey, sigName: "personal" });
  })();`;
  const { signatures } = await run(session, personal, limited);
  assertSigned(signatures.personal, hashMessage(message), limited);
  await refusal(run(session, SIGN, limited));
  await refusedWith('NodeAuthSigScopeTooLimited', pkpSign(session, digest, limited));
});

await check('executeJs: signAndCombineEcdsa gives the whole signature to the action', async () => {
  const code = `(async () => {
    const response = await Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: "combined" });
    Lit.Actions.setResponse({ response });
  })();`;
  const { response, signatures } = await run(ownerSession, code);
  assert.deepEqual(signatures ?? {}, {});
  const { r, s, v } = JSON.parse(response);
  assert.equal(r.length, 66);
  assert.equal(recoverAddress(digest, { r: `0x${r.slice(2)}`, s: `0x${s}`, v: 27 + v }), pkp.address);
});

await check('executeJs: claimKey gives what the contracts mint by', async () => {
  const code = `(async () => {
    await Lit.Actions.claimKey({ keyId: "mine" });
    Lit.Actions.setResponse({ response: "claimed" });
  })();`;
  const { claims, response } = await run(ownerSession, code);
  assert.equal(response, 'claimed');
  const { derivedKeyId, signatures } = claims.mine;
  assert.equal(signatures.length, nodes.length);
  const pkps = contract('PKPNFT', owner);
  const args = [2, `0x${derivedKeyId}`, signatures, { value: await pkps.mintCost() }];
  await (await pkps.claimAndMint(...args)).wait();
  const publicKey = `0x${await client.computeHDPubKey(derivedKeyId)}`;
  assert.equal(await pkps.getPubkey(ethers.utils.keccak256(publicKey)), publicKey);
});
