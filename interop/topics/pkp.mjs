// Sessions that the network signs on behalf of a PKP, and sessions that a Lit Action grants.
import assert from 'node:assert/strict';

import { check, refusal } from '../lib/checks.mjs';
import { connected, someWallet } from '../lib/client.mjs';
import { wallet } from '../lib/network.mjs';
import { official } from '../lib/official.mjs';
import { actionSessionSigs, inOneRound, mintPkp, pkpSessionSigs } from '../lib/pkps.mjs';

const { EthWalletProvider } = official('lit-auth-client');

const GREET = 'Lit.Actions.setResponse({ response: `hello ${who}` });';
const client = await connected();
const owner = wallet(0);

const greet = (sessionSigs) => client.executeJs({ sessionSigs, code: GREET, jsParams: { who: 'you' } });
const authenticate = (signer) => EthWalletProvider.authenticate({ signer, litNodeClient: client });

/** The delegation in session signatures, after the proofs. */
function delegation(sessionSigs) {
  return JSON.parse(Object.values(sessionSigs)[0].signedMessage).capabilities.at(-1);
}

const pkpSession = (pkp, authMethods, options) => pkpSessionSigs(client, pkp, { authMethods, ...options });
const actionSession = (pkp, options) => actionSessionSigs(client, pkp, options);

const base64 = (text) => Buffer.from(text).toString('base64');
const signer = someWallet();
const pkp = await check('a PKP is minted for a wallet', () => mintPkp(owner, { wallets: [signer] }));

const sigs = await check('getPkpSessionSigs: the network signs for the PKP, in one round', async () => {
  const made = await inOneRound(async () => pkpSession(pkp, [await authenticate(signer)]));
  const { algo, derivedVia, address, signedMessage } = delegation(made);
  assert.deepEqual([algo, derivedVia, address], ['LIT_BLS', 'lit.bls', pkp.address]);
  assert.match(signedMessage, /'Auth': 'Auth' for 'lit-resolvedauthcontext:\/\/\*'/);
  return made;
});

await check('executeJs runs with it', async () => assert.equal((await greet(sigs)).response, 'hello you'));

await check('the action sees whom the network found behind the session', async () => {
  const code = 'Lit.Actions.setResponse({ response: JSON.stringify(Lit.Auth) })';
  const { response } = await client.executeJs({ sessionSigs: sigs, code });
  const auth = JSON.parse(response);
  assert.equal(auth.authSigAddress, null);
  assert.deepEqual(
    auth.authMethodContexts.map((context) => context.userId.toLowerCase()),
    [signer.address.toLowerCase()],
  );
});

await check('the owner of the PKP may as well', async () => {
  const made = await inOneRound(async () => pkpSession(pkp, [await authenticate(owner)]));
  assert.equal((await greet(made)).response, 'hello you');
});

await check('a domain is signed', async () => {
  const made = await inOneRound(async () => pkpSession(pkp, [await authenticate(signer)], { domain: 'example.com' }));
  assert.match(delegation(made).signedMessage, /^example\.com wants you to sign in/);
});

await check('a wallet that is not permitted is refused with its code', async () => {
  const error = await refusal(pkpSession(pkp, [await authenticate(someWallet())]));
  assert.equal(error.info?.errorCode, 'NodeAuthSigScopeTooLimited', error.message);
});

await check('an auth method that somebody else signed is refused', async () => {
  const method = await authenticate(someWallet());
  const accessToken = JSON.stringify({ ...JSON.parse(method.accessToken), address: signer.address });
  const error = await refusal(pkpSession(pkp, [{ ...method, accessToken }]));
  assert.match(error.info?.errorCode ?? '', /^Node/, error.message);
});

await check('getLitActionSessionSigs: an inline action grants the session, in one round', async () => {
  const code = '(async () => { Lit.Actions.setResponse({ response: String(password === "open") }); })();';
  const permitted = await mintPkp(owner, { actions: [code] });
  const made = await inOneRound(() =>
    actionSession(permitted, {
      litActionCode: base64(code),
      jsParams: { password: 'open' },
    }),
  );
  assert.equal((await greet(made)).response, 'hello you');
  const error = await refusal(
    actionSession(permitted, { litActionCode: base64(code), jsParams: { password: 'shut' } }),
  );
  assert.match(error.info?.errorCode ?? '', /^Node/, error.message);
});

await check('an action that the PKP does not permit grants nothing', async () => {
  const code = 'Lit.Actions.setResponse({ response: "true" });';
  const error = await refusal(actionSession(pkp, { litActionCode: base64(code), jsParams: {} }));
  assert.match(error.info?.errorCode ?? '', /^Node/, error.message);
});
