import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { RoutedTokens } from '../backend.ts';
import { expertsPerToken } from './expertsPerToken.ts';
import { KeptByWidth } from './keptByWidth.ts';
import type { Shard } from './shardPlan.ts';

/**
 * Where the graphs of a model's shards write which experts they chose: memory for one chunk, allocated once. Nothing is
 * copied unless somebody asks.
 */
export class RoutingBuffers {
  readonly #layers: number;
  readonly #topK: number;
  /** One for each shard; those whose layers have no experts have no columns. */
  readonly #shards: readonly ShardRouting[];
  readonly #experts: Int32Array;
  readonly #weights: Float32Array;
  /** The one shard that has layers with experts, where it is one. */
  readonly #only: ShardRouting | undefined;
  /** What was read of it last: the view of one token is that of the next. */
  #seen: Pick<ShardRouting, 'experts' | 'weights'> | undefined;
  /** Tensors by shard. */
  readonly #bound = new KeptByWidth<Map<number, readonly OrtTensor[]>>((shards) => {
    for (const tensor of [...shards.values()].flat()) tensor.dispose();
  });

  constructor(spec: ModelSpec, shards: readonly Shard[], chunkTokens: number) {
    this.#topK = expertsPerToken(spec);
    this.#shards = shards.map((shard) => {
      const columns = this.#topK * (shard.kind === 'layers' ? layersWithExperts(spec, shard) : 0);
      const length = chunkTokens * columns;
      return { columns, experts: new Int32Array(length), weights: new Float32Array(length) };
    });
    const columns = this.#shards.reduce((sum, shard) => sum + shard.columns, 0);
    this.#layers = this.#topK === 0 ? 0 : columns / this.#topK;
    this.#only = this.#shards.find((shard) => shard.columns === columns);
    this.#experts = new Int32Array(chunkTokens * columns);
    this.#weights = new Float32Array(chunkTokens * columns);
  }

  /** What a shard's graph writes its routing of `tokens` tokens to, at least until another number of tokens is asked for. */
  bind(runtime: OrtRuntime, shard: number, tokens: number): readonly OrtTensor[] {
    const shards = this.#bound.get(tokens, () => new Map<number, readonly OrtTensor[]>());
    const bound = shards.get(shard) ?? this.#tensors(runtime, shard, tokens);
    shards.set(shard, bound);
    return bound;
  }

  #tensors(runtime: OrtRuntime, shard: number, tokens: number): readonly OrtTensor[] {
    const routing = this.#shards[shard];
    if (routing === undefined || routing.columns === 0) return [];
    const { columns, experts, weights } = routing;
    return [experts, weights].map((buffer) =>
      runtime.tensor(buffer.subarray(0, tokens * columns), [1, tokens, columns]),
    );
  }

  /** Not while a run uses its tensors. */
  dispose(): void {
    this.#bound.dispose();
  }

  /** The routing of a run's `tokens`, in memory that the next run or call uses again; undefined for a model without experts. */
  read(firstPosition: number, tokens: number): RoutedTokens | undefined {
    if (this.#layers === 0) return undefined;
    const columns = this.#layers * this.#topK;
    if (this.#only) {
      if (this.#seen?.experts.length !== tokens * columns) {
        const { experts, weights } = this.#only;
        const length = tokens * columns;
        this.#seen = { experts: experts.subarray(0, length), weights: weights.subarray(0, length) };
      }
      const { experts, weights } = this.#seen;
      return { firstPosition, tokens, layers: this.#layers, topK: this.#topK, experts, weights };
    }
    let column = 0;
    for (const shard of this.#shards) {
      for (let token = 0; token < tokens; token++) {
        const from = token * shard.columns;
        const to = token * columns + column;
        // A row is short: a loop is done before views of its parts are made.
        for (let i = 0; i < shard.columns; i++) {
          this.#experts[to + i] = shard.experts[from + i] ?? 0;
          this.#weights[to + i] = shard.weights[from + i] ?? 0;
        }
      }
      column += shard.columns;
    }
    return {
      firstPosition,
      tokens,
      layers: this.#layers,
      topK: this.#topK,
      experts: this.#experts.subarray(0, tokens * columns),
      weights: this.#weights.subarray(0, tokens * columns),
    };
  }
}

interface ShardRouting {
  /** Layers with experts * topK. */
  readonly columns: number;
  /** `[tokens, columns]` */
  readonly experts: Int32Array<ArrayBuffer>;
  readonly weights: Float32Array<ArrayBuffer>;
}

function layersWithExperts(
  { layers }: ModelSpec,
  { firstLayer, layerCount }: Extract<Shard, { kind: 'layers' }>,
): number {
  const ofShard = layers.slice(firstLayer, firstLayer + layerCount);
  return ofShard.filter(({ feedForward }) => feedForward.kind === 'moe').length;
}
