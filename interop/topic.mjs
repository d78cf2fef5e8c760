// Runs one topic against the network that the file named by LIT_NETWORK describes: node topic.mjs <topic>
import './lib/loopback.mjs';

import assert from 'node:assert/strict';
import { Console } from 'node:console';

// Standard output has the results alone.
globalThis.console = new Console(process.stderr, process.stderr);

const { check, counts } = await import('./lib/checks.mjs');
const { refusedHosts } = await import('./lib/loopback.mjs');

const topic = process.argv[2];
await check(`${topic}: ran to its end`, () => import(`./topics/${topic}.mjs`));
await check(`${topic}: nothing left this machine`, async () => assert.deepEqual(refusedHosts, []));
// Pollers of the official packages would go on.
process.exit(counts.failed === 0 ? 0 : 1);
