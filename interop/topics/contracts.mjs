// The official LitContracts, in the three ways it can be told about a network.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { CONTRACTS, fileContext, network, plainContext, resolverContext, wallet } from '../lib/network.mjs';
import { constants, ethers, official } from '../lib/official.mjs';

const { LitContracts } = official('contracts-sdk');
const { AUTH_METHOD_SCOPE, AUTH_METHOD_TYPE } = constants;

const CID = 'QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW';

const ways = {
  'custom, all contracts given': { network: 'custom', customContext: plainContext() },
  'custom, addresses alone given': {
    network: 'custom',
    customContext: Object.fromEntries(CONTRACTS.map((name) => [name, { address: network.contracts[name] }])),
  },
  'custom, the file of --contract-context': { network: 'custom', customContext: fileContext() },
  'custom, through the resolver': { network: 'custom', customContext: resolverContext() },
  'datil-dev, pointed at this chain': { network: 'datil-dev' },
};

for (const [number, [way, options]] of Object.entries(ways).entries()) {
  const signer = wallet(number);
  const client = new LitContracts({ signer, rpc: network.rpcUrl, debug: false, ...options });

  await check(`${way}: connects`, () => client.connect());

  const pkp = await check(`${way}: mints a PKP`, async () => {
    const { pkp } = await client.pkpNftContractUtils.write.mint();
    assert.equal(pkp.tokenId, ethers.utils.keccak256(`0x${pkp.publicKey}`));
    assert.equal(pkp.ethAddress, ethers.utils.computeAddress(`0x${pkp.publicKey}`));
    assert.equal(await client.pkpNftContract.read.ownerOf(pkp.tokenId), signer.address);
    return pkp;
  });

  await check(`${way}: lists the PKPs of the wallet`, async () => {
    const listed = await client.pkpNftContractUtils.read.getTokensInfoByAddress(signer.address);
    assert.deepEqual(
      listed.map((info) => info.ethAddress),
      [pkp.ethAddress],
    );
  });

  await check(`${way}: permits an action`, async () => {
    const scopes = [AUTH_METHOD_SCOPE.SignAnything];
    await client.addPermittedAction({ ipfsId: CID, pkpTokenId: pkp.tokenId, authMethodScopes: scopes });
    const read = client.pkpPermissionsContractUtils.read;
    assert.equal(await read.isPermittedAction(pkp.tokenId, CID), true);
    const bytes = client.utils.getBytesFromMultihash(CID);
    assert.deepEqual(await read.getPermittedActions(pkp.tokenId), [bytes]);
  });

  await check(`${way}: permits an auth method`, async () => {
    const authMethodId = ethers.utils.id(`${way}:lit`);
    await client.addPermittedAuthMethod({
      pkpTokenId: pkp.tokenId,
      authMethodType: AUTH_METHOD_TYPE.Discord,
      authMethodId: ethers.utils.arrayify(authMethodId),
      authMethodScopes: [AUTH_METHOD_SCOPE.PersonalSign],
    });
    const methods = await client.pkpPermissionsContract.read.getPermittedAuthMethods(pkp.tokenId);
    assert(methods.some((method) => method.id === authMethodId));
  });

  await check(`${way}: mints with a wallet as auth method`, async () => {
    const { pkp: minted } = await client.mintWithAuth({
      authMethod: {
        authMethodType: AUTH_METHOD_TYPE.EthWallet,
        accessToken: JSON.stringify({ sig: '0x', derivedVia: '', signedMessage: '', address: signer.address }),
      },
      scopes: [AUTH_METHOD_SCOPE.SignAnything],
    });
    const id = ethers.utils.id(`${signer.address}:lit`);
    const read = client.pkpPermissionsContract.read;
    assert.equal(await read.isPermittedAuthMethod(minted.tokenId, AUTH_METHOD_TYPE.EthWallet, id), true);
  });

  await check(`${way}: mints a capacity credit`, async () => {
    const minted = await client.mintCapacityCreditsNFT({ requestsPerDay: 14_400, daysUntilUTCMidnightExpiration: 2 });
    const owned = await client.rateLimitNftContractUtils.read.getTokensByOwnerAddress(signer.address);
    assert.equal(owned.length, 1);
    assert.equal(String(owned[0].tokenId), minted.capacityTokenIdStr);
    assert.equal(owned[0].isExpired, false);
  });

  await check(`${way}: hands on the reason of a revert`, async () => {
    const other = '0x0000000000000000000000000000000000000000000000000000000000000001';
    const error = await refusal(client.addPermittedAction({ ipfsId: CID, pkpTokenId: other, authMethodScopes: [] }));
    assert.equal(error.code, 'transaction_error');
    assert.match(error.cause.reason ?? error.cause.message, /PKP|token/);
  });
}
