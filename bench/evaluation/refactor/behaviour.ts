import type { RefactorCase } from './refactorCase.ts';
import { runPrograms } from './runPrograms.ts';

/** Whether code does what it should: what it did before, or what the case wants fixed. */
export type Behaviour =
  | { readonly kind: 'kept' }
  /** `got` is what was printed, or why it did not come to its end. */
  | { readonly kind: 'changed'; readonly got: string }
  | { readonly kind: 'notRun'; readonly why: string };

/**
 * Runs the case's test behind the document as it was and as it became, and compares what they print; a case that fixes something is
 * compared with what it says.
 * @param edited the document after one edit or another, each of which is judged for itself
 * @throws Error when the case's own code does not run, or already does what the case wants fixed
 */
export async function behavioursOf(
  each: RefactorCase,
  edited: readonly string[],
): Promise<readonly Behaviour[]> {
  const { test, fixedOutput } = each;
  if (test === undefined) return edited.map(() => ({ kind: 'notRun', why: 'the case has no test' }));
  // The case's own code comes first, so that nothing a model wrote has run before it.
  const programs = [each.target.document, ...edited].map((code) => `${code}\n${test}`);
  const [before, ...after] = await runPrograms(each.language, programs);
  if (!before || before.kind === 'notRun')
    return edited.map(() => ({ kind: 'notRun', why: before?.why ?? 'nothing ran' }));
  if (before.kind === 'failed') throw new Error(`The code of case ${each.id} does not run: ${before.why}.`);
  if (before.output === fixedOutput) throw new Error(`The code of case ${each.id} needs no fix.`);
  const expected = fixedOutput ?? before.output;
  return after.map((ran): Behaviour => {
    switch (ran.kind) {
      case 'notRun':
        return ran;
      case 'failed':
        return { kind: 'changed', got: ran.why };
      case 'ran':
        return ran.output === expected ? { kind: 'kept' } : { kind: 'changed', got: ran.output };
    }
  });
}
