import type { RefactorCase } from './refactorCase.ts';
import { type Ran, runProgram } from './runProgram.ts';

/** Whether code does what it should: what it did before, or what the case wants fixed. */
export type Behaviour =
  | { readonly kind: 'kept' }
  | { readonly kind: 'changed'; readonly expected: string; readonly got: string }
  | { readonly kind: 'notRun'; readonly why: string };

/**
 * Runs the case's test behind the document as it was and as it became, and compares what they print; one that fixes something is
 * compared with what the case says.
 * @param edited the document after the edit
 * @throws Error when the case's own code does not run
 */
export async function behaviourOf(each: RefactorCase, edited: string): Promise<Behaviour> {
  if (each.test === undefined) return { kind: 'notRun', why: `${each.language} is checked by syntax only` };
  const program = (code: string): Promise<Ran> => runProgram(each.language, `${code}\n${each.test ?? ''}`);
  let expected = each.fixedOutput;
  if (expected === undefined) {
    const before = await program(each.target.document);
    if (before.kind === 'notRun') return before;
    if (before.kind === 'failed') throw new Error(`The code of case ${each.id} does not run: ${before.why}.`);
    expected = before.output;
  }
  const after = await program(edited);
  switch (after.kind) {
    case 'notRun':
      return after;
    case 'failed':
      return { kind: 'changed', expected, got: after.why };
    case 'ran':
      return after.output === expected ? { kind: 'kept' } : { kind: 'changed', expected, got: after.output };
  }
}
