import type { Colors } from 'picocolors/types.js';
import type { GenerationEvent, ThoughtEnd } from '../protocol/generation.ts';

/** Where a transcript goes. Answers are what scripts want, so they alone go to standard output. */
export interface TranscriptOutput {
  /** Standard output. */
  answer(text: string): void;
  /** Standard error: progress, the thought, statistics. */
  aside(text: string): void;
  /** Whether standard error is a terminal, where a line can be written over. */
  readonly live: boolean;
}

const CLOSED_BECAUSE: Record<ThoughtEnd, string | undefined> = {
  model: undefined,
  budget: 'the thinking budget is spent',
  answerNow: 'answer now',
  loop: 'the thought began to repeat itself',
  unfinished: 'the reply ended inside the thought',
};

/** Writes the events of one answer as they come: prefill progress, the thought dimmed, the answer. */
export class Transcript {
  readonly #output: TranscriptOutput;
  readonly #colors: Colors;
  #progressShown = false;
  #answerEndsLine = true;
  #thoughtEndsLine = true;

  constructor(output: TranscriptOutput, colors: Colors) {
    this.#output = output;
    this.#colors = colors;
  }

  event(event: GenerationEvent): void {
    switch (event.type) {
      case 'prefill':
        if (event.total > 0) this.progress(`reading ${event.done} of ${event.total} tokens`);
        return;
      case 'text':
        this.#clearProgress();
        if (event.channel === 'thought') {
          this.#output.aside(this.#colors.dim(event.text));
          this.#thoughtEndsLine = event.text.endsWith('\n');
        } else if (event.text !== '') {
          this.#output.answer(event.text);
          this.#answerEndsLine = event.text.endsWith('\n');
        }
        return;
      case 'thoughtEnd': {
        const because = CLOSED_BECAUSE[event.reason];
        const seconds = (event.elapsedMs / 1000).toFixed(1);
        const why = because === undefined ? '' : ` (${because})`;
        if (!this.#thoughtEndsLine) this.#output.aside('\n');
        this.#output.aside(
          this.#colors.dim(`── thought for ${seconds} s, ${event.tokens} tokens${why} ──\n\n`),
        );
        return;
      }
      case 'backendChanged':
        this.#clearProgress();
        this.#output.aside(this.#colors.yellow(`\n── ${event.message} ──\n`));
        return;
      case 'prompt':
      case 'thoughtStart':
      case 'tokens':
      case 'speed':
        return;
      default:
        event satisfies never;
    }
  }

  /** A line that the next one replaces. Nothing where standard error is not a terminal. */
  progress(text: string): void {
    if (!this.#output.live) return;
    this.#output.aside(`\r\u001b[K${this.#colors.dim(text)}`);
    this.#progressShown = true;
  }

  /** Ends the answer's last line, so that what follows begins on its own. */
  end(): void {
    this.#clearProgress();
    if (!this.#answerEndsLine) this.#output.answer('\n');
    this.#answerEndsLine = true;
  }

  #clearProgress(): void {
    if (this.#progressShown) this.#output.aside('\r\u001b[K');
    this.#progressShown = false;
  }
}
