// The same functions here and in a Lit Action.
import assert from 'node:assert/strict';

import { check } from './checks.mjs';

/** What each of `[run, ...values]` gives for `subject`, as JSON, or the error. Goes into the action as a text. */
async function evaluate(cases, subject, given) {
  const results = [];
  for (const [run, ...values] of cases) {
    try {
      results.push(JSON.stringify(await run(subject, given, ...values)) ?? 'undefined');
    } catch (error) {
      results.push(`${error.name}: ${error.message}`);
    }
  }
  return results;
}

/**
 * Runs `cases` with `subject` here, and in an action where the expression `name` stands for it. A case is
 * `[run, ...values]`, with `otherwise(..)` at its end where the action differs. Functions know their arguments alone:
 * the subject, `given`, and the values, which are JSON.
 */
export async function compare(title, cases, { execute, subject, name, given, same = (a, b) => a === b }) {
  const plain = cases.map((values) => values.filter((value) => !(value instanceof Otherwise)));
  const list = plain.map(
    ([run, ...values]) => `[${[run, ...values.map((value) => JSON.stringify(value))].join(', ')}]`,
  );
  const code = `(async () => {
    const results = await (${evaluate})([${list.join(',\n')}], ${name}, given);
    Lit.Actions.setResponse({ response: JSON.stringify(results) });
  })()`;
  await check(`${title}: ${cases.length} calls give what they give here`, async () => {
    const expected = await evaluate(plain, subject, given);
    const results = JSON.parse(await execute(code, { given }));
    for (const [at, values] of cases.entries()) {
      const otherwise = values.find((value) => value instanceof Otherwise)?.result;
      const what = `${list[at]}\n  here: ${expected[at]}\n  there: ${results[at]}`;
      assert.ok(otherwise === undefined ? same(results[at], expected[at]) : results[at] === otherwise, what);
    }
  });
}

class Otherwise {
  constructor(result) {
    this.result = result;
  }
}

/** Where a Lit Action differs on purpose: what it gives. */
export const otherwise = (result) => new Otherwise(result);
