import type { OrtRuntime, OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { LayerSpec, ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RuntimeReport } from '../../../protocol/engine.ts';
import type { CandidatePasses } from '../../sampling/candidatePasses.ts';
import type { BackendModel, BackendSequence, RoutedTokens } from '../backend.ts';
import { Activations, addHandOver } from './activations.ts';
import type { EmbeddingTable } from './embeddingTable.ts';
import type { Kernels } from './kernels.ts';
import { KvBuffers, SPARE_ROWS } from './kvBuffers.ts';
import { OnnxDraft } from './onnxDraft.ts';
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
  readonly kernels: Kernels;
  readonly embedding: EmbeddingTable;
  /** Layers in their order, the head, and the draft where the spec has one. */
  readonly shards: readonly LoadedShard[];
  /** Scales of the norms before the output matrix. */
  readonly norms: {
    readonly output: Float32Array<ArrayBuffer>;
    readonly draft?: Float32Array<ArrayBuffer>;
  };
}

/** One forward pass over at most `CHUNK_TOKENS` tokens that follow `past` tokens in the cache. */
export interface ForwardPass {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** `[1, vocabulary]` for the last token's logits, `[tokens.length, vocabulary]` for all of them. */
  readonly logits: Float32Array<ArrayBuffer>;
  /** `[tokens.length, width]`: where the last layer's residual stream goes, for the draft. */
  readonly hidden: Float32Array | undefined;
  /** See `AppendOptions`. */
  readonly exactRows: boolean;
  readonly signal: AbortSignal | undefined;
  /** Called at the end of a pass through layers with experts, before another one begins. */
  readonly onRouting: ((routing: RoutedTokens) => void) | undefined;
}

/** The draft's pass over at most `CHUNK_TOKENS` rows that follow `past` others in its cache. */
export interface DraftPass {
  /** `[tokens.length, width]`: the last layer's residual stream at some tokens. */
  readonly hidden: Float32Array<ArrayBuffer>;
  /** The tokens that follow each of them. */
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** `[1, vocabulary]`: what may come behind the last of `tokens`. */
  readonly logits: Float32Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal | undefined;
}

export class OnnxModel implements BackendModel {
  readonly chunkTokens = CHUNK_TOKENS;
  readonly runtime: RuntimeReport;
  readonly candidatePasses?: CandidatePasses;
  readonly #parts: OnnxModelParts;
  readonly #activations: Activations;
  readonly #ropes: readonly RopeTable[];
  readonly #routing: RoutingBuffers;
  /** Passes of different sequences use the same sessions and activations: one at a time, in the order of arrival. */
  #lastPass: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  constructor(parts: OnnxModelParts) {
    const { binding, provider, reason, version, threads } = parts.runtime;
    this.runtime = { binding, provider, reason, version, threads, kernels: parts.kernels.report };
    if (parts.kernels.candidatePasses) this.candidatePasses = parts.kernels.candidatePasses;
    this.#parts = parts;
    this.#activations = new Activations(CHUNK_TOKENS, parts.spec.embeddingLength);
    this.#ropes = distinctRopes(parts.spec).map((rope) => new RopeTable(rope));
    const shards = parts.shards.map(({ shard }) => shard);
    this.#routing = new RoutingBuffers(parts.spec, shards, CHUNK_TOKENS);
  }

  /** Of the residual stream. */
  get width(): number {
    return this.#parts.spec.embeddingLength;
  }

  get vocabularySize(): number {
    return this.#parts.spec.vocabularySize;
  }

  createSequence(capacity: number): BackendSequence {
    this.#throwIfDisposed();
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`A sequence needs a capacity of at least one token, not ${capacity}.`);
    }
    for (const rope of this.#ropes) rope.grow(capacity + SPARE_ROWS);
    const { spec, runtime } = this.#parts;
    const caches = (layers: readonly LayerSpec[]): KvBuffers => new KvBuffers(layers, runtime, capacity);
    const draft = spec.draft && new OnnxDraft(this, caches(spec.draft.layers));
    return new OnnxSequence(this, caches(spec.layers), draft);
  }

  /** @throws GlassboxError `request/cancelled`, `request/invalid`, `runtime/failed`, `model/notLoaded` */
  async forward(pass: ForwardPass): Promise<void> {
    return this.#queue((own) => this.#forward(pass, own));
  }

  /** @throws GlassboxError as `forward` */
  async forwardDraft(pass: DraftPass): Promise<void> {
    return this.#queue((own) => this.#forwardDraft(pass, own));
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

  /** Runs `pass` when those before it have ended, and disposes the tensors that it owns. */
  async #queue(pass: (own: OwnTensor) => Promise<void>): Promise<void> {
    this.#throwIfDisposed();
    const run = this.#lastPass.then(async () => {
      const owned: OrtTensor[] = [];
      try {
        await pass((tensor) => {
          owned.push(tensor);
          return tensor;
        });
      } catch (error) {
        throw fromRuntime(error, 'while it computed the next token');
      } finally {
        for (const tensor of owned) tensor.dispose();
      }
    });
    this.#lastPass = run.catch(() => undefined);
    return run;
  }

  async #forward(pass: ForwardPass, own: OwnTensor): Promise<void> {
    const { tokens, past, kv, logits, hidden, exactRows, signal, onRouting } = pass;
    const { runtime, shards, embedding, spec, norms } = this.#parts;
    embedding.lookUp(tokens, this.#activations.input);
    const step = { past, tokens: tokens.length, exactRows, own };
    const position = bindSequence(runtime, spec, this.#ropes, step);
    const tensors = this.#activations.tensors(runtime, tokens.length, own);
    let stream: readonly OrtTensor[] = [tensors.input];
    for (const [index, { shard, session }] of shards.entries()) {
      if (shard.kind !== 'layers') continue;
      const cache = kv.bind(shard.firstLayer, shard.layerCount, step);
      const outputs = tensors.handOver(index);
      const inputs = [...stream, ...position, ...cache.inputs];
      const routing = this.#routing.bind(runtime, index, tokens.length, own);
      await session.run(inputs, [...cache.outputs, ...outputs, ...routing], signal);
      stream = outputs;
    }
    await this.#head(stream, norms.output, { tokens: tokens.length, logits, signal, own });
    if (hidden) addHandOver(stream, hidden);
    const routing = onRouting && this.#routing.read(past, tokens.length);
    if (routing) onRouting(routing);
  }

  async #forwardDraft(pass: DraftPass, own: OwnTensor): Promise<void> {
    const { hidden, tokens, past, kv, logits, signal } = pass;
    const { runtime, shards, embedding, spec, norms } = this.#parts;
    const draft = shards.find(({ shard }) => shard.kind === 'draft');
    if (!draft || !norms.draft)
      throw new GlassboxError('internal', 'The model was loaded without its draft.');
    embedding.lookUp(tokens, this.#activations.input);
    // What the draft says is checked: it need not be exact.
    const step = { past, tokens: tokens.length, exactRows: false, own };
    const tensors = this.#activations.tensors(runtime, tokens.length, own);
    const cache = kv.bind(0, 1, step);
    const stream = tensors.handOver(0);
    const inputs = [
      own(runtime.tensor(hidden, [1, tokens.length, spec.embeddingLength])),
      tensors.input,
      ...bindSequence(runtime, spec, this.#ropes, step),
      ...cache.inputs,
    ];
    await draft.session.run(inputs, [...cache.outputs, ...stream], signal);
    if (logits) await this.#head(stream, norms.draft, { tokens: tokens.length, logits, signal, own });
  }

  /** Logits of the last of `tokens` rows, as many as `logits` has room for. */
  async #head(
    stream: readonly OrtTensor[],
    norm: Float32Array<ArrayBuffer>,
    { tokens, logits, signal, own }: HeadPass,
  ): Promise<void> {
    const { runtime, shards, spec } = this.#parts;
    const rows = logits.length / spec.vocabularySize;
    const inputs = [
      ...this.#activations.lastRows(runtime, stream, tokens, rows, own),
      own(runtime.tensor(norm, [norm.length])),
    ];
    const output = own(runtime.tensor(logits, [1, rows, spec.vocabularySize]));
    const head = shards.find(({ shard }) => shard.kind === 'head');
    await head?.session.run(inputs, [output], signal);
  }
}

type OwnTensor = (tensor: OrtTensor) => OrtTensor;

interface HeadPass {
  readonly tokens: number;
  readonly logits: Float32Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
  readonly own: OwnTensor;
}
