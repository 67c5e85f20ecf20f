import type { OrtRuntime, OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RuntimeReport } from '../../../protocol/engine.ts';
import type { BackendModel, BackendSequence, RoutedTokens } from '../backend.ts';
import { Activations } from './activations.ts';
import type { EmbeddingTable } from './embeddingTable.ts';
import { KvBuffers } from './kvBuffers.ts';
import { OnnxSequence } from './onnxSequence.ts';
import { RopeTable, distinctRopes } from './ropeTable.ts';
import { RoutingBuffers } from './routingBuffers.ts';
import { fromRuntime } from './runtimeErrors.ts';
import { bindSequence } from './sequenceInputs.ts';
import type { Shard } from './shardPlan.ts';

/** Pieces of this many tokens prefill as fast as larger ones (64 cost 5 %), and are a fine grain to stop at. */
export const CHUNK_TOKENS = 128;

export interface LoadedShard {
  readonly shard: Shard;
  readonly session: OrtSession;
}

export interface OnnxModelParts {
  readonly spec: ModelSpec;
  readonly runtime: OrtRuntime;
  readonly embedding: EmbeddingTable;
  /** Layers in their order, then the head. */
  readonly shards: readonly LoadedShard[];
}

/** One forward pass over at most `CHUNK_TOKENS` tokens that follow `past` tokens in the cache. */
export interface ForwardPass {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** `[1, vocabulary]` for the last token's logits, `[tokens.length, vocabulary]` for all of them. */
  readonly logits: Float32Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
  /** Called at the end of a pass through layers with experts, before another one begins. */
  readonly onRouting: ((routing: RoutedTokens) => void) | undefined;
}

export class OnnxModel implements BackendModel {
  readonly chunkTokens = CHUNK_TOKENS;
  readonly runtime: RuntimeReport;
  readonly #parts: OnnxModelParts;
  readonly #activations: Activations;
  readonly #ropes: readonly RopeTable[];
  readonly #routing: RoutingBuffers;
  /** Passes of different sequences use the same sessions and activations: one at a time, in the order of arrival. */
  #lastPass: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  constructor(parts: OnnxModelParts) {
    const { binding, reason, version, threads } = parts.runtime;
    this.runtime = { binding, reason, version, threads };
    this.#parts = parts;
    this.#activations = new Activations(CHUNK_TOKENS, parts.spec.embeddingLength);
    this.#ropes = distinctRopes(parts.spec).map((rope) => new RopeTable(rope));
    const shards = parts.shards.map(({ shard }) => shard);
    this.#routing = new RoutingBuffers(parts.spec, shards, CHUNK_TOKENS);
  }

  get vocabularySize(): number {
    return this.#parts.spec.vocabularySize;
  }

  createSequence(capacity: number): BackendSequence {
    this.#throwIfDisposed();
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`A sequence needs a capacity of at least one token, not ${capacity}.`);
    }
    for (const rope of this.#ropes) rope.grow(capacity);
    return new OnnxSequence(this, new KvBuffers(this.#parts.spec, this.#parts.runtime, capacity));
  }

  /** @throws GlassboxError `request/cancelled`, `request/invalid`, `runtime/failed`, `model/notLoaded` */
  async forward(pass: ForwardPass): Promise<void> {
    this.#throwIfDisposed();
    const run = this.#lastPass.then(() => this.#forward(pass));
    this.#lastPass = run.catch(() => undefined);
    return run;
  }

  /** Waits for the passes that have been asked for. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#lastPass;
    for (const { session } of this.#parts.shards) await session.dispose();
    this.#parts.runtime.dispose();
  }

  #throwIfDisposed(): void {
    if (this.#isDisposed) throw new GlassboxError('model/notLoaded', 'The model has been unloaded.');
  }

  async #forward(pass: ForwardPass): Promise<void> {
    const { tokens, past, kv, logits, signal, onRouting } = pass;
    const { runtime, shards, embedding, spec } = this.#parts;
    const owned: OrtTensor[] = [];
    const own = (tensor: OrtTensor): OrtTensor => {
      owned.push(tensor);
      return tensor;
    };
    try {
      embedding.lookUp(tokens, this.#activations.input);
      const step = { past, tokens: tokens.length, own };
      const position = bindSequence(runtime, spec, this.#ropes, step);
      const tensors = this.#activations.tensors(runtime, tokens.length, own);
      const logitRows = logits.length / spec.vocabularySize;
      let inputs: readonly OrtTensor[] = [tensors.input];
      for (const [index, { shard, session }] of shards.entries()) {
        if (shard.kind === 'head') {
          const rows = this.#activations.lastRows(runtime, inputs, tokens.length, logitRows, own);
          const output = own(runtime.tensor(logits, [1, logitRows, spec.vocabularySize]));
          await session.run(rows, [output], signal);
          continue;
        }
        const cache = kv.bind(shard.firstLayer, shard.layerCount, step);
        const outputs = tensors.handOver(index);
        const allInputs = [...inputs, ...position, ...cache.inputs];
        const routing = this.#routing.bind(runtime, index, tokens.length, own);
        await session.run(allInputs, [...cache.outputs, ...outputs, ...routing], signal);
        inputs = outputs;
      }
    } catch (error) {
      throw fromRuntime(error, 'while it computed the next token');
    } finally {
      for (const tensor of owned) tensor.dispose();
    }
    const routing = onRouting && this.#routing.read(past, tokens.length);
    if (routing) onRouting(routing);
  }
}
