import { GlassboxError } from '../../../protocol/errors.ts';
import type { AppendOptions, BackendSequence, KvLayer, SequenceDraft } from '../backend.ts';
import type { KvBuffers } from './kvBuffers.ts';
import type { LogitsBuffer } from './logitsBuffer.ts';
import type { OnnxDraft } from './onnxDraft.ts';
import type { OnnxModel } from './onnxModel.ts';
import { SHORT_TOKENS } from './shortRuns.ts';
import { throwIfCancelled } from '../cancelled.ts';

/** What a sequence owns. */
export interface SequenceMemory {
  readonly kv: KvBuffers;
  readonly logits: LogitsBuffer;
  readonly draft: OnnxDraft | undefined;
}

export class OnnxSequence implements BackendSequence {
  readonly #model: OnnxModel;
  readonly #kv: KvBuffers;
  readonly #draft: OnnxDraft | undefined;
  readonly #logits: LogitsBuffer;
  #length = 0;
  #isRunning = false;
  #isDisposed = false;
  readonly draft?: SequenceDraft;

  constructor(model: OnnxModel, { kv, logits, draft }: SequenceMemory) {
    this.#model = model;
    this.#kv = kv;
    this.#logits = logits;
    this.#draft = draft;
    if (draft) {
      this.draft = {
        propose: (next, { signal } = {}) => this.#exclusively(signal, () => draft.propose(next, signal)),
      };
    }
  }

  get capacity(): number {
    return this.#kv.capacity;
  }

  get length(): number {
    return this.#length;
  }

  get kvBytes(): number {
    return this.#kv.bytes + (this.#draft?.kvBytes ?? 0);
  }

  get kvLayers(): readonly KvLayer[] {
    return this.#kv.layers;
  }

  async append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    this.#checkAppend(tokens);
    await this.#exclusively(options.signal, () => this.#run(tokens, options));
    // What a stopped run wrote lies behind `length` and is written again by the next one.
    this.#length += tokens.length;
    return this.#logits.rows(options.allLogits ? tokens.length : 1);
  }

  prepareGuesses(): void {
    this.#model.prepareGuesses();
  }

  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new RangeError(`A sequence of ${this.#length} tokens cannot be rewound to ${length}.`);
    }
    if (this.#isRunning)
      throw new GlassboxError('internal', 'A sequence was rewound while it was appended to.');
    this.#length = length;
    this.#draft?.rewind(length);
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // A run under way still writes to the caches; they are freed when it ends.
    if (!this.#isRunning) this.#free();
  }

  /** One run at a time. What a failed one left in the draft goes. */
  async #exclusively<T>(signal: AbortSignal | undefined, run: () => Promise<T>): Promise<T> {
    if (this.#isDisposed) throw new GlassboxError('internal', 'A sequence was used after it was disposed.');
    if (this.#isRunning) throw new GlassboxError('internal', 'A sequence takes one append at a time.');
    throwIfCancelled(signal);
    this.#isRunning = true;
    try {
      return await run();
    } catch (error) {
      this.#draft?.rewind(this.#length);
      throw error;
    } finally {
      this.#isRunning = false;
      if (this.#isDisposed) this.#free();
    }
  }

  #free(): void {
    this.#kv.dispose();
    this.#logits.dispose();
    this.#draft?.dispose();
  }

  async #run(
    tokens: readonly number[],
    { allLogits = false, exactRows = false, signal, onRouting }: AppendOptions,
  ): Promise<void> {
    const { chunkTokens } = this.#model;
    // Room for all of them, before any is computed.
    this.#logits.rows(allLogits ? tokens.length : 1);
    for (let done = 0; done < tokens.length; done += chunkTokens) {
      const piece = tokens.slice(done, done + chunkTokens);
      const past = this.#length + done;
      if (this.#draft?.isFull(piece.length)) await this.#draft.read(signal);
      const hidden = this.#draft?.room(piece.length);
      await this.#model.forward({
        tokens: piece,
        past,
        kv: this.#kv,
        allLogits,
        logits: (first, tokens) =>
          allLogits ? this.#logits.tensor(done + first, tokens) : this.#logits.tensor(0, 1),
        hidden,
        exactRows,
        signal,
        onRouting,
      });
      this.#draft?.appended(piece);
      // A prompt is read with it: a reply's first guess does not wait for that.
      if (piece.length > SHORT_TOKENS) await this.#draft?.read(signal);
    }
  }

  #checkAppend(tokens: readonly number[]): void {
    if (tokens.length === 0) throw new RangeError('At least one token must be appended.');
    const total = this.#length + tokens.length;
    if (total > this.capacity) {
      throw new GlassboxError(
        'context/overflow',
        `${total} tokens do not fit into a context of ${this.capacity}. Shorten the question or start a new chat.`,
      );
    }
  }
}
