// What actions reach under plain `lit devnet`: chains by name, the network itself; and its tokens over HTTP.
import assert from 'node:assert/strict';

import { check } from '../lib/checks.mjs';
import { connected, someWallet, walletSession } from '../lib/client.mjs';
import { contract, network, provider, wallet } from '../lib/network.mjs';
import { constants, ethers, official } from '../lib/official.mjs';
import { inOneRound, mintPkp, pkpSessionSigs } from '../lib/pkps.mjs';

const { GoogleProvider } = official('lit-auth-client');

const client = await connected();
const sessionSigs = await walletSession(client, someWallet());

/** The value of an expression in an action, where `given` is what is passed. */
async function value(expression, given = {}) {
  const code = `(async () => {
    Lit.Actions.setResponse({ response: JSON.stringify(${expression}) });
  })()`;
  const { response } = await client.executeJs({ sessionSigs, code, jsParams: { given } });
  return JSON.parse(response);
}

await check('getRpcUrl gives the RPC of this network for every chain of the official client', async () => {
  const names = Object.keys(constants.LIT_CHAINS);
  const urls = await value(
    'await given.reduce(async (urls, chain) => [...await urls, await Lit.Actions.getRpcUrl({ chain })], [])',
    names,
  );
  assert.ok(names.length > 100);
  assert.deepEqual(urls, new Array(names.length).fill(network.rpcUrl));
});

await check('getRpcUrl knows the chains of the example configuration of nodes', async () => {
  for (const chain of ['anvil', 'hardhat', 'localchain', 'chronicleTestnet', 'blast']) {
    assert.equal(await value('await Lit.Actions.getRpcUrl({ chain: given })', chain), network.rpcUrl, chain);
  }
});

await check('getRpcUrl answers an unknown chain with the text of nodes', async () => {
  const text = await value("await Lit.Actions.getRpcUrl({ chain: 'atlantis' })");
  assert.match(text, /^Error getting RPC URL: .*NodeBlockchainChainUnknown.*atlantis/);
});

await check('getLatestNonce and callContract read the chain by any name', async () => {
  const { address } = wallet(0);
  const nonce = await provider().getTransactionCount(address);
  const nft = contract('PKPNFT', provider());
  const data = nft.interface.encodeFunctionData('mintCost');
  const txn = ethers.utils.serializeTransaction({ to: nft.address, data });
  const cost = ethers.utils.hexZeroPad((await nft.mintCost()).toHexString(), 32);
  for (const chain of ['ethereum', 'polygon', 'yellowstone', 'anvil']) {
    const read = await value(
      '[await Lit.Actions.getLatestNonce({ ...given }), await Lit.Actions.callContract({ ...given })]',
      { chain, address, txn },
    );
    assert.deepEqual(read, [ethers.utils.hexValue(nonce), cost]);
  }
});

await check('an ethers provider in an action, with the URL of getRpcUrl', async () => {
  const abi = ['function mintCost() view returns (uint256)'];
  const given = { address: wallet(0).address, abi, to: network.contracts.PKPNFT };
  const read = await value(
    `await (async () => {
      const provider = new ethers.providers.JsonRpcProvider(await Lit.Actions.getRpcUrl({ chain: 'yellowstone' }));
      const nft = new ethers.Contract(given.to, given.abi, provider);
      const { chainId } = await provider.getNetwork();
      return [chainId, await provider.getBalance(given.address), await nft.mintCost()];
    })()`,
    given,
  );
  const balance = await provider().getBalance(given.address);
  const cost = await contract('PKPNFT', provider()).mintCost();
  assert.deepEqual(read, JSON.parse(JSON.stringify([175188, balance, cost])));
});

await check('an action fetches a block hash of the network', async () => {
  assert.match((await value('await (await fetch(given)).json()', network.blockhashUrl)).blockhash, /^0x[0-9a-f]{64}$/);
});

await check('fetch refuses other hosts and names the flag', async () => {
  const error = await value('await fetch(given).catch((error) => error.message)', 'https://example.org');
  assert.match(error, /^fetch: the host example\.org is not allowed here; pass --allow-fetch example\.org/);
});

await check('a session with a Google token that was got over HTTP, in one round', async () => {
  const response = await fetch(`${network.jwtUrl}/google`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sub: 'user-1', aud: 'app-1', email: 'me@example.com' }),
  });
  const { token } = await response.json();
  const method = { authMethodType: 6, accessToken: token };
  const id = await GoogleProvider.authMethodId(method);
  const pkp = await mintPkp(wallet(0), { methods: [{ authMethodType: 6, id }] });
  const sigs = await inOneRound(() => pkpSessionSigs(client, pkp, { authMethods: [method] }));
  const code = 'Lit.Actions.setResponse({ response: JSON.stringify(Lit.Auth.authMethodContexts) })';
  const { response: contexts } = await client.executeJs({ sessionSigs: sigs, code });
  assert.deepEqual(
    JSON.parse(contexts).map(({ userId, appId, authMethodType }) => [userId, appId, authMethodType]),
    [['user-1', 'app-1', 6]],
  );
});
