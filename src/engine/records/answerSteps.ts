import type { AnswerStep } from '../../protocol/records.ts';

/** Steps of decode are this long at least, as figures are looked at. */
const FIRST_STEP_MS = 100;
/** With more of them, each two become one. */
const MAX_DECODE_STEPS = 240;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** An answer's time as steps that follow each other. However long it becomes, there are a few hundred of them. */
export class AnswerSteps {
  readonly #prefill: AnswerStep[] = [];
  #decode: Mutable<AnswerStep>[] = [];
  #stepMs = FIRST_STEP_MS;

  get list(): readonly AnswerStep[] {
    return [...this.#prefill, ...this.#decode.map((step) => ({ ...step }))];
  }

  /** A piece of the prompt was computed. */
  prefilled(startMs: number, durationMs: number, tokens: number): void {
    this.#prefill.push({
      kind: 'prefill',
      startMs,
      durationMs,
      tokens,
      backendMs: durationMs,
      samplingMs: 0,
    });
  }

  /** Time went by in decode, from the end of the step before to `endMs`. */
  decoded(
    startMs: number,
    endMs: number,
    did: Pick<AnswerStep, 'tokens' | 'backendMs' | 'samplingMs'>,
  ): void {
    const last = this.#decode.at(-1);
    if (!last || last.durationMs >= this.#stepMs) {
      this.#decode.push({ kind: 'decode', startMs, durationMs: endMs - startMs, ...did });
      if (this.#decode.length > MAX_DECODE_STEPS) this.#merge();
      return;
    }
    last.durationMs = endMs - last.startMs;
    last.tokens += did.tokens;
    last.backendMs += did.backendMs;
    last.samplingMs += did.samplingMs;
  }

  #merge(): void {
    this.#stepMs *= 2;
    const merged: Mutable<AnswerStep>[] = [];
    this.#decode.forEach((step, index) => {
      const pair = merged.at(-1);
      if (index % 2 === 0 || !pair) {
        merged.push(step);
        return;
      }
      pair.durationMs = step.startMs + step.durationMs - pair.startMs;
      pair.tokens += step.tokens;
      pair.backendMs += step.backendMs;
      pair.samplingMs += step.samplingMs;
    });
    this.#decode = merged;
  }
}
