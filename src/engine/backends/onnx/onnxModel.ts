import type { OrtRuntime, OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { LayerSpec, ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { RuntimeReport } from '../../../protocol/engine.ts';
import type { VocabularyPasses } from '../../sampling/vocabularyPasses.ts';
import type { BackendModel, BackendSequence, RoutedTokens } from '../backend.ts';
import { canBeLogits } from '../canBeLogits.ts';
import { Activations, addHandOver } from './activations.ts';
import type { EmbeddingTable } from './embeddingTable.ts';
import type { Kernels } from './kernels.ts';
import { KvBuffers } from './kvBuffers.ts';
import { OnnxDraft } from './onnxDraft.ts';
import { OnnxSequence } from './onnxSequence.ts';
import { RopeTable, distinctRopes } from './ropeTable.ts';
import { RoutingBuffers } from './routingBuffers.ts';
import { SPARE_ROWS } from './runtimeAttention.ts';
import { fromRuntime, wrongLogits } from './runtimeErrors.ts';
import { bindSequence } from './sequenceInputs.ts';
import type { Shard } from './shardPlan.ts';

/** Pieces of this many tokens prefill as fast as larger ones (64 cost 5 %), and are a fine grain to stop at. */
export const CHUNK_TOKENS = 128;

/** Behind guesses the draft has no more to read; a piece of a prompt is longer. */
export const SHORT_DRAFT_TOKENS = 16;

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
  /** Whether the draft's pass over at most `SHORT_DRAFT_TOKENS` is too short for another thread. */
  readonly isDraftShort: boolean;
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
  /** Called when the layers of a pass are computed and its logits are not yet; never for a model without experts. */
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
  readonly vocabularyPasses?: VocabularyPasses;
  readonly #parts: OnnxModelParts;
  readonly #activations: Activations;
  readonly #ropes: readonly RopeTable[];
  readonly #routing: RoutingBuffers;
  readonly #normTensors = new Map<Float32Array, OrtTensor>();
  /** Passes of different sequences use the same sessions and activations: one at a time, in the order of arrival. */
  #lastPass: Promise<unknown> = Promise.resolve();
  #passes = 0;
  #isDisposed = false;

  constructor(parts: OnnxModelParts) {
    const { binding, provider, reason, version, threads } = parts.runtime;
    this.runtime = { binding, provider, reason, version, threads, kernels: parts.kernels.report };
    const passes = parts.kernels.vocabularyPasses?.(parts.spec.vocabularySize);
    if (passes) this.vocabularyPasses = passes;
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
    const { spec, runtime, kernels } = this.#parts;
    const caches = (layers: readonly LayerSpec[]): KvBuffers =>
      new KvBuffers(layers, kernels.attention, runtime, capacity);
    try {
      const draft = spec.draft && new OnnxDraft(this, caches(spec.draft.layers));
      return new OnnxSequence(this, caches(spec.layers), draft);
    } catch (error) {
      throw fromRuntime(error, `for a conversation of ${String(capacity)} tokens`, runtime.provider);
    }
  }

  /** @throws GlassboxError `request/cancelled`, `request/invalid`, `runtime/failed`, `runtime/gpuFailed`, `model/notLoaded` */
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
    this.#activations.dispose();
    this.#routing.dispose();
    for (const tensor of this.#normTensors.values()) tensor.dispose();
    for (const { session } of this.#parts.shards) await session.dispose();
    this.#parts.runtime.dispose();
  }

  #throwIfDisposed(): void {
    if (this.#isDisposed) throw new GlassboxError('model/notLoaded', 'The model has been unloaded.');
  }

  /** Runs `pass` when those before it have ended: at once where there are none, so that what its caller does next overlaps. */
  async #queue(pass: (own: OwnTensor) => Promise<void>): Promise<void> {
    this.#throwIfDisposed();
    const run = this.#passes === 0 ? this.#run(pass) : this.#lastPass.then(() => this.#run(pass));
    this.#passes++;
    this.#lastPass = run.then(this.#passEnded, this.#passEnded);
    return run;
  }

  readonly #passEnded = (): void => {
    this.#passes--;
  };

  /** Runs `pass`, and disposes the tensors that it owns. */
  async #run(pass: (own: OwnTensor) => Promise<void>): Promise<void> {
    const owned: OrtTensor[] = [];
    try {
      await pass((tensor) => {
        owned.push(tensor);
        return tensor;
      });
    } catch (error) {
      throw fromRuntime(error, 'while it computed the next token', this.#parts.runtime.provider);
    } finally {
      for (const tensor of owned) tensor.dispose();
    }
  }

  async #forward(pass: ForwardPass, own: OwnTensor): Promise<void> {
    const { tokens, past, kv, logits, hidden, exactRows, signal, onRouting } = pass;
    const { runtime, kernels, shards, embedding, spec, norms } = this.#parts;
    embedding.lookUp(tokens, this.#activations.input);
    const step = { past, tokens: tokens.length, exactRows, forms: kernels.attention, own };
    const position = bindSequence(runtime, spec, this.#ropes, step);
    const tensors = this.#activations.tensors(runtime, tokens.length);
    let stream: readonly OrtTensor[] = [tensors.input];
    for (const [index, { shard, session }] of shards.entries()) {
      if (shard.kind !== 'layers') continue;
      const cache = kv.bind(shard.firstLayer, shard.layerCount, step);
      const outputs = tensors.handOver(index);
      const inputs = [...stream, ...position, ...cache.inputs];
      const routing = this.#routing.bind(runtime, index, tokens.length);
      await session.run(inputs, [...cache.outputs, ...outputs, ...routing], signal);
      stream = outputs;
    }
    const computing = this.#head(stream, norms.output, { tokens: tokens.length, logits, signal, own });
    try {
      // The layers are done: who records them does so while the head computes.
      if (hidden) addHandOver(stream, hidden);
      const routing = onRouting && this.#routing.read(past, tokens.length);
      if (routing) onRouting(routing);
    } finally {
      // What it reads and writes must outlive it, whatever happens here.
      await computing;
    }
    const { provider } = runtime;
    if (provider === 'cpu') return;
    for (let row = 0; row < logits.length; row += spec.vocabularySize)
      if (!canBeLogits(logits.subarray(row, row + spec.vocabularySize))) throw wrongLogits(provider);
  }

  async #forwardDraft(pass: DraftPass, own: OwnTensor): Promise<void> {
    const { hidden, tokens, past, kv, logits, signal } = pass;
    const { runtime, kernels, shards, embedding, spec, norms, isDraftShort } = this.#parts;
    const draft = shards.find(({ shard }) => shard.kind === 'draft');
    if (!draft || !norms.draft)
      throw new GlassboxError('internal', 'The model was loaded without its draft.');
    embedding.lookUp(tokens, this.#activations.input);
    // What the draft says is checked: it need not be exact.
    const step = { past, tokens: tokens.length, exactRows: false, forms: kernels.attention, own };
    const { input } = this.#activations.tensors(runtime, tokens.length);
    const cache = kv.bind(0, 1, step);
    const stream = this.#activations.row(runtime);
    const inputs = [
      own(runtime.tensor(hidden, [1, tokens.length, spec.embeddingLength])),
      input,
      ...bindSequence(runtime, spec, this.#ropes, step),
      ...cache.inputs,
    ];
    const isShort = isDraftShort && tokens.length <= SHORT_DRAFT_TOKENS;
    await runSession(draft.session, inputs, [...cache.outputs, ...stream], { signal, isShort });
    if (logits) await this.#head(stream, norms.draft, { tokens: 1, logits, signal, own, isShort });
  }

  /** Logits of the last of `tokens` rows, as many as `logits` has room for. */
  async #head(
    stream: readonly OrtTensor[],
    norm: Float32Array<ArrayBuffer>,
    { tokens, logits, signal, own, isShort = false }: HeadPass,
  ): Promise<void> {
    const { runtime, shards, spec } = this.#parts;
    const rows = logits.length / spec.vocabularySize;
    const inputs = [
      ...this.#activations.lastRows(runtime, stream, tokens, rows, own),
      this.#normTensor(norm),
    ];
    const output = own(runtime.tensor(logits, [1, rows, spec.vocabularySize]));
    const head = shards.find(({ shard }) => shard.kind === 'head');
    if (head) await runSession(head.session, inputs, [output], { signal, isShort });
  }

  #normTensor(norm: Float32Array<ArrayBuffer>): OrtTensor {
    const tensor = this.#normTensors.get(norm) ?? this.#parts.runtime.tensor(norm, [norm.length]);
    this.#normTensors.set(norm, tensor);
    return tensor;
  }
}

type OwnTensor = (tensor: OrtTensor) => OrtTensor;

interface HeadPass {
  readonly tokens: number;
  readonly logits: Float32Array<ArrayBuffer>;
  readonly signal: AbortSignal | undefined;
  readonly own: OwnTensor;
  readonly isShort?: boolean;
}

/** @param isShort nothing would be gained on another thread */
async function runSession(
  session: OrtSession,
  inputs: readonly OrtTensor[],
  outputs: readonly OrtTensor[],
  { signal, isShort }: { readonly signal: AbortSignal | undefined; readonly isShort: boolean },
): Promise<void> {
  if (isShort && session.runHere) session.runHere(inputs, outputs);
  else await session.run(inputs, outputs, signal);
}
