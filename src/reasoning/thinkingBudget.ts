import type { ThoughtEnd } from '../protocol/generation.ts';
import type { ThoughtMarkers } from './markers.ts';
import { THINK_MARKERS } from './markers.ts';
import type { RepetitionLoop, RepetitionOptions } from './repetition.ts';
import { RepetitionDetector } from './repetition.ts';

/** Why Glassbox ends a thought that the model has not closed. */
export type ThoughtInterruption = Extract<ThoughtEnd, 'budget' | 'answerNow' | 'loop'>;

export interface ThinkingBudgetOptions {
  /** Tokens that a thought may take. 0: no limit. */
  readonly budgetTokens: number;
  readonly repetition?: RepetitionOptions;
}

/** Watches one thought, token by token, and says when it has to be closed and why. */
export class ThinkingBudget {
  readonly #budgetTokens: number;
  readonly #detector: RepetitionDetector;
  #tokens = 0;
  #loop: RepetitionLoop | undefined;
  #answerNow = false;

  constructor(options: ThinkingBudgetOptions) {
    this.#budgetTokens = options.budgetTokens;
    this.#detector = new RepetitionDetector(options.repetition);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** The loop that ended the thought, for the message that says so. */
  get loop(): RepetitionLoop | undefined {
    return this.#loop;
  }

  /** The user wants the answer. The next `push` says so. */
  answerNow(): void {
    this.#answerNow = true;
  }

  /**
   * Call for each token of the thought. When it returns a reason, close the thought after this token. Of several
   * reasons the user's comes first, then the loop, because it says more than that the budget is spent.
   */
  push(token: number): ThoughtInterruption | undefined {
    this.#tokens++;
    this.#loop = this.#detector.push(token);
    if (this.#answerNow) return 'answerNow';
    if (this.#loop !== undefined) return 'loop';
    if (this.#budgetTokens > 0 && this.#tokens >= this.#budgetTokens) return 'budget';
    return undefined;
  }
}

/** What the model is given to read when its thought is closed for it: what it would have written itself. */
export function closingText(markers: ThoughtMarkers = THINK_MARKERS): string {
  return `\n${markers.close}\n\n`;
}
