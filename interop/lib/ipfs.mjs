// The IPFS of the dev network, where its nodes look up actions.
import assert from 'node:assert/strict';

import { network } from './network.mjs';
import { ipfsCid } from './official.mjs';

/** Stores code, and gives its CID. */
export async function store(code) {
  const cid = await ipfsCid(code);
  const stored = await fetch(network.ipfs.putUrl.replace('{cid}', cid), { method: 'PUT', body: code });
  assert.equal(stored.status, 200, await stored.text());
  return cid;
}
