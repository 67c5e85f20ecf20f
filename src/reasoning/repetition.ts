/**
 * A repetition loop: a model that has fallen into one writes the same tokens again and again until the context is
 * full. Sampling noise leaves such loops exact (each round makes the next more certain), so exact periods are
 * what is looked for; a loop that counts ("Step 41 ... Step 42 ...") is left to the budget.
 */
export interface RepetitionLoop {
  /** Tokens of one round; the smallest period that qualifies. */
  readonly period: number;
  /** Whole rounds so far, the first included. */
  readonly repeats: number;
}

export interface RepetitionOptions {
  /** Longest round that is looked for, in tokens. */
  readonly maxPeriod?: number;
  /** Tokens that all rounds together must take. */
  readonly minTokens?: number;
  /** Rounds that there must be, the first included. */
  readonly minRepeats?: number;
}

/**
 * Why these: ordinary text repeats short things often and long things seldom. Eight rows of zeros in a matrix, a table's
 * rule, a row of `=`, deep indentation or the digits of 10^100 are exact repeats, but stay below 384 tokens; a
 * passage of 128 tokens or more that stands three times in a row, word for word, is no argument. At 10 tokens a
 * second, a loop is found 38 seconds after it began.
 */
const DEFAULTS = { maxPeriod: 512, minTokens: 384, minRepeats: 3 } as const;

/**
 * Finds a loop at the end of a growing sequence of tokens. The end has period p when each of its tokens equals the one
 * p before it, so for each period one number, the count of such tokens in a row, is all there is to keep. A token
 * costs `maxPeriod` comparisons (about a microsecond), however long the text is.
 */
export class RepetitionDetector {
  readonly #options: Required<RepetitionOptions>;
  /** The last `maxPeriod` tokens; token i is at i % maxPeriod. */
  readonly #recent: Int32Array;
  /** matches[p - 1]: how many of the last tokens, in a row, equal the token p before them. */
  readonly #matches: Uint32Array;
  #length = 0;

  constructor(options: RepetitionOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
    this.#recent = new Int32Array(this.#options.maxPeriod);
    this.#matches = new Uint32Array(this.#options.maxPeriod);
  }

  /** The loop at whose end `token` stands, if any. Reported for every token while the loop goes on. */
  push(token: number): RepetitionLoop | undefined {
    const { maxPeriod, minTokens, minRepeats } = this.#options;
    const recent = this.#recent;
    const matches = this.#matches;
    const longest = Math.min(maxPeriod, this.#length);
    let loop: RepetitionLoop | undefined;
    let index = this.#length % maxPeriod;
    for (let period = 1; period <= longest; period++) {
      index = index === 0 ? maxPeriod - 1 : index - 1;
      if (recent[index] !== token) {
        matches[period - 1] = 0;
        continue;
      }
      const run = (matches[period - 1] ?? 0) + 1;
      matches[period - 1] = run;
      const tokens = run + period;
      if (loop === undefined && tokens >= minTokens && tokens >= minRepeats * period) {
        loop = { period, repeats: Math.floor(tokens / period) };
      }
    }
    recent[this.#length % maxPeriod] = token;
    this.#length++;
    return loop;
  }
}
