/**
 * What a step of a thought does: say the task again, plan, try something, check it, doubt it or go back, conclude.
 * docs/outline.md has the rules.
 */
export const STEP_KINDS = ['restate', 'plan', 'try', 'check', 'doubt', 'conclude'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** Steps of a loop stand as one. */
export interface StepLoop {
  /** Whole rounds, the first included. */
  readonly repeats: number;
  /** Of one round, about: all of the loop over its rounds. */
  readonly characters: number;
}

export interface OutlineStep {
  readonly kind: StepKind;
  /** Made of the step's own words; at most 80 characters, one line. Not empty. */
  readonly title: string;
  /** UTF-16 offsets into the thought. A step ends where the next one begins; together they are the whole thought. */
  readonly start: number;
  readonly end: number;
  /** 0 at the top; a step lies under the last one before it whose depth is smaller. At most one deeper than that before it. */
  readonly depth: number;
  /** Index of the first step that says the same, when this one repeats it. */
  readonly repeats?: number;
  readonly loop?: StepLoop;
}

/** A thought as its steps, in the order of the text; a tree in preorder. Empty when the thought has no text. */
export interface Outline {
  readonly steps: readonly OutlineStep[];
}
