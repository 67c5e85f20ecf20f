import type { TokenDetail } from '../../protocol/generation.ts';
import {
  ALTERNATIVES,
  TOKEN_CHANNELS,
  TOKEN_ORIGINS,
  type TraceTokens,
} from '../../reasoning/trace/trace.ts';

const FIRST_CAPACITY = 256;

type Columns = Omit<TraceTokens, 'count' | 'texts'>;

/**
 * Collects the tokens of one answer as the engine describes them. Details come in batches while the answer is written, so
 * they go straight into columns: nothing is kept for each token but its numbers.
 */
export class TraceRecorder {
  readonly #texts = new Map<number, string>();
  #columns = columnsOf(FIRST_CAPACITY);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(details: readonly TokenDetail[]): void {
    while (this.#count + details.length > this.#columns.ids.length) {
      this.#columns = resized(this.#columns, 2 * this.#columns.ids.length);
    }
    for (const detail of details) this.#add(detail);
  }

  /** What was collected; later tokens change nothing of it. */
  tokens(): TraceTokens {
    return { count: this.#count, texts: new Map(this.#texts), ...resized(this.#columns, this.#count) };
  }

  #add(detail: TokenDetail): void {
    const index = this.#count++;
    const columns = this.#columns;
    this.#texts.set(detail.token, detail.text);
    columns.ids[index] = detail.token;
    columns.channels[index] = TOKEN_CHANNELS.indexOf(detail.channel);
    columns.origins[index] = TOKEN_ORIGINS.indexOf(detail.origin);
    columns.logProbabilities[index] = detail.logProbability ?? NaN;
    columns.entropies[index] = detail.entropy ?? NaN;
    columns.elapsedMs[index] = detail.elapsedMs;
    for (let place = 0; place < ALTERNATIVES; place++) {
      const alternative = detail.alternatives[place];
      if (alternative) this.#texts.set(alternative.token, alternative.text);
      columns.alternativeIds[index * ALTERNATIVES + place] = alternative?.token ?? 0;
      columns.alternativeLogProbabilities[index * ALTERNATIVES + place] = alternative?.logProbability ?? NaN;
    }
  }
}

function columnsOf(capacity: number): Columns {
  return {
    ids: new Uint32Array(capacity),
    channels: new Uint8Array(capacity),
    origins: new Uint8Array(capacity),
    logProbabilities: new Float32Array(capacity),
    entropies: new Float32Array(capacity),
    elapsedMs: new Float32Array(capacity),
    alternativeIds: new Uint32Array(capacity * ALTERNATIVES),
    alternativeLogProbabilities: new Float32Array(capacity * ALTERNATIVES),
  };
}

/** A copy with room for so many tokens; what does not fit is left out. */
function resized(columns: Columns, capacity: number): Columns {
  const copy = columnsOf(capacity);
  copy.ids.set(columns.ids.subarray(0, capacity));
  copy.channels.set(columns.channels.subarray(0, capacity));
  copy.origins.set(columns.origins.subarray(0, capacity));
  copy.logProbabilities.set(columns.logProbabilities.subarray(0, capacity));
  copy.entropies.set(columns.entropies.subarray(0, capacity));
  copy.elapsedMs.set(columns.elapsedMs.subarray(0, capacity));
  const alternatives = capacity * ALTERNATIVES;
  copy.alternativeIds.set(columns.alternativeIds.subarray(0, alternatives));
  copy.alternativeLogProbabilities.set(columns.alternativeLogProbabilities.subarray(0, alternatives));
  return copy;
}
