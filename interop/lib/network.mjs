// The network under test, as `lit devnet --describe` describes it, in the forms that the official packages take.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { constants, ethers } from './official.mjs';

export const network = JSON.parse(readFileSync(process.env.LIT_NETWORK, 'utf8'));
for (const [name, address] of Object.entries(network.contracts)) {
  network.contracts[name] = ethers.utils.getAddress(address);
}

/** The contracts a complete context of `LitContracts` names. */
export const CONTRACTS = [
  'Allowlist',
  'LITToken',
  'Multisender',
  'PKPHelper',
  'PKPNFT',
  'PKPNFTMetadata',
  'PKPPermissions',
  'PubkeyRouter',
  'RateLimitNFT',
  'Staking',
  'StakingBalances',
];

const RESOLVER_ABI = [
  'function getContract(bytes32 typ, uint8 env) view returns (address)',
  ...[
    'ALLOWLIST',
    'LIT_TOKEN',
    'MULTI_SENDER',
    'PKP_NFT',
    'PKP_NFT_METADATA',
    'PKP_PERMISSIONS',
    'PKP_HELPER',
    'PUB_KEY_ROUTER',
    'RATE_LIMIT_NFT',
    'STAKING',
    'STAKING_BALANCES',
  ].map((name) => `function ${name}_CONTRACT() view returns (bytes32)`),
];

/** The ABI that the official packages have of a deployed contract; not ours. */
export function officialAbi(name) {
  const deployed = constants.NETWORK_CONTEXT_BY_NETWORK['datil-dev'].data.find((contract) => contract.name === name);
  return deployed?.contracts[0].ABI;
}

/** A context with all addresses and ABIs. Made anew each time, as `LitContracts` writes into it. */
export function plainContext() {
  return Object.fromEntries(
    CONTRACTS.map((name) => [name, { address: network.contracts[name], abi: officialAbi(name) }]),
  );
}

/** A context that knows the resolver only. */
export function resolverContext() {
  return { resolverAddress: network.contracts.ContractResolver, abi: RESOLVER_ABI, environment: 0 };
}

/** The file that `lit devnet --contract-context` wrote, beside the description, as it is. */
export function fileContext() {
  return JSON.parse(readFileSync(join(dirname(process.env.LIT_NETWORK), 'contract-context.json'), 'utf8'));
}

export function provider(url = network.rpcUrl) {
  const made = new ethers.providers.JsonRpcProvider({ url, skipFetchSetup: true });
  made.pollingInterval = 50;
  return made;
}

/** A wallet with money, by number. */
export function wallet(number, on = provider()) {
  return new ethers.Wallet(network.fundedPrivateKeys[number], on);
}

export function contract(name, signerOrProvider) {
  return new ethers.Contract(network.contracts[name], officialAbi(name), signerOrProvider);
}

/** The nodes' URLs, in the order of `sorted`. */
export const nodes = sorted(network.bootstrapUrls);

export function sorted(texts) {
  return [...texts].sort();
}
