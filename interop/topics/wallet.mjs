// Sessions that a wallet authorizes: made by the official client, and by ours for it and the other way round.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { check, refusal } from '../lib/checks.mjs';
import {
  Storage,
  anyAction,
  authNeeded,
  connected,
  everything,
  inMinutes,
  someWallet,
  walletSession,
} from '../lib/client.mjs';
import { counting, fetched } from '../lib/loopback.mjs';
import { network, nodes, sorted } from '../lib/network.mjs';
import { ethers, official } from '../lib/official.mjs';

const { LitActionResource } = official('auth-helpers');
const run = promisify(execFile);
const client = await connected();
const GREET = '(async () => { console.log("said"); Lit.Actions.setResponse({ response: `hello ${who}` }); })()';
const greet = (sessionSigs, on = client) => on.executeJs({ sessionSigs, code: GREET, jsParams: { who: 'you' } });

const signer = someWallet();

const sigs = await check('a session signature for each node, made without asking any', async () => {
  const before = fetched.length;
  const made = await walletSession(client, signer);
  assert.equal(fetched.slice(before).filter((path) => path.startsWith('/web/')).length, 0);
  assert.deepEqual(sorted(Object.keys(made)), nodes);
  return made;
});

await check('executeJs runs on every node with it', async () => {
  const { value, requests } = await counting('/web/execute/v1', () => greet(sigs));
  assert.equal(requests, nodes.length);
  assert.deepEqual([value.response, value.logs, value.success], ['hello you', 'said\n', true]);
});

await check('responses come as the action set them', async () => {
  for (const response of ['{"a":[1,2],"b":null}', '42', '"quoted"', '', 'é 漢字 😀 \\ \n']) {
    const code = `Lit.Actions.setResponse({ response: ${JSON.stringify(response)} })`;
    const answer = await client.executeJs({ sessionSigs: sigs, code });
    assert.equal(answer.response, response);
  }
});

await check("the client's jsParams arrive, binary ones as well", async () => {
  const code = 'Lit.Actions.setResponse({ response: JSON.stringify({ text, number, list, bytes }) })';
  const jsParams = { text: 'x', number: 1.5, list: ['a', { b: 1 }], bytes: new Uint8Array([1, 2, 255]) };
  const { response } = await client.executeJs({ sessionSigs: sigs, code, jsParams });
  assert.deepEqual(JSON.parse(response), { text: 'x', number: 1.5, list: ['a', { b: 1 }], bytes: [1, 2, 255] });
});

await check('an action that throws is a NodeError with what it threw', async () => {
  const error = await refusal(client.executeJs({ sessionSigs: sigs, code: 'throw new Error("boom")' }));
  assert.equal(error.name, 'NodeError');
  assert.match(error.message, /boom/);
});

await check('an action that the session does not name is refused with its code', async () => {
  const other = new LitActionResource('QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW');
  const narrow = await walletSession(client, someWallet(), {
    resourceAbilityRequests: [{ resource: other, ability: 'lit-action-execution' }],
  });
  const error = await refusal(greet(narrow));
  assert.equal(error.info.errorCode, 'NodeResourceIdNotFound', error.message);
});

await check('a session for signing alone does not run actions', async () => {
  const signing = await walletSession(client, someWallet(), { resourceAbilityRequests: [everything[0]] });
  const error = await refusal(greet(signing));
  assert.equal(error.info.errorCode, 'NodeResourceIdNotFound', error.message);
});

await check('a session that names more than its wallet granted is refused with its code', async () => {
  const granting = someWallet();
  const signs = authNeeded(client, granting);
  const made = await walletSession(client, granting, {
    authNeededCallback: (params) => signs({ ...params, resourceAbilityRequests: [everything[0]] }),
  });
  const error = await refusal(greet(made));
  assert.equal(error.info.errorCode, 'NodeSIWECapabilityInvalid', error.message);
});

/** The same signatures with one member of each changed. */
function changed(original, change) {
  return Object.fromEntries(Object.entries(original).map(([node, sig]) => [node, { ...sig, ...change(sig) }]));
}

await check('signatures with a changed byte, of another node or with a changed text are refused', async () => {
  const [first] = Object.values(sigs);
  const cases = [
    (sig) => ({ sig: sig.sig.replace(/^../, (byte) => (byte === '00' ? '01' : '00')) }),
    (sig) => ({ signedMessage: sig.signedMessage.replace('"pkp-signing"', '"lit-action-execution"') }),
    () => first,
  ];
  for (const change of cases) {
    const error = await refusal(greet(changed(sigs, change)));
    assert.match(error.info.errorCode, /^Node/, error.message);
    assert.equal(error.name, 'NodeError');
  }
});

await check('a root signature of another wallet is refused', async () => {
  const [pretended, actual] = [someWallet(), someWallet()];
  const callback = async (params) => ({ ...(await authNeeded(client, actual)(params)), address: pretended.address });
  const made = await walletSession(client, actual, { authNeededCallback: callback });
  const error = await refusal(greet(made));
  assert.match(error.info.errorCode, /^Node/, error.message);
});

await check('a client with storage asks the wallet once, and signs anew from storage', async () => {
  const keeping = await connected({ storageProvider: { provider: new Storage() } });
  let asked = 0;
  const callback = authNeeded(keeping, signer);
  const authNeededCallback = (params) => {
    asked += 1;
    return callback(params);
  };
  const options = { authNeededCallback, expiration: inMinutes(10) };
  const [one, two] = [await walletSession(keeping, signer, options), await walletSession(keeping, signer, options)];
  assert.equal(asked, 1);
  const key = (made) => Object.values(made)[0].address;
  assert.equal(key(one), key(two));
  assert.equal((await greet(two, keeping)).response, 'hello you');
  await keeping.disconnect();
});

await check('signatures of `lit session wallet` are used by the official client', async () => {
  const key = someWallet();
  const { stdout } = await run(
    process.env.LIT,
    [
      '--json',
      'session',
      'wallet',
      '--node',
      nodes.join(','),
      '--threshold',
      network.minNodeCount,
      '--grant',
      'lit-action-execution=lit-litaction://*',
      '--grant',
      'pkp-signing=lit-pkp://*',
    ],
    { env: { ...process.env, LIT_PRIVATE_KEY: key.privateKey } },
  );
  const { sessionSigs } = JSON.parse(stdout);
  assert.deepEqual(sorted(Object.keys(sessionSigs)), nodes);
  const root = JSON.parse(Object.values(sessionSigs)[0].signedMessage).capabilities.at(-1);
  assert.equal(ethers.utils.verifyMessage(root.signedMessage, root.sig), key.address);
  assert.equal((await greet(sessionSigs)).response, 'hello you');
});

await check('signatures of the official client are used by ours', async () => {
  const made = await walletSession(client, someWallet(), { resourceAbilityRequests: anyAction });
  const child = run(process.env.LIT_FOREIGN_SESSION, {
    env: { ...process.env, LIT_NODES: nodes.join(','), LIT_THRESHOLD: network.minNodeCount },
  });
  child.child.stdin.end(JSON.stringify(made));
  const { stdout } = await child;
  assert.equal(stdout.trim(), 'hello from a session made elsewhere');
});

await check('what left for nodes in this topic went to execute and handshake alone', async () => {
  const paths = new Set(fetched.filter((path) => path.startsWith('/web/')));
  assert.deepEqual(sorted(paths), ['/web/execute/v1', '/web/handshake/']);
});
