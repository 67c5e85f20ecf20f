import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { ModelSpec } from '../../../models/spec.ts';
import type { AttentionForms } from './attentionForms.ts';
import { KeptByWidth } from './keptByWidth.ts';
import { RopeTable, distinctRopes } from './ropeTable.ts';
import { sequenceReads, type SequenceReads } from './sequenceInputs.ts';

/** A run of the layers. */
export interface SequenceStep {
  /** Tokens in the cache before it. */
  readonly past: number;
  readonly tokens: number;
  /** See `AppendOptions`. */
  readonly exactRows: boolean;
}

/**
 * The tensors of `addSequenceInputs`. A model's runs come one after another, so a number is written where the run before had its
 * own, and only what has another shape is made anew.
 */
export class SequenceTensors {
  readonly #runtime: OrtRuntime;
  readonly #reads: SequenceReads;
  readonly #ropes: readonly RopeTable[];
  /** Cosines and sines of each of them, of `#positions`. */
  #tables: readonly OrtTensor[] = [];
  #positions = 0;
  readonly #rows = new KeptByWidth<OrtTensor>((tensor) => {
    tensor.dispose();
  });
  readonly #tokens: OrtTensor & { readonly data: BigInt64Array };
  readonly #lastPosition: OrtTensor & { readonly data: Int32Array };
  readonly #totalTokens: OrtTensor & { readonly data: Int32Array };
  readonly #firstPosition: OrtTensor & { readonly data: BigInt64Array };
  #mask: OrtTensor | undefined;
  /** By number of tokens. */
  readonly #bound = new Map<number, readonly OrtTensor[]>();

  constructor(runtime: OrtRuntime, spec: ModelSpec, forms: AttentionForms) {
    this.#runtime = runtime;
    this.#reads = sequenceReads(spec, forms);
    this.#ropes = distinctRopes(spec).map((rope) => new RopeTable(rope));
    this.#tokens = runtime.tensor(new BigInt64Array(1), [1]);
    this.#lastPosition = runtime.tensor(new Int32Array(1), [1]);
    this.#totalTokens = runtime.tensor(new Int32Array(1), []);
    this.#firstPosition = runtime.tensor(new BigInt64Array(1), [1]);
  }

  /** Runs may have positions below `positions` from now on. */
  grow(positions: number): void {
    for (const rope of this.#ropes) rope.grow(positions);
  }

  /** For a run of `tokens` that follow `past` others; until the next call. The same array as before where it is the same tensors. */
  bind(step: SequenceStep): readonly OrtTensor[] {
    const bound = this.#bind(step);
    const before = this.#bound.get(step.tokens);
    if (before?.length === bound.length && bound.every((tensor, index) => tensor === before[index]))
      return before;
    this.#bound.set(step.tokens, bound);
    return bound;
  }

  #bind({ past, tokens, exactRows }: SequenceStep): readonly OrtTensor[] {
    const bound: OrtTensor[] = [];
    if (this.#reads.rows) {
      const rows = this.#attentionRows(tokens, exactRows);
      const [count = 0] = rows.shape;
      this.#tokens.data[0] = BigInt(tokens);
      this.#lastPosition.data[0] = past + count - 1;
      this.#totalTokens.data[0] = past + count;
      bound.push(rows, this.#tokens, this.#lastPosition, this.#totalTokens);
    }
    if (this.#reads.position) {
      this.#firstPosition.data[0] = BigInt(past);
      bound.push(this.#firstPosition);
    }
    if (this.#reads.mask) bound.push(this.#causalMask(past, tokens));
    bound.push(...this.#ropeTables());
    return bound;
  }

  /** Not while a run uses its tensors. */
  dispose(): void {
    this.#rows.dispose();
    const numbers = [this.#tokens, this.#lastPosition, this.#totalTokens, this.#firstPosition];
    for (const tensor of [...numbers, ...this.#tables]) tensor.dispose();
    this.#mask?.dispose();
  }

  /**
   * To ONNX Runtime's attention a lone token comes twice if it is to give the same logits as among others (speculative decoding checks several at once):
   * ONNX Runtime multiplies a single row of attention with the values in a kernel that rounds differently, and faster. The copy
   * stands behind the token, which does not see it, and is no part of the result. What it leaves in the cache is written over
   * by the next run.
   */
  #attentionRows(tokens: number, exactRows: boolean): OrtTensor {
    const isTwice = tokens === 1 && exactRows;
    // Two rows that are one token are kept as those of no token.
    return this.#rows.get(isTwice ? 0 : tokens, () => {
      const rows = isTwice ? [0, 0] : Array.from({ length: tokens }, (_, row) => row);
      return this.#runtime.tensor(BigInt64Array.from(rows, BigInt), [rows.length]);
    });
  }

  #causalMask(past: number, tokens: number): OrtTensor {
    if (tokens === 1 && this.#mask?.shape[1] === 1) return this.#mask;
    const { values, shape } = causalMask(past, tokens);
    this.#mask?.dispose();
    return (this.#mask = this.#runtime.tensor(values, shape));
  }

  /** Made here rather than in `grow`: a run that is under way then has the earlier ones. */
  #ropeTables(): readonly OrtTensor[] {
    const positions = this.#ropes[0]?.positions ?? 0;
    if (positions === this.#positions) return this.#tables;
    for (const table of this.#tables) table.dispose();
    this.#tables = this.#ropes.flatMap(({ cos, sin, width }) =>
      [cos, sin].map((table) => this.#runtime.tensor(table, [positions, width])),
    );
    this.#positions = positions;
    return this.#tables;
  }
}

/** A token sees what was before and itself. */
function causalMask(
  past: number,
  tokens: number,
): { readonly values: Float32Array<ArrayBuffer>; readonly shape: readonly number[] } {
  if (tokens === 1) return { values: new Float32Array(1), shape: [1, 1] };
  const total = past + tokens;
  const values = new Float32Array(tokens * total);
  for (let token = 0; token < tokens; token++) {
    values.fill(-Infinity, token * total + past + token + 1, (token + 1) * total);
  }
  return { values, shape: [tokens, total] };
}
