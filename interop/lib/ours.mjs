// Our cryptography, asked through `cargo xtask crypto`: a JSON line there, a JSON line back.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const program = spawn(process.env.LIT_XTASK, ['crypto'], { stdio: ['pipe', 'pipe', 'inherit'] });
const answers = createInterface({ input: program.stdout })[Symbol.asyncIterator]();

/** Asks one thing after the other; a refusal is thrown. */
export async function ours(ask, question) {
  program.stdin.write(`${JSON.stringify({ ask, ...question })}\n`);
  const { value, done } = await answers.next();
  if (done) throw new Error('`cargo xtask crypto` has ended');
  const { ok, error } = JSON.parse(value);
  if (error !== undefined) throw new Error(error);
  return ok;
}
