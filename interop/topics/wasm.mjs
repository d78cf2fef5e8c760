// The official cryptography (WebAssembly, and the functions on top of it) and ours over the same bytes.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';

import { check, refusal } from '../lib/checks.mjs';
import { connected } from '../lib/client.mjs';
import { contract, wallet } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';
import { ours } from '../lib/ours.mjs';

const {
  combineEcdsaShares,
  combineSignatureShares,
  computeHDPubKey,
  encrypt,
  verifyAndDecryptWithSignatureShares,
  verifySignature,
} = official('crypto');

const message = '5d41402abc4b2a76b9719d911017c592'.repeat(2);
const hex = (text) => Buffer.from(text, 'hex');
const proofs = (shares) => shares.map((ProofOfPossession) => ({ ProofOfPossession }));

for (const [threshold, nodes] of [
  [2, 3],
  [3, 5],
  [6, 10],
  [20, 30],
]) {
  await check(
    `BLS, ${threshold} of ${nodes}: both combine our shares to the same signature, and verify it`,
    async () => {
      const signed = await ours('blsSign', { threshold, nodes, message });
      for (const shares of [
        signed.shares.slice(0, threshold),
        signed.shares.slice(-threshold).reverse(),
        signed.shares,
      ]) {
        assert.equal(await combineSignatureShares(proofs(shares)), signed.signature);
        assert.equal(await ours('blsCombine', { shares }), signed.signature);
      }
      await verifySignature(signed.publicKey, hex(message), hex(signed.signature));
      assert.equal(await ours('blsVerify', { ...signed, message }), true);
    },
  );
}

await check('BLS: both refuse another message, another key, and too few shares combined', async () => {
  const [signed, other] = [
    await ours('blsSign', { threshold: 3, nodes: 5, message }),
    await ours('blsSign', { threshold: 3, nodes: 5, message }),
  ];
  const few = await combineSignatureShares(proofs(signed.shares.slice(0, 2)));
  assert.equal(await ours('blsCombine', { shares: signed.shares.slice(0, 2) }), few);
  for (const [publicKey, said, signature] of [
    [signed.publicKey, message.replace('5', '6'), signed.signature],
    [other.publicKey, message, signed.signature],
    [signed.publicKey, message, few],
  ]) {
    await refusal(verifySignature(publicKey, hex(said), hex(signature)));
    assert.equal(await ours('blsVerify', { publicKey, message: said, signature }), false);
  }
});

await check('BLS: both refuse a share twice, one share alone, and bytes that are no share', async () => {
  const { shares } = await ours('blsSign', { threshold: 2, nodes: 3, message });
  for (const bad of [
    [shares[0], shares[0]],
    [shares[0]],
    [shares[0], 'ff'.repeat(97)],
    [shares[0], shares[1].slice(2)],
  ]) {
    await refusal(combineSignatureShares(proofs(bad)));
    await refusal(ours('blsCombine', { shares: bad }));
  }
});

const identity = Buffer.from('lit-accesscontrolcondition://0123/4567').toString('hex');
const PLAINTEXTS = ['', '00', 'ff'.repeat(31), '01'.repeat(32), '616263'.repeat(1000)];

await check('encryption: the official side decrypts what we encrypt, with shares of nodes', async () => {
  const signed = await ours('blsSign', { threshold: 2, nodes: 3, message: identity });
  for (const plaintext of PLAINTEXTS) {
    const ciphertext = await ours('encrypt', { ...signed, identity, plaintext });
    const shares = proofs(signed.shares.slice(1));
    const decrypted = await verifyAndDecryptWithSignatureShares(signed.publicKey, hex(identity), ciphertext, shares);
    assert.equal(Buffer.from(decrypted).toString('hex'), plaintext);
  }
});

await check('encryption: we decrypt what the official side encrypts', async () => {
  const signed = await ours('blsSign', { threshold: 2, nodes: 3, message: identity });
  for (const plaintext of PLAINTEXTS) {
    const ciphertext = await encrypt(signed.publicKey, hex(plaintext), hex(identity));
    assert.equal(await ours('decrypt', { ...signed, identity, ciphertext }), plaintext);
  }
});

await check('encryption: both refuse a signature of another identity and a changed ciphertext', async () => {
  const [signed, other] = [
    await ours('blsSign', { threshold: 2, nodes: 3, message: identity }),
    await ours('blsSign', { threshold: 2, nodes: 3, message: identity }),
  ];
  const good = await encrypt(signed.publicKey, hex('616263'), hex(identity));
  const changed = Buffer.from(good, 'base64');
  // The last byte of the text; the padding after it is checked by us alone.
  changed[84] ^= 1;
  for (const [ciphertext, signature] of [
    [good, other],
    [changed.toString('base64'), signed],
  ]) {
    const { publicKey } = signed;
    await refusal(verifyAndDecryptWithSignatureShares(publicKey, hex(identity), ciphertext, proofs(signature.shares)));
    await refusal(ours('decrypt', { publicKey, identity, ciphertext, signature: signature.signature }));
  }
});

/** What the official client makes of the shares in an answer before it combines them. */
function unquoted(shares) {
  const clean = (value) => (typeof value === 'string' ? value.replaceAll('"', '') : value);
  return shares.map((share) => Object.fromEntries(Object.entries(share).map(([name, value]) => [name, clean(value)])));
}

const official65 = ({ r, s, recid }) => `0x${r}${s}${(27 + recid).toString(16)}`;

for (const [threshold, nodes] of [
  [2, 3],
  [6, 10],
]) {
  await check(`ECDSA, ${threshold} of ${nodes}: both combine our shares to the same signature of the PKP`, async () => {
    for (let round = 0; round < 4; round += 1) {
      const keyId = randomBytes(32).toString('hex');
      const digest = randomBytes(32).toString('hex');
      const { publicKey, rootKeys, shares } = await ours('ecdsaSign', { threshold, nodes, keyId, digest });
      assert.equal(await computeHDPubKey(rootKeys, keyId, 'ECDSA_CAIT_SITH'), publicKey);
      assert.equal(await ours('deriveKey', { rootKeys, keyId }), publicKey);
      const combined = official65(await combineEcdsaShares(unquoted(shares)));
      const own = await ours('ecdsaCombine', { threshold, publicKey, digest, shares });
      assert.equal(own.signature, combined);
      const signer = ethers.utils.recoverAddress(`0x${digest}`, combined);
      assert.equal(signer, ethers.utils.computeAddress(`0x${publicKey}`));
    }
  });
}

await check('ECDSA: both refuse a share that is missing or changed', async () => {
  const [keyId, digest] = ['07'.repeat(32), '2a'.repeat(32)];
  const { publicKey, shares } = await ours('ecdsaSign', { threshold: 3, nodes: 5, keyId, digest });
  const changed = structuredClone(shares);
  changed[0].signatureShare = changed[1].signatureShare;
  for (const bad of [shares.slice(1), changed]) {
    await refusal(combineEcdsaShares(unquoted(bad)));
    await refusal(ours('ecdsaCombine', { threshold: 3, publicKey, digest, shares: bad }));
  }
});

await check('the official key derivation gives the keys of PKPs from the root keys of the handshake', async () => {
  const client = await connected();
  const pkps = contract('PKPNFT', wallet(0));
  const router = contract('PubkeyRouter', wallet(0));
  for (let round = 0; round < 3; round += 1) {
    const receipt = await (await pkps.mintNext(2, { value: await pkps.mintCost() })).wait();
    const routed = receipt.logs.map((log) => {
      try {
        return router.interface.parseLog(log);
      } catch {
        return undefined;
      }
    });
    const { derivedKeyId, pubkey } = routed.find((event) => event?.name === 'PubkeyRoutingDataSet').args;
    const derived = await computeHDPubKey([...client.hdRootPubkeys], derivedKeyId, 'ECDSA_CAIT_SITH');
    assert.equal(`0x${derived}`, pubkey);
  }
});
