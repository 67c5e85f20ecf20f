import type { DraftStep } from './draftSteps.ts';
import type { TextLoop } from './findLoops.ts';
import type { OutlineStep } from './outline.ts';

export type FoldedStep = DraftStep & Pick<OutlineStep, 'loop'>;

/** Makes one step of each loop, whatever steps its rounds were, and leaves what is before and behind it. */
export function foldLoops(
  steps: readonly DraftStep[],
  loops: readonly TextLoop[],
  text: string,
): FoldedStep[] {
  const folded: FoldedStep[] = [];
  let next = 0;
  for (const [index, step] of steps.entries()) {
    let from = step.start;
    // A loop that began in an earlier step has taken its place already.
    const reached = folded.at(-1);
    if (reached?.loop && reached.end > from) from = Math.min(reached.end, step.end);
    for (let loop = loops[next]; loop && loop.start < step.end; loop = loops[++next]) {
      if (text.slice(from, loop.start).trim() !== '') folded.push({ ...step, start: from, end: loop.start });
      const start = text.slice(from, loop.start).trim() === '' ? from : loop.start;
      const rounds = {
        repeats: loop.repeats,
        characters: Math.round((loop.end - loop.start) / loop.repeats),
      };
      const kind = kindInLoop(step, steps[index + 1], loop);
      folded.push({ kind, depth: step.depth, start, end: loop.end, loop: rounds });
      from = loop.end;
    }
    if (from < step.end && (from === step.start || text.slice(from, step.end).trim() !== '')) {
      folded.push({ ...step, start: from });
    }
  }
  let depth = -1;
  return folded.map((step, index) => {
    depth = Math.min(step.depth, depth + 1);
    const start = index === 0 ? 0 : step.start;
    return { ...step, depth, start, end: folded[index + 1]?.start ?? text.length };
  });
}

/** A loop does what the first step does that begins in it. */
function kindInLoop(
  containing: DraftStep,
  following: DraftStep | undefined,
  loop: TextLoop,
): DraftStep['kind'] {
  return containing.start < loop.start && following && following.start < loop.end
    ? following.kind
    : containing.kind;
}
