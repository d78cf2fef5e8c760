// PKPs to test with, and their sessions.
import assert from 'node:assert/strict';

import { anyAction, everything, inMinutes } from './client.mjs';
import { counting } from './loopback.mjs';
import { contract, nodes, sorted } from './network.mjs';
import { ethers, ipfsCid } from './official.mjs';

/** Mints a PKP of `owner` that these wallets, actions (their code) and auth methods may use for anything. */
export async function mintPkp(owner, { wallets = [], actions = [], methods = [] } = {}) {
  const [pkps, permissions] = [contract('PKPNFT', owner), contract('PKPPermissions', owner)];
  const receipt = await (await pkps.mintNext(2, { value: await pkps.mintCost() })).wait();
  const tokenId = receipt.logs[0].topics[1];
  const ofWallet = ({ address }) => ({ authMethodType: 1, id: ethers.utils.id(`${address}:lit`) });
  for (const method of [...wallets.map(ofWallet), ...methods]) {
    await (await permissions.addPermittedAuthMethod(tokenId, { ...method, userPubkey: '0x' }, [1])).wait();
  }
  for (const code of actions) {
    const cid = ethers.utils.base58.decode(await ipfsCid(code));
    await (await permissions.addPermittedAction(tokenId, cid, [1])).wait();
  }
  return { tokenId, publicKey: await pkps.getPubkey(tokenId), address: await pkps.getEthAddress(tokenId) };
}

/** Session signatures that the network makes for a PKP. */
export function pkpSessionSigs(client, { publicKey }, options) {
  return client.getPkpSessionSigs({
    pkpPublicKey: publicKey,
    authMethods: [],
    resourceAbilityRequests: everything,
    expiration: inMinutes(10),
    ...options,
  });
}

/** Session signatures that the network makes for a PKP because an action says so. */
export function actionSessionSigs(client, { publicKey }, options) {
  return client.getLitActionSessionSigs({
    pkpPublicKey: publicKey,
    authMethods: [],
    resourceAbilityRequests: anyAction,
    expiration: inMinutes(10),
    jsParams: {},
    ...options,
  });
}

/** Session signatures, made by one round of requests; a second one would mean that the client rejected the first. */
export async function inOneRound(body) {
  const { value, requests } = await counting('/web/sign_session_key/v1', body);
  assert.equal(requests, nodes.length, 'requests to sign the session key');
  assert.deepEqual(sorted(Object.keys(value)), nodes);
  return value;
}
