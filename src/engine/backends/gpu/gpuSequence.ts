import { GlassboxError } from '../../../protocol/errors.ts';
import type { BestNeed, Logits } from '../../sampling/bestLogits.ts';
import type { AppendOptions, BackendSequence, BestOptions, KvLayer } from '../backend.ts';
import { throwIfCancelled } from '../cancelled.ts';
import { fromGpu } from './gpuErrors.ts';
import { gpuKvLayer } from './gpuKvLayer.ts';
import type { GpuModel } from './gpuModel.ts';
import type { SequenceBuffers } from './sequenceBuffers.ts';

export class GpuSequence implements BackendSequence {
  readonly capacity: number;
  readonly kvBytes: number;
  readonly kvLayers: readonly KvLayer[];
  readonly #model: GpuModel;
  /** The GPU says later whether it has the memory: the first `append` throws where it has not. */
  readonly #buffers: Promise<SequenceBuffers>;
  #length = 0;
  #logits: Float32Array;
  #isRunning = false;
  #isDisposed = false;

  constructor(model: GpuModel, capacity: number) {
    const { spec, cache } = model.plan;
    this.#model = model;
    this.capacity = capacity;
    this.kvLayers = spec.layers.map(({ attention }) => gpuKvLayer(attention, cache));
    const parts = this.kvLayers.flatMap((layer) => layer.parts);
    this.kvBytes = parts.reduce((sum, { bytesPerToken }) => sum + bytesPerToken, 0) * capacity;
    this.#buffers = model.allocate(capacity);
    this.#buffers.catch(() => undefined);
    this.#logits = new Float32Array(model.vocabularySize);
  }

  get length(): number {
    return this.#length;
  }

  async append(tokens: readonly number[], options: AppendOptions = {}): Promise<Float32Array> {
    await this.#append(tokens, options, undefined);
    return this.#logitsOf(options.allLogits ? tokens.length : 1);
  }

  appendBest(tokens: readonly number[], options: BestOptions): Promise<readonly Logits[]> {
    return this.#append(tokens, options, options.need);
  }

  async #append(
    tokens: readonly number[],
    options: AppendOptions,
    need: BestNeed | undefined,
  ): Promise<readonly Logits[]> {
    this.#check(tokens);
    throwIfCancelled(options.signal);
    this.#isRunning = true;
    let found: readonly Logits[];
    try {
      found = await this.#run(tokens, options, need);
    } finally {
      this.#isRunning = false;
      if (this.#isDisposed) this.#free();
    }
    // What a stopped run wrote lies behind `length` and is written again by the next one.
    this.#length += tokens.length;
    return found;
  }

  rewind(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length)
      throw new RangeError(
        `A sequence of ${String(this.#length)} tokens cannot be rewound to ${String(length)}.`,
      );
    if (this.#isRunning)
      throw new GlassboxError('internal', 'A sequence was rewound while it was appended to.');
    this.#length = length;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    // A run under way still uses the buffers; they are freed when it ends.
    if (!this.#isRunning) this.#free();
  }

  async #run(
    tokens: readonly number[],
    { allLogits = false, exactRows = false, signal, onRouting }: AppendOptions,
    need: BestNeed | undefined,
  ): Promise<readonly Logits[]> {
    const buffers = await this.#allocated();
    const { vocabularySize, plan } = this.#model;
    // A row is the same alone and among a few, to the last bit.
    const pieceTokens = exactRows ? plan.tuning.fewTokens : plan.tuning.chunkTokens;
    let found: readonly Logits[] = [];
    for (let done = 0; done < tokens.length; done += pieceTokens) {
      const piece = tokens.slice(done, done + pieceTokens);
      const logits = allLogits
        ? this.#logitsOf(tokens.length).subarray(
            done * vocabularySize,
            (done + piece.length) * vocabularySize,
          )
        : this.#logitsOf(1);
      const position = this.#length + done;
      const pass = { buffers, tokens: piece, position, logits, need, signal, onRouting };
      const rows = await this.#model.forward(pass);
      found = allLogits ? [...found, ...rows] : rows;
    }
    return found;
  }

  async #allocated(): Promise<SequenceBuffers> {
    try {
      return await this.#buffers;
    } catch (error) {
      throw fromGpu(error, `for a conversation of ${String(this.capacity)} tokens`);
    }
  }

  #check(tokens: readonly number[]): void {
    if (this.#isDisposed) throw new GlassboxError('internal', 'A sequence was used after it was disposed.');
    if (this.#isRunning) throw new GlassboxError('internal', 'A sequence takes one append at a time.');
    if (tokens.length === 0) throw new RangeError('At least one token must be appended.');
    const total = this.#length + tokens.length;
    if (total > this.capacity)
      throw new GlassboxError(
        'context/overflow',
        `${String(total)} tokens do not fit into a context of ${String(this.capacity)}. Shorten the question or start a new chat.`,
      );
  }

  #free(): void {
    void this.#buffers.then(
      (buffers) => buffers.destroy(),
      () => undefined,
    );
  }

  /** `[rows, vocabulary]`, in memory that later calls use again. */
  #logitsOf(rows: number): Float32Array {
    const length = rows * this.#model.vocabularySize;
    if (this.#logits.length < length) this.#logits = new Float32Array(length);
    return this.#logits.subarray(0, length);
  }
}
