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
  SequenceDraft,
} from '../backend.ts';
import type { ContinuingModel } from './continuingModel.ts';

interface Place {
  readonly home: BackendModel;
  readonly sequence: BackendSequence;
}

/** A sequence that moves with its model: it knows its tokens, and computes them again where the model went. */
export class ContinuingSequence implements BackendSequence {
  readonly capacity: number;
  readonly #model: ContinuingModel;
  readonly #onDispose: () => void;
  /** Those in the cache, as whoever appends to it sees it. */
  readonly #tokens: number[] = [];
  /** Absent where there was no room, and while the model moves. */
  #place: Place | undefined;
  /** What its cache was at last. */
  #cache: Pick<BackendSequence, 'kvBytes' | 'kvLayers'> = { kvBytes: 0, kvLayers: [] };
  /** The pass under way. */
  #pass: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  /** @throws RangeError for a capacity that is none */
  constructor(model: ContinuingModel, capacity: number, onDispose: () => void) {
    this.#model = model;
    this.#onDispose = onDispose;
    this.capacity = capacity;
    const home = model.presentHome;
    if (home === undefined) return;
    try {
      this.#settleAt(home);
    } catch (error) {
      // The first append asks again, and leaves for where there is room.
      if (!model.canLeaveFor(error, home)) throw error;
    }
  }

  get length(): number {
    return this.#tokens.length;
  }

  get kvBytes(): number {
    return this.#cache.kvBytes;
  }

  get kvLayers(): readonly KvLayer[] {
    return this.#cache.kvLayers;
  }

  /** A draft is only a guess: where its home fails or has failed, there is none. */
  get draft(): SequenceDraft | undefined {
    if (this.#place?.sequence.draft === undefined) return undefined;
    return { propose: (next, options) => this.#propose(next, options) };
  }

  append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    return this.#append(tokens, options, (sequence, once) => sequence.append(tokens, once));
  }

  appendBest(tokens: readonly number[], options: BestOptions): Promise<readonly Logits[]> {
    return this.#append(tokens, options, (sequence, once) => appendBest(sequence, tokens, once));
  }

  /** Frees what it has in its present home, when the pass under way has ended. */
  async letGo(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    await this.#pass.catch(() => undefined);
    place?.sequence.dispose();
  }

  async #propose(
    next: number,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Float32Array | undefined> {
    const place = this.#place;
    const draft = place?.sequence.draft;
    if (place === undefined || draft === undefined) return undefined;
    try {
      return await this.#underWay(draft.propose(next, options));
    } catch (error) {
      if (!this.#model.canLeaveFor(error, place.home)) throw error;
      return undefined;
    }
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
      let home: BackendModel | undefined;
      try {
        home = await this.#model.settledHome();
        const sequence = await this.#settled(home, options.signal);
        const logits = await this.#underWay(run(sequence, once));
        this.#tokens.push(...tokens);
        return logits;
      } catch (error) {
        if (!this.#model.canLeaveFor(error, home)) throw error;
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
    const sequence = this.#place?.sequence;
    if (sequence !== undefined && sequence.length > length) sequence.rewind(length);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#place?.sequence.dispose();
    this.#onDispose();
  }

  /** The sequence in `home`, with all tokens. @throws GlassboxError `request/cancelled`, `runtime/*` */
  async #settled(home: BackendModel, signal: AbortSignal | undefined): Promise<BackendSequence> {
    if (this.#isDisposed) throw new GlassboxError('internal', 'A sequence was used after it was disposed.');
    const { sequence } = this.#place?.home === home ? this.#place : this.#settleAt(home);
    // What was computed before a cancellation stays.
    while (sequence.length < this.#tokens.length) {
      const rest = this.#tokens.slice(sequence.length, sequence.length + home.chunkTokens);
      await this.#underWay(sequence.append(rest, signal === undefined ? {} : { signal }));
    }
    return sequence;
  }

  /** What `letGo` waits for. */
  #underWay<Result>(pass: Promise<Result>): Promise<Result> {
    this.#pass = pass;
    return pass;
  }

  #settleAt(home: BackendModel): Place {
    const sequence = home.createSequence(this.capacity);
    this.#cache = sequence;
    return (this.#place = { home, sequence });
  }
}
