// PKPs minted and found through the dev network's relayer, by lit-auth-client.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { connected, someWallet } from '../lib/client.mjs';
import { contract, network, provider } from '../lib/network.mjs';
import { constants, ethers, official } from '../lib/official.mjs';

const { EthWalletProvider, LitRelay } = official('lit-auth-client');
const { AUTH_METHOD_TYPE } = constants;
const litNodeClient = await connected();
const relay = new LitRelay({ relayUrl: network.relayUrl, relayApiKey: network.relayApiKey });
const wallets = new EthWalletProvider({ relay, litNodeClient });
const pkps = contract('PKPNFT', provider());
const permissions = contract('PKPPermissions', provider());

const signer = someWallet();
const method = await check('EthWalletProvider makes an auth method', () =>
  EthWalletProvider.authenticate({ signer, litNodeClient }),
);

const minted = await check('a PKP is minted for it', async () => {
  const hash = await wallets.mintPKPThroughRelayer(method);
  const status = await relay.pollRequestUntilTerminalState(hash);
  assert.equal(status.status, 'Succeeded');
  assert.equal(ethers.BigNumber.from(status.pkpTokenId).toHexString(), ethers.utils.keccak256(status.pkpPublicKey));
  assert.equal(status.pkpEthAddress, ethers.utils.computeAddress(status.pkpPublicKey));
  assert.equal(await pkps.getPubkey(status.pkpTokenId), status.pkpPublicKey);
  const id = await EthWalletProvider.authMethodId(method);
  assert.equal(await permissions.isPermittedAuthMethod(status.pkpTokenId, AUTH_METHOD_TYPE.EthWallet, id), true);
  return status;
});

await check('the PKPs of an auth method are found', async () => {
  const found = await wallets.fetchPKPsThroughRelayer(method);
  assert.deepEqual(
    found.map((pkp) => pkp.publicKey),
    [minted.pkpPublicKey],
  );
  assert.deepEqual(
    found.map((pkp) => pkp.ethAddress),
    [minted.pkpEthAddress],
  );
  assert(ethers.BigNumber.from(found[0].tokenId).eq(minted.pkpTokenId));
});

await check('an auth method without PKPs has none', async () => {
  const other = await EthWalletProvider.authenticate({ signer: someWallet(), litNodeClient });
  assert.deepEqual(await wallets.fetchPKPsThroughRelayer(other), []);
});

await check('a PKP is minted for several auth methods with scopes of their own, and sent to itself', async () => {
  const methods = [someWallet(), someWallet()].map((wallet) =>
    EthWalletProvider.authenticate({ signer: wallet, litNodeClient }),
  );
  const [one, two] = await Promise.all(methods);
  const pkp = await relay.mintPKPWithAuthMethods([one, two], {
    pkpPermissionScopes: [[1], [2]],
    sendPkpToitself: true,
    addPkpEthAddressAsPermittedAddress: true,
  });
  assert.equal(await pkps.ownerOf(pkp.pkpTokenId), pkp.pkpEthAddress);
  for (const [index, auth] of [one, two].entries()) {
    const id = await EthWalletProvider.authMethodId(auth);
    const scopes = await permissions.getPermittedAuthMethodScopes(pkp.pkpTokenId, AUTH_METHOD_TYPE.EthWallet, id, 3);
    assert.deepEqual(scopes, [false, index === 0, index === 1]);
  }
});

await check('what is no request is refused', async () => {
  await refusal(relay.mintPKP('{}'));
  await refusal(relay.fetchPKPs('{ "authMethodId": "0x" }'));
});
