// The official LitNodeClient finds the network.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { newClient } from '../lib/client.mjs';
import { counting } from '../lib/loopback.mjs';
import { fileContext, network, nodes, officialAbi, plainContext, resolverContext, sorted } from '../lib/network.mjs';

const onlyStaking = { Staking: plainContext().Staking };
const ways = {
  'custom, all contracts given': {},
  'custom, Staking alone given': { contractContext: onlyStaking },
  'custom, the file of --contract-context': { contractContext: fileContext() },
  'custom, through the resolver': { contractContext: resolverContext() },
  'datil-dev, contracts given': { litNetwork: 'datil-dev', nodeProtocol: 'http://' },
  'datil-dev, nothing but the RPC given': {
    litNetwork: 'datil-dev',
    nodeProtocol: 'http://',
    contractContext: undefined,
  },
};

for (const [way, options] of Object.entries(ways)) {
  await check(`${way}: connects with one handshake for each node`, async () => {
    const client = newClient(options);
    const { requests } = await counting('/web/handshake/', () => client.connect());
    assert.equal(requests, network.bootstrapUrls.length);
    assert.equal(client.ready, true);
    assert.deepEqual(sorted(client.connectedNodes), nodes);
    assert.equal(client.config.minNodeCount, network.minNodeCount);
    assert.match(client.latestBlockhash, /^0x[0-9a-f]{64}$/);
    assert.match(client.networkPubKey, /^[0-9a-f]{96}$/);
    assert.equal(client.subnetPubKey, client.networkPubKey);
    assert(client.hdRootPubkeys.length >= 2);
    await client.disconnect();
    assert.equal(client.ready, false);
  });
}

await check('the described URL for block hashes is one that the client takes as it is', async () => {
  const client = newClient();
  await client.connect();
  client._blockHashUrl = network.blockhashUrl;
  client.lastBlockHashRetrieved = null;
  const latest = async () => (await (await fetch(network.blockhashUrl)).json()).blockhash;
  const before = await latest();
  const hash = await client.getLatestBlockhash();
  // A block may have been made in between.
  assert([before, await latest()].includes(hash), hash);
  await client.disconnect();
});

await check('the epoch that the client sends is that of Staking', async () => {
  const client = newClient();
  await client.connect();
  const state = await client._fetchCurrentEpochState();
  assert(state.currentNumber > 0);
  assert(state.startTime <= Date.now() / 1000);
  await client.disconnect();
});

await check('a client that wants attestations is refused: a dev network has none', async () => {
  const error = await refusal(newClient({ checkNodeAttestation: true }).connect());
  assert.equal(error.name, 'InvalidNodeAttestation');
});

await check('a client with an ABI that has no such function says so, and asks no node', async () => {
  const abi = officialAbi('PKPNFT');
  const contractContext = { Staking: { address: network.contracts.Staking, abi } };
  const { requests } = await counting('/web/handshake/', () => refusal(newClient({ contractContext }).connect()));
  assert.equal(requests, 0);
});
