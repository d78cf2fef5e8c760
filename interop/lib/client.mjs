// The official node client, pointed at the network under test.
import { network, plainContext } from './network.mjs';
import { ethers, official } from './official.mjs';

const { LitNodeClient } = official('lit-node-client');
const { LitActionResource, LitPKPResource, createSiweMessageWithRecaps, generateAuthSig } = official('auth-helpers');

/** A client that is not connected. Its block hashes come from the dev network where that has them. */
export function newClient(options = {}) {
  const client = new LitNodeClient({
    litNetwork: 'custom',
    rpcUrl: network.rpcUrl,
    contractContext: plainContext(),
    debug: false,
    ...options,
  });
  if (network.blockhashUrl) client._blockHashUrl = network.blockhashUrl;
  return client;
}

export async function connected(options) {
  const client = newClient(options);
  await client.connect();
  return client;
}

/** The rights that most sessions here ask for. */
export const everything = [
  { resource: new LitPKPResource('*'), ability: 'pkp-signing' },
  { resource: new LitActionResource('*'), ability: 'lit-action-execution' },
];

export const anyAction = [everything[1]];

/** In so many minutes, as the client wants it. */
export function inMinutes(minutes) {
  return new Date(Date.now() + minutes * 60_000).toISOString();
}

/** The callback of the official documentation: the wallet signs what is asked for. */
export function authNeeded(client, signer) {
  return async ({ uri, expiration, resourceAbilityRequests }) => {
    const toSign = await createSiweMessageWithRecaps({
      uri,
      expiration,
      resources: resourceAbilityRequests,
      walletAddress: signer.address,
      nonce: await client.getLatestBlockhash(),
      litNodeClient: client,
    });
    return generateAuthSig({ signer, toSign });
  };
}

/** Session signatures of a wallet. */
export function walletSession(client, signer, options = {}) {
  return client.getSessionSigs({
    chain: 'ethereum',
    expiration: inMinutes(10),
    resourceAbilityRequests: everything,
    authNeededCallback: authNeeded(client, signer),
    ...options,
  });
}

/** A wallet that nobody knows and that has nothing. */
export function someWallet() {
  return ethers.Wallet.createRandom();
}

/** What the client wants of a storage. A process can have one. */
export class Storage extends Map {
  getItem = (name) => this.get(name) ?? null;
  setItem = (name, value) => this.set(name, String(value));
  removeItem = (name) => this.delete(name);
}
