// Checks print one line each on standard output; everything else that is said here goes to standard error.
import { format } from 'node:util';

/** No check takes longer, in milliseconds. */
const DEADLINE = 60_000;

const counts = { passed: 0, failed: 0 };

export function say(...words) {
  process.stdout.write(`${format(...words)}\n`);
}

/** Runs a check and gives what it gave; undefined if it failed. Checks that need that value then fail as well. */
export async function check(name, body) {
  const started = performance.now();
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${DEADLINE / 1000} s`)), DEADLINE);
  });
  try {
    const value = await Promise.race([body(), tooLong]);
    counts.passed += 1;
    say('ok    %s (%d ms)', name, Math.round(performance.now() - started));
    return value;
  } catch (error) {
    counts.failed += 1;
    say('FAIL  %s', name);
    say(format(error).replace(/^/gm, '      '));
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** What a promise was refused with. */
export async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a refusal, and there was none');
}

export { counts };
