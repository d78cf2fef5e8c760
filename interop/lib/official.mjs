// The official packages. They are CommonJS, and some say things while they load.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export const { ethers } = require('ethers');
export const constants = require('@lit-protocol/constants');

/** Loads a package of `@lit-protocol`. */
export function official(name) {
  return require(`@lit-protocol/${name}`);
}

/** The CIDv0 of an action's code, as the JavaScript world computes it. */
export const ipfsCid = (code) => require('ipfs-only-hash').of(code);
