// Actions that the nodes look up by their CID.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { connected, someWallet, walletSession } from '../lib/client.mjs';
import { store } from '../lib/ipfs.mjs';
import { wallet } from '../lib/network.mjs';
import { actionSessionSigs, inOneRound, mintPkp } from '../lib/pkps.mjs';

const client = await connected();
const sessionSigs = await walletSession(client, someWallet());

await check('executeJs runs an action known by its CID', async () => {
  const ipfsId = await store('Lit.Actions.setResponse({ response: `hello ${who}` });');
  const { response } = await client.executeJs({ sessionSigs, ipfsId, jsParams: { who: 'CID' } });
  assert.equal(response, 'hello CID');
});

await check('executeJs by a CID that nobody stored is refused with its code', async () => {
  const ipfsId = 'QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW';
  const error = await refusal(client.executeJs({ sessionSigs, ipfsId }));
  assert.match(error.info?.errorCode ?? '', /^Node/, error.message);
});

await check('getLitActionSessionSigs: an action known by its CID grants the session, in one round', async () => {
  const code = 'Lit.Actions.setResponse({ response: "true" });';
  const litActionIpfsId = await store(code);
  const pkp = await mintPkp(wallet(0), { actions: [code] });
  await inOneRound(() => actionSessionSigs(client, pkp, { litActionIpfsId }));
});
