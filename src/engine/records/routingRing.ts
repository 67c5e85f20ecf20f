import { PHASES, type Phase } from '../../protocol/records.ts';
import type { TokenLabel } from './tokenLabel.ts';
import { toHalf } from '../../protocol/toHalf.ts';

/** Position, token and question with 4 bytes, phase and mark with one. */
const LABEL_BYTES = 14;
const FIRST_CAPACITY = 256;

export interface RoutingEntry {
  readonly position: number;
  readonly token: number;
  readonly label: TokenLabel;
}

export interface RoutingChoices {
  readonly experts: Uint16Array;
  readonly weights: Float32Array;
}

/**
 * Routing of tokens in the order it came, in at most so many bytes: then the oldest makes room. Entries are counted from
 * the oldest that is held. Memory is taken as it is needed.
 */
export class RoutingRing {
  /** Numbers for each entry: layers * topK. */
  readonly #choices: number;
  readonly maxEntries: number;
  #capacity = 0;
  #oldest = 0;
  #length = 0;
  #dropped = 0;
  #columns: Columns;

  constructor(choices: number, maxBytes: number) {
    this.#choices = choices;
    this.maxEntries = Math.max(1, Math.floor(maxBytes / bytesPerEntry(choices)));
    this.#columns = columnsFor(0, choices);
  }

  get length(): number {
    return this.#length;
  }

  /** Entries that made room for later ones. */
  get dropped(): number {
    return this.#dropped;
  }

  get bytes(): number {
    return this.#capacity * bytesPerEntry(this.#choices);
  }

  /** Copies layers * topK choices, from `first` on. */
  push({ position, token, label }: RoutingEntry, { experts, weights }: RoutingChoices, first = 0): void {
    if (this.#length === this.#capacity && this.#capacity < this.maxEntries) this.#grow();
    if (this.#length === this.#capacity) {
      this.#oldest = (this.#oldest + 1) % this.#capacity;
      this.#length--;
      this.#dropped++;
    }
    const slot = this.#slot(this.#length++);
    const columns = this.#columns;
    columns.positions[slot] = position;
    columns.tokens[slot] = token;
    columns.questions[slot] = label.question;
    columns.phases[slot] = PHASES.indexOf(label.phase);
    columns.evicted[slot] = 0;
    const to = slot * this.#choices;
    for (let i = 0; i < this.#choices; i++) {
      columns.experts[to + i] = experts[first + i] ?? 0;
      columns.weights[to + i] = toHalf(weights[first + i] ?? 0);
    }
  }

  position(index: number): number {
    return this.#columns.positions[this.#slot(index)] ?? 0;
  }

  token(index: number): number {
    return this.#columns.tokens[this.#slot(index)] ?? 0;
  }

  question(index: number): number {
    return this.#columns.questions[this.#slot(index)] ?? 0;
  }

  phase(index: number): Phase {
    return PHASES[this.#columns.phases[this.#slot(index)] ?? 0] ?? 'prompt';
  }

  isEvicted(index: number): boolean {
    return this.#columns.evicted[this.#slot(index)] === 1;
  }

  evict(index: number): void {
    this.#columns.evicted[this.#slot(index)] = 1;
  }

  /** `[layers * topK]`, valid until the ring changes. */
  experts(index: number): Uint16Array {
    const first = this.#slot(index) * this.#choices;
    return this.#columns.experts.subarray(first, first + this.#choices);
  }

  /** Half floats `[layers * topK]`, valid until the ring changes. */
  weights(index: number): Uint16Array {
    const first = this.#slot(index) * this.#choices;
    return this.#columns.weights.subarray(first, first + this.#choices);
  }

  /** Keeps of the entries from `from` on those that `keep` says; their order stays. */
  filter(from: number, keep: (index: number) => boolean): void {
    let kept = Math.min(from, this.#length);
    for (let index = kept; index < this.#length; index++) {
      if (!keep(index)) continue;
      if (kept !== index) copyEntry(this.#columns, this.#slot(index), this.#columns, this.#slot(kept));
      kept++;
    }
    this.#length = kept;
  }

  #slot(index: number): number {
    return (this.#oldest + index) % this.#capacity;
  }

  #grow(): void {
    const capacity = Math.min(this.maxEntries, Math.max(FIRST_CAPACITY, 2 * this.#capacity));
    const columns = columnsFor(capacity, this.#choices);
    for (let index = 0; index < this.#length; index++) {
      copyEntry(this.#columns, this.#slot(index), columns, index);
    }
    this.#columns = columns;
    this.#capacity = capacity;
    this.#oldest = 0;
  }
}

interface Columns {
  readonly choices: number;
  readonly positions: Uint32Array;
  readonly tokens: Uint32Array;
  readonly questions: Uint32Array;
  readonly phases: Uint8Array;
  readonly evicted: Uint8Array;
  /** `[capacity, choices]` */
  readonly experts: Uint16Array;
  /** `[capacity, choices]` */
  readonly weights: Uint16Array;
}

function bytesPerEntry(choices: number): number {
  return LABEL_BYTES + 4 * choices;
}

function columnsFor(capacity: number, choices: number): Columns {
  return {
    choices,
    positions: new Uint32Array(capacity),
    tokens: new Uint32Array(capacity),
    questions: new Uint32Array(capacity),
    phases: new Uint8Array(capacity),
    evicted: new Uint8Array(capacity),
    experts: new Uint16Array(capacity * choices),
    weights: new Uint16Array(capacity * choices),
  };
}

function copyEntry(source: Columns, from: number, target: Columns, to: number): void {
  target.positions[to] = source.positions[from] ?? 0;
  target.tokens[to] = source.tokens[from] ?? 0;
  target.questions[to] = source.questions[from] ?? 0;
  target.phases[to] = source.phases[from] ?? 0;
  target.evicted[to] = source.evicted[from] ?? 0;
  const { choices } = source;
  const range = [from * choices, (from + 1) * choices] as const;
  target.experts.set(source.experts.subarray(...range), to * choices);
  target.weights.set(source.weights.subarray(...range), to * choices);
}
