import type { BlockType } from '../../../../native/kernels/blockType.ts';
import { shardedMatrix } from '../../../../native/kernels/shardedMatrix.ts';
import type { ShardedMatrix } from '../../../../native/webgpu/planShards.ts';
import { mostInShard, type ShardLimits } from '../../../../native/webgpu/weightSpan.ts';
import type { ExpertFeedForward, LatentAttention, LayerSpec, ModelSpec } from '../../../models/spec.ts';
import type { LayerTensor, TensorRole, WeightSource, WeightTensor } from '../../../models/weights.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { OffloadedLayer, OffloadPlan } from './offloadPlan.ts';
import type { MatrixSegment, PlannedMatrix } from './plannedMatrix.ts';

/** Matrices of a layer, in the order in which they are read; groups of one product each. */
export interface PlannedLayer {
  /** Query, key and value, or compressed query and latent, row under row; a group for each type in a row. */
  readonly projection: readonly PlannedMatrix[];
  readonly queryUp?: PlannedMatrix;
  readonly keyUp?: PlannedMatrix;
  readonly valueUp?: PlannedMatrix;
  readonly attentionOutput: PlannedMatrix;
  readonly feedForward: PlannedFeedForward;
}

export type PlannedFeedForward =
  | ({ readonly kind: 'dense' } & PlannedSwiGlu)
  | {
      readonly kind: 'moe';
      readonly router: PlannedMatrix;
      /** Of each expert, with the shared ones behind the routed ones where `sharedSlots` is not 0. */
      readonly gateUp: PlannedGateUp;
      readonly sharedSlots: number;
      /** `[experts, width, inner]`; whether it has the shared experts, too. */
      readonly down: PlannedMatrix;
      readonly isSharedDownFused: boolean;
      /** What of the shared expert is not among the others. */
      readonly shared?: PlannedSwiGlu;
      readonly sharedDown?: PlannedMatrix;
    }
  | {
      /** Routed experts are in memory on the CPU's side. */
      readonly kind: 'offloaded';
      readonly router: PlannedMatrix;
      readonly experts: OffloadedLayer;
      readonly shared?: PlannedSwiGlu;
    };

/** The two matrices that a SwiGLU begins with, cut between inner rows or between experts into slices that a dispatch reads. */
export type PlannedGateUp = readonly GateUpSlice[];

export type GateUpSlice =
  /** Of one type, in one matrix: `[gate | up]` in one shard, or `[experts, gate | up]`. */
  | { readonly kind: 'together'; readonly matrix: PlannedMatrix }
  /** Of two types: some rows, or some experts, of both in one shard. */
  | { readonly kind: 'apart'; readonly gate: PlannedMatrix; readonly up: PlannedMatrix };

/** A feed-forward of its own. */
export interface PlannedSwiGlu {
  readonly gateUp: PlannedGateUp;
  readonly down: PlannedMatrix;
}

export interface PlannedWeights {
  readonly embedding: PlannedMatrix;
  readonly layers: readonly PlannedLayer[];
  /** The embedding where the model has them in one. */
  readonly output: PlannedMatrix;
  /** All of them once, in the order in which a token reads them. */
  readonly matrices: readonly PlannedMatrix[];
}

/**
 * Which matrices a model has on the GPU. What one dispatch reads lies in one matrix: query, key and value; gate and up.
 * @param limits what a shard may have
 * @param offload layers whose experts are elsewhere
 * @throws GlassboxError `model/unsupported`
 */
export function planWeights(
  spec: ModelSpec,
  weights: WeightSource,
  limits: ShardLimits,
  offload?: OffloadPlan,
): PlannedWeights {
  const planner = new WeightPlanner(spec, weights, limits, offload);
  const embedding = planner.matrix('embedding', [planner.whole('embedding')]);
  const layers = spec.layers.map((layer, index) => planner.layer(index, layer));
  const output = spec.tiedEmbedding ? embedding : planner.matrix('output', [planner.whole('output')]);
  return { embedding, layers, output, matrices: planner.matrices };
}

class WeightPlanner {
  readonly #spec: ModelSpec;
  readonly #weights: WeightSource;
  readonly #limits: ShardLimits;
  readonly #offload: OffloadPlan | undefined;
  readonly matrices: PlannedMatrix[] = [];

  constructor(spec: ModelSpec, weights: WeightSource, limits: ShardLimits, offload: OffloadPlan | undefined) {
    this.#spec = spec;
    this.#weights = weights;
    this.#limits = limits;
    this.#offload = offload;
  }

  layer(index: number, { attention, feedForward }: LayerSpec): PlannedLayer {
    const role = (tensor: LayerTensor): TensorRole => `layer.${index}.${tensor}`;
    const name = (part: string): string => `layer.${String(index)}.${part}`;
    const projected: readonly LayerTensor[] =
      attention.kind === 'gqa'
        ? ['attention.query', 'attention.key', 'attention.value']
        : [
            attention.queryRank === undefined ? 'attention.query' : 'attention.query.down',
            'attention.latent',
          ];
    const projection = this.#groups(
      projected.map((tensor) => ({
        part: tensor.slice('attention.'.length),
        segment: this.whole(role(tensor)),
      })),
      name(''),
    );
    const latent = attention.kind === 'mla' ? this.#latent(attention, role, name) : {};
    const attentionOutput = this.matrix(name('attention.output'), [this.whole(role('attention.output'))]);
    return {
      projection,
      ...latent,
      attentionOutput,
      feedForward:
        feedForward.kind === 'dense'
          ? {
              kind: 'dense',
              ...this.#swiGlu(
                role('feedForward.gate'),
                role('feedForward.up'),
                role('feedForward.down'),
                name(''),
              ),
            }
          : (this.#offloaded(index, feedForward, role, name) ?? this.#experts(feedForward, role, name)),
    };
  }

  /** A matrix of one group's segments, remembered in its order. */
  matrix(name: string, segments: readonly MatrixSegment[], grainRows = 4, group?: string): PlannedMatrix {
    const [first] = segments;
    if (first === undefined) throw new RangeError(`${name} has no rows`);
    const { type, columns } = this.#tensor(first.role);
    return this.#add({
      name,
      type,
      rows: segments.reduce((sum, { rows }) => sum + rows, 0),
      columns,
      grainRows,
      ...(group === undefined ? {} : { group }),
      source: { kind: 'rows', segments },
    });
  }

  whole(role: TensorRole): MatrixSegment {
    return { role, firstRow: 0, rows: this.#tensor(role).rows };
  }

  #latent(
    attention: LatentAttention,
    role: (tensor: LayerTensor) => TensorRole,
    name: (part: string) => string,
  ): Pick<PlannedLayer, 'queryUp' | 'keyUp' | 'valueUp'> {
    const { queryHeads: heads, queryRank, latentRank, plainDim, valueDim } = attention;
    const queryUp =
      queryRank === undefined
        ? {}
        : { queryUp: this.matrix(name('query.up'), [this.whole(role('attention.query.up'))]) };
    const both = role('attention.keyValue.up');
    if (this.#weights.tensors.has(role('attention.key.up')))
      return {
        ...queryUp,
        keyUp: this.#headMatrix(name('key.up'), role('attention.key.up'), heads),
        valueUp: this.#headMatrix(name('value.up'), role('attention.value.up'), heads),
      };
    const segments = Array.from({ length: heads }, (_, head) => ({
      role: both,
      firstRow: head * (plainDim + valueDim) + plainDim,
      rows: valueDim,
    }));
    return {
      ...queryUp,
      keyUp: this.#add({
        name: name('key.up'),
        type: 'F32',
        rows: heads * latentRank,
        columns: plainDim,
        grainRows: heads * latentRank,
        source: { kind: 'transposedKeys', role: both, heads, plainDim, valueDim, latentRank },
      }),
      valueUp: this.matrix(name('value.up'), segments, heads * valueDim),
    };
  }

  /** A matrix for each head, all in one piece. */
  #headMatrix(name: string, role: TensorRole, heads: number): PlannedMatrix {
    const { rows } = this.#tensor(role);
    if (rows % heads !== 0) throw new RangeError(`${role} has no matrix for each head`);
    return this.matrix(name, [this.whole(role)], rows);
  }

  /** As few products as can be: neighbours of one type lie in one matrix. */
  #groups(
    parts: readonly { readonly part: string; readonly segment: MatrixSegment }[],
    prefix: string,
  ): PlannedMatrix[] {
    const groups: { parts: string[]; segments: MatrixSegment[]; type: BlockType }[] = [];
    for (const { part, segment } of parts) {
      const { type } = this.#tensor(segment.role);
      const last = groups.at(-1);
      if (last?.type === type) {
        last.parts.push(part);
        last.segments.push(segment);
      } else groups.push({ parts: [part], segments: [segment], type });
    }
    const together = `${prefix}projection`;
    return groups.map(({ parts: names, segments }) =>
      this.matrix(prefix + names.join('+'), segments, 4, together),
    );
  }

  #swiGlu(gate: TensorRole, up: TensorRole, down: TensorRole, prefix: string): PlannedSwiGlu {
    const { rows } = this.#tensor(gate);
    // Gate and up of a row meet in one invocation, so a slice has both.
    const rowsThatFit = 4 * this.#mostTogether(gate, up, 4);
    if (rowsThatFit < 4) throw this.#unsupported(`rows of ${gate} are longer than the GPU binds`);
    const slices = Math.ceil(rows / rowsThatFit);
    const sliceRows = Math.ceil(rows / slices / 4) * 4;
    const gateUp = Array.from({ length: Math.ceil(rows / sliceRows) }, (_, index): GateUpSlice => {
      const firstRow = index * sliceRows;
      const count = Math.min(sliceRows, rows - firstRow);
      return this.#gateUpSlice(
        [{ role: gate, firstRow, rows: count }],
        [{ role: up, firstRow, rows: count }],
        { prefix, suffix: slices === 1 ? '' : `.${String(index)}`, rows: count },
      );
    });
    return { gateUp, down: this.matrix(`${prefix}down`, [this.whole(down)]) };
  }

  /** How many times so many rows of both fit into one shard. */
  #mostTogether(gate: TensorRole, up: TensorRole, rows: number): number {
    const sizes = [gate, up].map((role) => {
      const { type, columns } = this.#tensor(role);
      return shardedMatrix(role, type, rows, columns, rows);
    });
    const total = (of: (size: ShardedMatrix) => number): number =>
      sizes.reduce((sum, size) => sum + of(size), 0);
    return mostInShard(
      {
        quantBytes: total(({ grainQuantBytes }) => grainQuantBytes),
        scaleBytes: total(({ grainScaleBytes, grainHighBytes }) => grainScaleBytes + grainHighBytes),
      },
      this.#limits,
    );
  }

  /** @param gates segments of `rows` rows each, and as many of `ups` */
  #gateUpSlice(
    gates: readonly MatrixSegment[],
    ups: readonly MatrixSegment[],
    { prefix, suffix, rows }: { readonly prefix: string; readonly suffix: string; readonly rows: number },
  ): GateUpSlice {
    const [gate, up] = [gates[0], ups[0]];
    if (gate === undefined || up === undefined) throw new RangeError(`${prefix}gate+up has no rows`);
    if (this.#tensor(gate.role).type === this.#tensor(up.role).type) {
      const both = gates.flatMap((segment, index) => [segment, ups[index] ?? segment]);
      return { kind: 'together', matrix: this.matrix(`${prefix}gate+up${suffix}`, both, 2 * rows) };
    }
    const group = `${prefix}gate+up${suffix}`;
    return {
      kind: 'apart',
      gate: this.matrix(`${prefix}gate${suffix}`, gates, rows, group),
      up: this.matrix(`${prefix}up${suffix}`, ups, rows, group),
    };
  }

  #offloaded(
    index: number,
    { sharedInnerLength }: ExpertFeedForward,
    role: (tensor: LayerTensor) => TensorRole,
    name: (part: string) => string,
  ): PlannedFeedForward | undefined {
    const experts = this.#offload?.layers.find((layer) => layer.index === index);
    if (experts === undefined) return undefined;
    const router = this.matrix(name('router'), [this.whole(role('router'))]);
    if (sharedInnerLength === 0) return { kind: 'offloaded', router, experts };
    const [gate, up, down] = [role('sharedExpert.gate'), role('sharedExpert.up'), role('sharedExpert.down')];
    return {
      kind: 'offloaded',
      router,
      experts,
      shared: this.#swiGlu(gate, up, down, name('sharedExpert.')),
    };
  }

  #experts(
    { experts, expertInnerLength: inner, sharedInnerLength }: ExpertFeedForward,
    role: (tensor: LayerTensor) => TensorRole,
    name: (part: string) => string,
  ): PlannedFeedForward {
    const width = this.#spec.embeddingLength;
    const router = this.matrix(name('router'), [this.whole(role('router'))]);
    const [gate, up, down] = [role('experts.gate'), role('experts.up'), role('experts.down')];
    const typeOf = (tensor: TensorRole): BlockType => this.#tensor(tensor).type;
    const [sharedGate, sharedUp, sharedDown] = [
      role('sharedExpert.gate'),
      role('sharedExpert.up'),
      role('sharedExpert.down'),
    ];
    const hasShared = sharedInnerLength > 0;
    // A shared expert is as many of the routed ones' size as its rows make: it then costs no dispatch of its own.
    const isFused =
      hasShared &&
      sharedInnerLength % inner === 0 &&
      typeOf(sharedGate) === typeOf(gate) &&
      typeOf(sharedUp) === typeOf(up);
    const sharedSlots = isFused ? sharedInnerLength / inner : 0;
    /** One of each expert's matrices behind each other. */
    const ofExperts = (routed: TensorRole, shared: TensorRole): MatrixSegment[] => {
      const segments = (each: TensorRole, count: number): MatrixSegment[] =>
        Array.from({ length: count }, (_, expert) => ({ role: each, firstRow: expert * inner, rows: inner }));
      return [...segments(routed, experts), ...segments(shared, sharedSlots)];
    };
    const gateUp = this.#expertSlices(ofExperts(gate, sharedGate), ofExperts(up, sharedUp), {
      prefix: name('experts.'),
      rows: inner,
    });
    // Rows of a wider matrix can be cut where blocks end, but lie apart in the file: with one slot they are whole rows.
    const isSharedDownFused = sharedSlots === 1 && typeOf(sharedDown) === typeOf(down);
    const downSegments = [
      ...Array.from({ length: experts }, (_, expert) => ({
        role: down,
        firstRow: expert * width,
        rows: width,
      })),
      ...(isSharedDownFused ? [this.whole(sharedDown)] : []),
    ];
    const plannedDown = this.matrix(name('experts.down'), downSegments, width);
    const parts = { router, gateUp, sharedSlots, down: plannedDown, isSharedDownFused } as const;
    if (!hasShared || isSharedDownFused) return { kind: 'moe', ...parts };
    if (isFused)
      return {
        kind: 'moe',
        ...parts,
        sharedDown: this.matrix(name('sharedExpert.down'), [this.whole(sharedDown)]),
      };
    return {
      kind: 'moe',
      ...parts,
      shared: this.#swiGlu(sharedGate, sharedUp, sharedDown, name('sharedExpert.')),
    };
  }

  /** Of one type they lie in one matrix, which is cut between experts; of two, in as many slices as shards have to be. */
  #expertSlices(
    gates: readonly MatrixSegment[],
    ups: readonly MatrixSegment[],
    place: { readonly prefix: string; readonly rows: number },
  ): PlannedGateUp {
    const [gate, up] = [gates[0], ups[0]];
    if (gate === undefined || up === undefined) throw new RangeError(`${place.prefix}gate+up has no experts`);
    const isOne = this.#tensor(gate.role).type === this.#tensor(up.role).type;
    const most = isOne ? gates.length : this.#mostTogether(gate.role, up.role, place.rows);
    if (most < 1) throw this.#unsupported(`an expert of ${gate.role} is larger than the GPU binds`);
    const slices: GateUpSlice[] = [];
    for (let first = 0; first < gates.length; first += most)
      slices.push(
        this.#gateUpSlice(gates.slice(first, first + most), ups.slice(first, first + most), {
          ...place,
          suffix: most >= gates.length ? '' : `.${String(slices.length)}`,
        }),
      );
    return slices;
  }

  #add(matrix: PlannedMatrix): PlannedMatrix {
    this.matrices.push(matrix);
    return matrix;
  }

  /** Rows of a stack are counted through. */
  #tensor(role: TensorRole): {
    readonly type: WeightTensor['type'];
    readonly rows: number;
    readonly columns: number;
  } {
    const tensor = this.#weights.tensors.get(role);
    if (tensor === undefined) throw new GlassboxError('internal', `The model has no tensor ${role}.`);
    const columns = tensor.shape.at(-1) ?? 1;
    return {
      type: tensor.type,
      columns,
      rows: tensor.shape.slice(0, -1).reduce((all, size) => all * size, 1),
    };
  }

  #unsupported(problem: string): GlassboxError {
    return new GlassboxError(
      'model/unsupported',
      `${this.#spec.name} cannot run on the GPU: ${problem}. Use the CPU.`,
    );
  }
}
