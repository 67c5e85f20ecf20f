import type { LayerSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RuntimeReport } from '../../../protocol/engine.ts';
import type { VocabularyPasses } from '../../sampling/vocabularyPasses.ts';
import type { BackendModel, BackendSequence } from '../backend.ts';
import { KvBuffers } from './kvBuffers.ts';
import { LogitsBuffer } from './logitsBuffer.ts';
import type { ModelParts } from './modelParts.ts';
import { CHUNK_TOKENS, type DraftPass, type ForwardPass, ModelPasses } from './modelPasses.ts';
import { OnnxDraft } from './onnxDraft.ts';
import { OnnxSequence } from './onnxSequence.ts';
import { SPARE_ROWS } from './runtimeAttention.ts';
import { fromRuntime } from './runtimeErrors.ts';

export class OnnxModel implements BackendModel {
  readonly chunkTokens = CHUNK_TOKENS;
  readonly runtime: RuntimeReport;
  readonly vocabularyPasses?: VocabularyPasses;
  readonly #parts: ModelParts;
  readonly #sessions: ModelPasses;
  /** Passes of different sequences come one at a time, in the order of arrival. */
  #lastPass: Promise<unknown> = Promise.resolve();
  #passes = 0;
  #isDisposed = false;

  constructor(parts: ModelParts) {
    const passes = parts.kernels.vocabularyPasses?.(parts.spec.vocabularySize);
    if (passes) this.vocabularyPasses = passes;
    this.#parts = parts;
    this.#sessions = new ModelPasses(parts);
    const { binding, provider, reason, version, threads } = parts.runtime;
    this.runtime = {
      ...{ binding, provider, reason, version, threads },
      ...(this.#sessions.divided !== undefined && { dividesPasses: true }),
      kernels: parts.kernels.report,
    };
  }

  /** Of the residual stream. */
  get width(): number {
    return this.#parts.spec.embeddingLength;
  }

  get vocabularySize(): number {
    return this.#parts.spec.vocabularySize;
  }

  get dividedPasses(): number | undefined {
    return this.#sessions.divided;
  }

  createSequence(capacity: number): BackendSequence {
    this.#throwIfDisposed();
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`A sequence needs a capacity of at least one token, not ${capacity}.`);
    }
    this.#sessions.grow(capacity + SPARE_ROWS);
    const { spec, runtime, kernels } = this.#parts;
    const caches = (layers: readonly LayerSpec[]): KvBuffers =>
      new KvBuffers(layers, kernels.attention, runtime, capacity);
    try {
      return new OnnxSequence(this, {
        kv: caches(spec.layers),
        logits: new LogitsBuffer(runtime, spec.vocabularySize),
        draft: spec.draft && new OnnxDraft(this, runtime, caches(spec.draft.layers)),
      });
    } catch (error) {
      throw fromRuntime(error, `for a conversation of ${String(capacity)} tokens`, runtime.provider);
    }
  }

  prepareGuesses(): void {
    if (!this.#isDisposed) this.#sessions.prepareGuesses();
  }

  /** @throws GlassboxError `request/cancelled`, `request/invalid`, `runtime/failed`, `runtime/gpuFailed`, `model/notLoaded` */
  forward(pass: ForwardPass): Promise<void> {
    return this.#queue(() => this.#sessions.forward(pass));
  }

  /** @throws GlassboxError as `forward` */
  forwardDraft(pass: DraftPass): Promise<void> {
    return this.#queue(() => this.#sessions.forwardDraft(pass));
  }

  /** Waits for the passes that have been asked for. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#lastPass;
    await this.#sessions.dispose();
    for (const { session } of this.#parts.shards) await session.dispose();
    this.#parts.runtime.dispose();
  }

  #throwIfDisposed(): void {
    if (this.#isDisposed) throw new GlassboxError('model/notLoaded', 'The model has been unloaded.');
  }

  /** Runs `pass` when those before it have ended: at once where there are none, so that what its caller does next overlaps. */
  async #queue(pass: () => Promise<void>): Promise<void> {
    this.#throwIfDisposed();
    const run = this.#passes === 0 ? this.#run(pass) : this.#lastPass.then(() => this.#run(pass));
    this.#passes++;
    this.#lastPass = run.then(this.#passEnded, this.#passEnded);
    await run;
  }

  readonly #passEnded = (): void => {
    this.#passes--;
  };

  async #run(pass: () => Promise<void>): Promise<void> {
    try {
      await pass();
    } catch (error) {
      throw fromRuntime(error, 'while it computed the next token', this.#parts.runtime.provider);
    }
  }
}
