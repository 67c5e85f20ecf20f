import type { OrtRuntime, OrtSession } from '../../../../native/onnxruntime/runtime.ts';
import { GraphBuilder } from '../../../../src/engine/backends/onnx/graphBuilder.ts';
import { RopeTable } from '../../../../src/engine/backends/onnx/ropeTable.ts';
import type { RopeSpec } from '../../../../src/models/spec.ts';
import { Random } from '../../../support/random.ts';

export interface AttentionOptions {
  readonly queryHeads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly rotaryDim: number;
  readonly layout: RopeSpec['layout'];
  readonly norms: boolean;
  readonly scale: number;
  readonly normLength: number;
}

/** Of one operator. */
export interface AttentionShape extends AttentionOptions {
  readonly rope: RopeSpec;
  readonly queryNorm: Float32Array<ArrayBuffer> | undefined;
  readonly keyNorm: Float32Array<ArrayBuffer> | undefined;
  readonly epsilon: number;
}

/** What a run is given other than its cache says. */
export interface Damage {
  readonly keys?: readonly number[];
  readonly values?: readonly number[];
  readonly positions?: number;
  /** The input's columns. */
  readonly columns?: number;
  /** The outputs are a memory of their own. */
  readonly splitsCache?: boolean;
}

const PANEL = 16;
const POSITIONS = 512;

/** `glassbox.Attention` in a session of its own. */
export class AttentionOperator {
  readonly shape: AttentionShape;
  readonly #runtime: OrtRuntime;
  readonly #session: OrtSession;
  readonly #ropes: RopeTable;

  private constructor(shape: AttentionShape, runtime: OrtRuntime, session: OrtSession) {
    this.shape = shape;
    this.#runtime = runtime;
    this.#session = session;
    this.#ropes = new RopeTable(shape.rope);
    this.#ropes.grow(POSITIONS);
  }

  static async create(
    runtime: OrtRuntime,
    options: Partial<AttentionOptions> = {},
  ): Promise<AttentionOperator> {
    const { queryHeads = 4, kvHeads = 2, headDim = 32, norms = false, layout = 'halves' } = options;
    const { rotaryDim = headDim, scale = 1 / Math.sqrt(headDim), normLength = headDim } = options;
    const random = new Random(17);
    const norm = (): Float32Array<ArrayBuffer> | undefined =>
      norms ? Float32Array.from(random.normals(normLength, 0.2, 1)) : undefined;
    const shape: AttentionShape = {
      ...{ queryHeads, kvHeads, headDim, rotaryDim, layout, norms, scale: Math.fround(scale), normLength },
      rope: { dimensions: rotaryDim, base: 10_000, layout, scaling: { kind: 'none' } },
      queryNorm: norm(),
      keyNorm: norm(),
      epsilon: Math.fround(1e-5),
    };
    const graph = new GraphBuilder();
    graph.input('x', 'float32', ['tokens', 'columns']);
    graph.input('keys', 'float16', ['heads', 'panels', 'dimensions', 'panel']);
    graph.input('values', 'float16', ['heads', 'rows', 'width']);
    graph.input('position', 'int64', [1]);
    graph.input('cos', 'float32', ['angles', 'pairs']);
    graph.input('sin', 'float32', ['angles', 'pairs']);
    const weights = [shape.queryNorm, shape.keyNorm].flatMap((values, index) =>
      values ? [graph.weight(`norm.${index}`, values, [values.length])] : [],
    );
    graph.nodes(
      'glassbox.Attention',
      ['y', 'next.keys', 'next.values'],
      ['x', 'keys', 'values', 'position', 'cos', 'sin', ...weights],
      {
        query_heads: queryHeads,
        interleaved: layout === 'interleaved' ? 1 : 0,
        scale: { float: scale },
        epsilon: { float: shape.epsilon },
      },
    );
    graph.output('y', 'float32', ['tokens', 'outputs']);
    graph.output('next.keys', 'float16', ['heads', 'panels', 'dimensions', 'panel']);
    graph.output('next.values', 'float16', ['heads', 'rows', 'width']);
    const { model, names, initializers } = graph.build('attention');
    return new AttentionOperator(shape, runtime, await runtime.createSession(model, names, initializers));
  }

  /** Columns of y. */
  get outputs(): number {
    return this.shape.queryHeads * this.shape.headDim;
  }

  /** With room for `tokens`. */
  cache(tokens: number): AttentionCache {
    return new AttentionCache(this.shape, tokens);
  }

  /** y of tokens that follow `past` others in the cache. */
  async run(
    cache: AttentionCache,
    past: number,
    x: Float32Array<ArrayBuffer>,
    damage: Damage = {},
  ): Promise<Float32Array> {
    const { queryHeads, kvHeads, headDim } = this.shape;
    const { keys = cache.keyShape, values = cache.valueShape, positions = POSITIONS, splitsCache } = damage;
    const columns = damage.columns ?? (queryHeads + 2 * kvHeads) * headDim;
    const tokens = x.length / columns;
    const y = new Float32Array(tokens * this.outputs).fill(NaN);
    const { cos, sin, width } = this.#ropes;
    const runtime = this.#runtime;
    const caches = [
      runtime.tensor(keys === cache.keyShape ? cache.keys : new Uint16Array(product(keys)), keys),
      runtime.tensor(values === cache.valueShape ? cache.values : new Uint16Array(product(values)), values),
    ];
    const outputs = splitsCache
      ? caches.map(({ data, shape }) => runtime.tensor(new Uint16Array(data.length), shape))
      : caches;
    const tensors = [
      runtime.tensor(x, [tokens, columns]),
      ...caches,
      runtime.tensor(BigInt64Array.of(BigInt(past)), [1]),
      runtime.tensor(cos.subarray(0, positions * width), [positions, width]),
      runtime.tensor(sin.subarray(0, positions * width), [positions, width]),
    ];
    const made = runtime.tensor(y, [tokens, this.outputs]);
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
}

/** Keys and values as native/cpu/attention/attention.h lays them out. */
export class AttentionCache {
  readonly keys: Uint16Array<ArrayBuffer>;
  readonly values: Uint16Array<ArrayBuffer>;
  readonly keyShape: readonly [heads: number, panels: number, dimensions: number, panel: number];
  readonly valueShape: readonly [heads: number, rows: number, width: number];

  constructor({ kvHeads, headDim }: AttentionShape, tokens: number) {
    const panels = Math.ceil(tokens / PANEL);
    this.keyShape = [kvHeads, panels, headDim, PANEL];
    this.valueShape = [kvHeads, panels * PANEL, Math.ceil(headDim / PANEL) * PANEL];
    this.keys = new Uint16Array(product(this.keyShape));
    this.values = new Uint16Array(product(this.valueShape));
  }

  /** The half float of a key's dimension. */
  keyAt(head: number, position: number, dimension: number): number {
    const [, panels, dimensions] = this.keyShape;
    const panel = head * panels + Math.floor(position / PANEL);
    return this.keys[(panel * dimensions + dimension) * PANEL + (position % PANEL)] ?? NaN;
  }

  /** As `keyAt`. */
  valueAt(head: number, position: number, dimension: number): number {
    const [, rows, width] = this.valueShape;
    return this.values[(head * rows + position) * width + dimension] ?? NaN;
  }
}

/** IEEE 754 binary16 by its definition. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}
