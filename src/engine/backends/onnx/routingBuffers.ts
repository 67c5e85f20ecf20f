import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { RoutedTokens } from '../backend.ts';
import { expertsPerToken } from './expertsPerToken.ts';
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
  readonly #experts: Uint16Array;
  readonly #weights: Float32Array;

  constructor(spec: ModelSpec, shards: readonly Shard[], chunkTokens: number) {
    this.#topK = expertsPerToken(spec);
    this.#shards = shards.map((shard) => {
      const columns = this.#topK * (shard.kind === 'layers' ? layersWithExperts(spec, shard) : 0);
      const length = chunkTokens * columns;
      return { columns, experts: new Int32Array(length), weights: new Float32Array(length) };
    });
    const columns = this.#shards.reduce((sum, shard) => sum + shard.columns, 0);
    this.#layers = this.#topK === 0 ? 0 : columns / this.#topK;
    this.#experts = new Uint16Array(chunkTokens * columns);
    this.#weights = new Float32Array(chunkTokens * columns);
  }

  /** What a shard's graph writes its routing of `tokens` tokens to. `own` takes charge of the tensors. */
  bind(
    runtime: OrtRuntime,
    shard: number,
    tokens: number,
    own: (tensor: OrtTensor) => OrtTensor,
  ): readonly OrtTensor[] {
    const routing = this.#shards[shard];
    if (routing === undefined || routing.columns === 0) return [];
    const { columns, experts, weights } = routing;
    return [experts, weights].map((buffer) =>
      own(runtime.tensor(buffer.subarray(0, tokens * columns), [1, tokens, columns])),
    );
  }

  /** The routing of a run's `tokens`, in memory that the next call uses again; undefined for a model without experts. */
  read(firstPosition: number, tokens: number): RoutedTokens | undefined {
    if (this.#layers === 0) return undefined;
    const columns = this.#layers * this.#topK;
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
