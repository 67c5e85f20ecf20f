import { GlassboxError } from '../../../protocol/errors.ts';
import type { AppendOptions, BackendSequence, KvLayer } from '../backend.ts';
import type { KvBuffers } from './kvBuffers.ts';
import type { OnnxModel } from './onnxModel.ts';
import { throwIfCancelled } from './runtimeErrors.ts';

export class OnnxSequence implements BackendSequence {
  readonly #model: OnnxModel;
  readonly #kv: KvBuffers;
  #length = 0;
  #logits: Float32Array<ArrayBuffer>;
  #isAppending = false;
  #isDisposed = false;

  constructor(model: OnnxModel, kv: KvBuffers) {
    this.#model = model;
    this.#kv = kv;
    this.#logits = new Float32Array(model.vocabularySize);
  }

  get capacity(): number {
    return this.#kv.capacity;
  }

  get length(): number {
    return this.#length;
  }

  get kvBytes(): number {
    return this.#kv.bytes;
  }

  get kvLayers(): readonly KvLayer[] {
    return this.#kv.layers;
  }

  async append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    this.#checkAppend(tokens);
    throwIfCancelled(options.signal);
    this.#isAppending = true;
    try {
      await this.#run(tokens, options);
    } finally {
      this.#isAppending = false;
      if (this.#isDisposed) this.#kv.dispose();
    }
    // What a stopped run wrote lies behind `length` and is written again by the next one.
    this.#length += tokens.length;
    return this.#logitsOf(options.allLogits ? tokens.length : 1);
  }

  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new RangeError(`A sequence of ${this.#length} tokens cannot be rewound to ${length}.`);
    }
    if (this.#isAppending)
      throw new GlassboxError('internal', 'A sequence was rewound while it was appended to.');
    this.#length = length;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // A run under way still writes to the cache; `append` frees it when that run ends.
    if (!this.#isAppending) this.#kv.dispose();
  }

  async #run(
    tokens: readonly number[],
    { allLogits = false, signal, onRouting }: AppendOptions,
  ): Promise<void> {
    const { chunkTokens, vocabularySize } = this.#model;
    for (let done = 0; done < tokens.length; done += chunkTokens) {
      const piece = tokens.slice(done, done + chunkTokens);
      const logits = allLogits
        ? this.#logitsOf(tokens.length).subarray(
            done * vocabularySize,
            (done + piece.length) * vocabularySize,
          )
        : this.#logitsOf(1);
      const past = this.#length + done;
      await this.#model.forward({ tokens: piece, past, kv: this.#kv, logits, signal, onRouting });
    }
  }

  #checkAppend(tokens: readonly number[]): void {
    if (this.#isDisposed) throw new GlassboxError('internal', 'A sequence was used after it was disposed.');
    if (this.#isAppending) throw new GlassboxError('internal', 'A sequence takes one append at a time.');
    if (tokens.length === 0) throw new RangeError('At least one token must be appended.');
    const total = this.#length + tokens.length;
    if (total > this.capacity) {
      throw new GlassboxError(
        'context/overflow',
        `${total} tokens do not fit into a context of ${this.capacity}. Shorten the question or start a new chat.`,
      );
    }
  }

  /** `[rows, vocabulary]`, in memory that later calls use again. */
  #logitsOf(rows: number): Float32Array<ArrayBuffer> {
    const length = rows * this.#model.vocabularySize;
    if (this.#logits.length < length) this.#logits = new Float32Array(length);
    return this.#logits.subarray(0, length);
  }
}
