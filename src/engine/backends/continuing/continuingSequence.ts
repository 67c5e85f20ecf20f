import { GlassboxError } from '../../../protocol/errors.ts';
import type { Logits } from '../../sampling/bestLogits.ts';
import { appendBest } from '../appendBest.ts';
import type {
  AppendOptions,
  BackendModel,
  BackendSequence,
  BestOptions,
  KvLayer,
  RoutedTokens,
} from '../backend.ts';
import type { ContinuingModel } from './continuingModel.ts';

/** A sequence that moves with its model: it knows its tokens, and computes them again where the model went. */
export class ContinuingSequence implements BackendSequence {
  readonly capacity: number;
  readonly #model: ContinuingModel;
  /** Those in the cache, as whoever appends to it sees it. */
  readonly #tokens: number[] = [];
  #place: { readonly home: BackendModel; readonly sequence: BackendSequence };

  /** @throws RangeError for a capacity that is none */
  constructor(model: ContinuingModel, capacity: number) {
    this.#model = model;
    this.capacity = capacity;
    this.#place = { home: model.home, sequence: model.home.createSequence(capacity) };
  }

  get length(): number {
    return this.#tokens.length;
  }

  get kvBytes(): number {
    return this.#place.sequence.kvBytes;
  }

  get kvLayers(): readonly KvLayer[] {
    return this.#place.sequence.kvLayers;
  }

  append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    return this.#append(tokens, options, (sequence, once) => sequence.append(tokens, once));
  }

  appendBest(tokens: readonly number[], options: BestOptions): Promise<readonly Logits[]> {
    return this.#append(tokens, options, (sequence, once) => appendBest(sequence, tokens, once));
  }

  async #append<Options extends AppendOptions, Result>(
    tokens: readonly number[],
    options: Options,
    run: (sequence: BackendSequence, options: Options) => Promise<Result>,
  ): Promise<Result> {
    const { onRouting } = options;
    let routed = 0;
    // A token that was computed before a failure is computed again, and told of once.
    const tellOnce = (routing: RoutedTokens): void => {
      const end = routing.firstPosition + routing.tokens;
      if (end > routed) onRouting?.(routing);
      routed = Math.max(routed, end);
    };
    const once = onRouting === undefined ? options : { ...options, onRouting: tellOnce };
    for (;;) {
      try {
        const sequence = await this.#settled(options.signal);
        const logits = await run(sequence, once);
        this.#tokens.push(...tokens);
        return logits;
      } catch (error) {
        if (!this.#model.canLeaveFor(error, this.#place.home)) throw error;
        await this.#model.leave(GlassboxError.from(error));
      }
    }
  }

  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#tokens.length)
      throw new RangeError(
        `A sequence of ${String(this.#tokens.length)} tokens cannot be rewound to ${String(length)}.`,
      );
    this.#tokens.length = length;
    const { sequence } = this.#place;
    if (sequence.length > length) sequence.rewind(length);
  }

  dispose(): void {
    this.#place.sequence.dispose();
  }

  /** The sequence in the model's present home, with all tokens. @throws GlassboxError `request/cancelled`, `runtime/*` */
  async #settled(signal: AbortSignal | undefined): Promise<BackendSequence> {
    const { home } = this.#model;
    if (this.#place.home !== home) {
      this.#place.sequence.dispose();
      this.#place = { home, sequence: home.createSequence(this.capacity) };
    }
    const { sequence } = this.#place;
    // What was computed before a cancellation stays.
    while (sequence.length < this.#tokens.length) {
      const rest = this.#tokens.slice(sequence.length, sequence.length + home.chunkTokens);
      await sequence.append(rest, signal === undefined ? {} : { signal });
    }
    return sequence;
  }
}
