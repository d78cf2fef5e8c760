// A network of a topic's own, where that of `cargo xtask interop` has other options.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts `lit devnet` with this config file, and gives the file that describes it. It ends with this process. */
export async function devnet(config) {
  const folder = mkdtempSync(join(tmpdir(), 'lit-interop-'));
  const [file, description] = ['devnet.toml', 'network.json'].map((name) => join(folder, name));
  writeFileSync(file, config);
  const ports = ['--port', '--rpc-port', '--services-port'].flatMap((flag) => [flag, '0']);
  const args = ['devnet', '--config', file, '--describe', description, ...ports];
  const network = spawn(process.env.LIT, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => network.kill());
  const ended = once(network, 'exit').then(() => {
    throw new Error('lit devnet ended');
  });
  // The description is written before anything is printed.
  await Promise.race([once(network.stdout, 'data'), ended]);
  ended.catch(() => {});
  network.stdout.resume();
  return description;
}
