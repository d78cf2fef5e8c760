// A process of the topic `tls`: connects over https, and prints what an action answers, or why not.
import './loopback.mjs';

import { Console } from 'node:console';

// Standard output has the result alone.
globalThis.console = new Console(process.stderr, process.stderr);

const { newClient, someWallet, walletSession } = await import('./client.mjs');

async function run() {
  const client = newClient({ nodeProtocol: 'https://', connectTimeout: 5_000 });
  await client.connect();
  const sessionSigs = await walletSession(client, someWallet());
  const { response } = await client.executeJs({
    sessionSigs,
    code: "Lit.Actions.setResponse({ response: 'over TLS' })",
  });
  return { nodes: Object.keys(sessionSigs).sort(), response };
}

/** The codes of an error and its causes. */
const codesOf = (error) => (error ? [error.code, ...codesOf(error.cause)].filter(Boolean) : []);

const result = await run().catch((error) => ({ codes: codesOf(error) }));
process.stdout.write(JSON.stringify(result), () => process.exit());
