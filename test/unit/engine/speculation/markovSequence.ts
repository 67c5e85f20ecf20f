import type {
  AppendOptions,
  BackendSequence,
  KvLayer,
  SequenceDraft,
} from '../../../../src/engine/backends/backend.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';

/** `[after][next]`: how likely each token is behind another. */
export type Transitions = readonly (readonly number[])[];

/** A model of two tables: what its tokens follow, and what its draft believes they do. */
export class MarkovSequence implements BackendSequence {
  readonly capacity: number;
  readonly kvLayers: readonly KvLayer[] = [];
  readonly kvBytes = 0;
  readonly draft: SequenceDraft;
  readonly #model: Transitions;
  /** Of every pass, what it was given. */
  readonly passes: (readonly number[])[] = [];
  /** How often the draft was asked. */
  drafts = 0;
  #tokens: number[] = [];
  failsNext = false;

  constructor(model: Transitions, draft: Transitions, capacity = 1_000_000) {
    this.#model = model;
    this.capacity = capacity;
    this.draft = {
      propose: (next) => {
        this.drafts++;
        return Promise.resolve(logitsOf(draft, [next]));
      },
    };
  }

  get length(): number {
    return this.#tokens.length;
  }

  async append(tokens: readonly number[], { allLogits }: AppendOptions = {}): Promise<Float32Array> {
    if (this.#tokens.length + tokens.length > this.capacity) throw new Error('too many tokens');
    if (this.failsNext) {
      this.failsNext = false;
      throw new GlassboxError('request/cancelled', 'Stopped.');
    }
    this.passes.push(tokens);
    this.#tokens.push(...tokens);
    return Promise.resolve(logitsOf(this.#model, allLogits ? tokens : tokens.slice(-1)));
  }

  rewind(length: number): void {
    if (length > this.#tokens.length) throw new RangeError('forward');
    this.#tokens.length = length;
  }

  dispose(): void {
    this.#tokens = [];
  }
}

function logitsOf(transitions: Transitions, tokens: readonly number[]): Float32Array {
  return Float32Array.from(tokens.flatMap((token) => (transitions[token] ?? []).map(Math.log)));
}
