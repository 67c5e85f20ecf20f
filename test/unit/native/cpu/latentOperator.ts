import type { OrtRuntime, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import { RopeTable } from '../../../../src/engine/backends/onnx/ropeTable.ts';
import type { RopeSpec } from '../../../../src/models/spec.ts';
import { Random } from '../../../support/random.ts';

export interface LatentOptions {
  readonly heads: number;
  readonly rank: number;
  readonly plainDim: number;
  readonly rotaryDim: number;
  readonly valueDim: number;
  readonly layout: RopeSpec['layout'];
  /** Queries come as an input of their own, and the columns of others stand before the latents. */
  readonly isApart: boolean;
}

/** Of one operator. */
export interface LatentOperatorShape extends LatentOptions {
  readonly rope: RopeSpec;
  readonly scale: number;
  readonly epsilon: number;
  /** `[rank]` */
  readonly norm: Float32Array<ArrayBuffer>;
  /** `[heads, rank, plainDim]` */
  readonly keyUp: Float32Array<ArrayBuffer>;
  /** `[heads, valueDim, rank]` */
  readonly valueUp: Float32Array<ArrayBuffer>;
}

/** What a run is given other than its cache says. */
export interface LatentDamage {
  readonly keys?: readonly number[];
  readonly positions?: number;
  /** The input's columns. */
  readonly columns?: number;
  /** The outputs are a memory of their own. */
  readonly splitsCache?: boolean;
}

const PANEL = 16;
const POSITIONS = 512;
/** Of an input with queries apart: what was there before them. */
const OTHERS = 5;

/** `glassbox.LatentAttention` in a session of its own. */
export class LatentOperator {
  readonly shape: LatentOperatorShape;
  readonly #runtime: OrtRuntime;
  readonly #session: OrtSession;
  readonly #ropes: RopeTable;

  private constructor(shape: LatentOperatorShape, runtime: OrtRuntime, session: OrtSession) {
    this.shape = shape;
    this.#runtime = runtime;
    this.#session = session;
    this.#ropes = new RopeTable(shape.rope);
    this.#ropes.grow(POSITIONS);
  }

  static async create(
    runtime: OrtRuntime,
    options: Partial<LatentOptions> & { readonly wrongMatrix?: 'keyUp' | 'valueUp' } = {},
  ): Promise<LatentOperator> {
    const { heads = 4, rank = 32, plainDim = 16, rotaryDim = 8, valueDim = 16 } = options;
    const { layout = 'halves', isApart = false, wrongMatrix } = options;
    const random = new Random(23);
    const shape: LatentOperatorShape = {
      ...{ heads, rank, plainDim, rotaryDim, valueDim, layout, isApart },
      rope: { dimensions: rotaryDim, base: 10_000, layout, scaling: { kind: 'none' } },
      scale: Math.fround(1 / Math.sqrt(plainDim + rotaryDim)),
      epsilon: Math.fround(1e-5),
      norm: Float32Array.from(random.normals(rank, 0.2, 1)),
      keyUp: Float32Array.from(random.normals(heads * rank * plainDim, 1 / Math.sqrt(rank))),
      valueUp: Float32Array.from(random.normals(heads * valueDim * rank, 1 / Math.sqrt(rank))),
    };
    const graph = new GraphBuilder();
    graph.input('x', 'float32', ['tokens', 'columns']);
    graph.input('keys', 'float16', ['panels', 'dimensions', 'panel']);
    graph.input('position', 'int64', [1]);
    graph.input('cos', 'float32', ['angles', 'pairs']);
    graph.input('sin', 'float32', ['angles', 'pairs']);
    if (isApart) graph.input('queries', 'float32', ['query tokens', 'query columns']);
    const panels = (name: 'keyUp' | 'valueUp', rows: number, columns: number): string => {
      const { values, dims } = inPanels(shape[name], heads, rows, columns);
      const damaged = wrongMatrix === name ? [...dims.slice(0, 2), columns * 2, PANEL / 2] : dims;
      return graph.weight(name, values, damaged);
    };
    graph.nodes(
      'glassbox.LatentAttention',
      ['y', 'next.keys'],
      [
        ...['x', 'keys', 'position', 'cos', 'sin', graph.weight('norm', shape.norm, [rank])],
        panels('keyUp', rank, plainDim),
        panels('valueUp', valueDim, rank),
        ...(isApart ? ['queries'] : []),
      ],
      {
        value_dim: valueDim,
        interleaved: layout === 'interleaved' ? 1 : 0,
        scale: { float: shape.scale },
        epsilon: { float: shape.epsilon },
      },
    );
    graph.output('y', 'float32', ['query tokens', 'outputs']);
    graph.output('next.keys', 'float16', ['panels', 'dimensions', 'panel']);
    const { model, names, initializers } = graph.build('latent attention');
    return new LatentOperator(shape, runtime, await runtime.createSession(model, names, initializers));
  }

  /** Of a token: queries of all heads, latent, key. */
  get columns(): number {
    const { heads, plainDim, rotaryDim, rank } = this.shape;
    return heads * (plainDim + rotaryDim) + rank + rotaryDim;
  }

  /** Columns of y. */
  get outputs(): number {
    return this.shape.heads * this.shape.valueDim;
  }

  /** With room for `tokens`. */
  cache(tokens: number): LatentCache {
    return new LatentCache(this.shape, tokens);
  }

  /** y of tokens `[tokens, columns]` that follow `past` others in the cache, or of the last `queryTokens` of them. */
  async run(
    cache: LatentCache,
    past: number,
    x: Float32Array<ArrayBuffer>,
    { queryTokens, ...damage }: LatentDamage & { readonly queryTokens?: number } = {},
  ): Promise<Float32Array> {
    const { keys = cache.keyShape, positions = POSITIONS, splitsCache } = damage;
    const tokens = x.length / this.columns;
    const looking = queryTokens ?? tokens;
    const y = new Float32Array(looking * this.outputs).fill(NaN);
    const { cos, sin, width } = this.#ropes;
    const runtime = this.#runtime;
    const caches = [
      runtime.tensor(keys === cache.keyShape ? cache.keys : new Uint16Array(product(keys)), keys),
    ];
    const outputs = splitsCache
      ? caches.map(({ data, shape }) => runtime.tensor(new Uint16Array(data.length), shape))
      : caches;
    const [input = x, ...all] = this.shape.isApart ? this.#apart(x, tokens) : [x];
    const queries = all.map((values) => lastRows(values, tokens, looking));
    const tensors = [
      runtime.tensor(input, [
        input.length / (damage.columns ?? input.length / tokens),
        damage.columns ?? input.length / tokens,
      ]),
      ...caches,
      runtime.tensor(BigInt64Array.of(BigInt(past)), [1]),
      runtime.tensor(cos.subarray(0, positions * width), [positions, width]),
      runtime.tensor(sin.subarray(0, positions * width), [positions, width]),
      ...queries.map((values) => runtime.tensor(values, [looking, values.length / looking])),
    ];
    const made = runtime.tensor(y, [looking, this.outputs]);
    try {
      await this.#session.run(tensors, [made, ...outputs]);
      return y;
    } finally {
      for (const tensor of new Set([...tensors, ...outputs, made])) tensor.dispose();
    }
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }

  /** Latents behind something else, and the queries. */
  #apart(x: Float32Array, tokens: number): Float32Array<ArrayBuffer>[] {
    const width = this.shape.rank + this.shape.rotaryDim;
    const queryColumns = this.columns - width;
    const latents = new Float32Array(tokens * (OTHERS + width)).fill(NaN);
    const queries = new Float32Array(tokens * queryColumns);
    for (let token = 0; token < tokens; token++) {
      const row = x.subarray(token * this.columns, (token + 1) * this.columns);
      queries.set(row.subarray(0, queryColumns), token * queryColumns);
      latents.set(row.subarray(queryColumns), token * (OTHERS + width) + OTHERS);
    }
    return [latents, queries];
  }
}

/** Keys of one head as native/cpu/attention/attention.h lays them out. */
export class LatentCache {
  readonly keys: Uint16Array<ArrayBuffer>;
  readonly keyShape: readonly [panels: number, dimensions: number, panel: number];

  constructor({ rank, rotaryDim }: LatentOperatorShape, tokens: number) {
    const panels = Math.ceil(tokens / PANEL);
    this.keyShape = [panels, rank + rotaryDim, PANEL];
    this.keys = new Uint16Array(product(this.keyShape));
  }

  /** The half float of a key's dimension. */
  keyAt(position: number, dimension: number): number {
    const panel = Math.floor(position / PANEL) * this.keyShape[1];
    return this.keys[(panel + dimension) * PANEL + (position % PANEL)] ?? NaN;
  }
}

/** The last `wanted` of so many rows, or these and zeros. */
function lastRows(
  values: Float32Array<ArrayBuffer>,
  rows: number,
  wanted: number,
): Float32Array<ArrayBuffer> {
  const columns = values.length / rows;
  const last = new Float32Array(wanted * columns);
  last.set(values.subarray(Math.max(0, rows - wanted) * columns));
  return last;
}

/** `[heads, rows, columns]` -> `[heads, rows / 16, columns, 16]`, zeros behind the last row. */
function inPanels(
  matrices: Float32Array,
  heads: number,
  rows: number,
  columns: number,
): { readonly values: Float32Array<ArrayBuffer>; readonly dims: readonly number[] } {
  const dims = [heads, Math.ceil(rows / PANEL), columns, PANEL];
  const values = new Float32Array(product(dims));
  let at = 0;
  for (let head = 0; head < heads; head++)
    for (let first = 0; first < rows; first += PANEL)
      for (let column = 0; column < columns; column++)
        for (let row = first; row < first + PANEL; row++, at++)
          values[at] = row < rows ? (matrices[(head * rows + row) * columns + column] ?? NaN) : 0;
  return { values, dims };
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}
