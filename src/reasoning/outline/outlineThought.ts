import { draftSteps } from './draftSteps.ts';
import { findLoops } from './findLoops.ts';
import { firstSayings } from './firstSayings.ts';
import { foldLoops } from './foldLoops.ts';
import type { Outline, OutlineStep } from './outline.ts';
import { stepTitle } from './stepTitle.ts';

/**
 * The steps of a thought by the rules of docs/outline.md: by words, not by a model, so that the same text has the same outline
 * everywhere. Takes any text, also hostile, in time linear in its length.
 */
export function outlineThought(text: string): Outline {
  const steps = foldLoops(draftSteps(text), findLoops(text), text);
  const sayings = firstSayings(steps.map(({ start, end }) => text.slice(start, Math.min(end, start + 4000))));
  return {
    steps: steps.map((step, index): OutlineStep => {
      const repeats = step.loop ? undefined : sayings[index];
      return {
        ...step,
        title: stepTitle(text.slice(step.start, Math.min(step.end, step.start + 1000))),
        ...(repeats === undefined ? {} : { repeats }),
      };
    }),
  };
}
