import type { OrtSession, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { Activations, type HandOver } from './activations.ts';
import type { CacheBinding, KvBuffers } from './kvBuffers.ts';
import type { LogitsTensor } from './logitsBuffer.ts';
import type { ModelParts } from './modelParts.ts';
import { RoutingBuffers } from './routingBuffers.ts';
import { SequenceTensors } from './sequenceTensors.ts';
import type { LayerShard } from './shardPlan.ts';
import { SHORT_TOKENS } from './shortRuns.ts';

/** Tokens that follow `past` others in a cache, to be computed through all layers. */
export interface PassRows {
  readonly tokens: readonly number[];
  readonly past: number;
  readonly kv: KvBuffers;
  /** Of the last token or of all of them; absent where nobody wants any. */
  readonly logits: LogitsTensor | undefined;
  /** See `AppendOptions`. */
  readonly exactRows: boolean;
}

/** A run of a session and the tensors that it reads and writes. */
export interface SessionRun {
  readonly session: OrtSession;
  readonly inputs: readonly OrtTensor[];
  readonly outputs: readonly OrtTensor[];
}

/** What computes a pass. */
export interface BoundPass {
  /** One after another. */
  readonly layers: readonly SessionRun[];
  /** Behind them, where logits are wanted. */
  readonly head: SessionRun | undefined;
  /** What the layers hand over to the head: the residual stream and what is yet to be added. */
  readonly stream: readonly OrtTensor[];
}

interface LoadedLayers {
  readonly shard: LayerShard;
  readonly session: OrtSession;
}

/** What runs are made of. */
interface Bindings {
  readonly position: readonly OrtTensor[];
  /** Of each shard of layers. */
  readonly caches: readonly CacheBinding[];
  readonly tensors: HandOver;
  /** Of each shard of layers. */
  readonly routing: readonly (readonly OrtTensor[])[];
  readonly logits: LogitsTensor | undefined;
}

interface KeptPass {
  readonly bindings: Bindings;
  readonly pass: BoundPass;
}

/** Whoever binds gives the same objects for the same tensors. */
function areSame(one: Bindings, other: Bindings): boolean {
  return (
    one.position === other.position &&
    one.tensors === other.tensors &&
    one.logits === other.logits &&
    one.caches.every((cache, index) => cache === other.caches[index]) &&
    one.routing.every((tensors, index) => tensors === other.routing[index])
  );
}

/** What a pass reads and writes beside the caches. One pass at a time. */
export class PassMemory {
  readonly activations: Activations;
  readonly sequence: SequenceTensors;
  readonly routing: RoutingBuffers;
  /** From the residual stream to logits. */
  readonly head: OrtSession;
  readonly #parts: ModelParts;
  readonly #layers: readonly LoadedLayers[];
  readonly #norm: OrtTensor;
  /** By number of tokens: a reply's short passes of as many tokens have the same tensors. */
  readonly #kept = new WeakMap<KvBuffers, Map<number, KeptPass>>();

  /** @param mostTokens of a pass */
  constructor(parts: ModelParts, mostTokens: number) {
    const { spec, runtime, kernels, shards, norms } = parts;
    this.#parts = parts;
    this.#layers = shards.flatMap(({ shard, session }) =>
      shard.kind === 'layers' ? [{ shard, session }] : [],
    );
    const head = shards.find(({ shard }) => shard.kind === 'head');
    if (!head) throw new GlassboxError('internal', 'The model was loaded without its head.');
    this.head = head.session;
    this.activations = new Activations(mostTokens, spec.embeddingLength);
    this.sequence = new SequenceTensors(runtime, spec, kernels.attention);
    this.routing = new RoutingBuffers(
      spec,
      this.#layers.map(({ shard }) => shard),
      mostTokens,
    );
    this.#norm = runtime.tensor(norms.output, [norms.output.length]);
  }

  /** Takes the tokens' embeddings and binds what is to be run; until the next call. */
  bind({ tokens, past, kv, logits, exactRows }: PassRows): BoundPass {
    const { runtime, embedding } = this.#parts;
    embedding.lookUp(tokens, this.activations.input);
    const step = { past, tokens: tokens.length, exactRows };
    const bindings: Bindings = {
      position: this.sequence.bind(step),
      caches: this.#layers.map(({ shard }) => kv.bind(shard.firstLayer, shard.layerCount, step)),
      tensors: this.activations.tensors(runtime, tokens.length),
      routing: this.#layers.map((_, index) => this.routing.bind(runtime, index, tokens.length)),
      logits,
    };
    if (tokens.length > SHORT_TOKENS) return this.#join(bindings, tokens.length);
    const passes = this.#kept.get(kv) ?? new Map<number, KeptPass>();
    const kept = passes.get(tokens.length);
    if (kept && areSame(kept.bindings, bindings)) return kept.pass;
    const pass = this.#join(bindings, tokens.length);
    this.#kept.set(kv, passes.set(tokens.length, { bindings, pass }));
    return pass;
  }

  #join({ position, caches, tensors, routing, logits }: Bindings, tokens: number): BoundPass {
    let stream: readonly OrtTensor[] = [tensors.input];
    const layers = this.#layers.map(({ session }, index): SessionRun => {
      const cache = caches[index];
      const inputs = [...stream, ...position, ...(cache?.inputs ?? [])];
      stream = tensors.handOver(index);
      return { session, inputs, outputs: [...(cache?.outputs ?? []), ...stream, ...(routing[index] ?? [])] };
    });
    if (!logits) return { layers, head: undefined, stream };
    const hasAllRows = logits.data.length === tokens * this.#parts.spec.vocabularySize;
    const wanted = hasAllRows ? stream : tensors.lastRow(this.#layers.length - 1);
    return {
      layers,
      head: { session: this.head, inputs: [...wanted, this.#norm], outputs: [logits] },
      stream,
    };
  }

  /** Not while a pass is under way. */
  dispose(): void {
    this.activations.dispose();
    this.sequence.dispose();
    this.routing.dispose();
    this.#norm.dispose();
  }
}
