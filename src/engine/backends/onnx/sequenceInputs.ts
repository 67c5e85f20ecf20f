import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import type { AttentionSpec, ModelSpec } from '../../../models/spec.ts';
import type { AttentionForms } from './attentionForms.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
import type { RopeTable } from './ropeTable.ts';
import { distinctRopes } from './ropeTable.ts';

/** Graph inputs that say where a run's tokens lie in the sequence; attention of every layer reads the same (`AttentionForms`). */
export const SEQUENCE_INPUTS = {
  /** int64 `[rows]`: of the run's tokens those that grouped attention sees, see `attentionRows`. */
  attentionRows: 'attention_rows',
  /** int64 `[1]`: the run's tokens, which are the first of these rows. */
  tokens: 'tokens',
  /** int32 `[1]`: rows in the cache after grouped attention, less one. */
  lastPosition: 'last_position',
  /** int32 scalar: rows in the cache after grouped attention. */
  totalTokens: 'total_tokens',
  /** int64 `[1]`: tokens in the cache before this run; the first of them has this position. */
  firstPosition: 'first_position',
  /** float `[tokens, total tokens]`, or `[1, 1]` for a single token: added to scores, -Infinity where a token must not look. */
  causalMask: 'causal_mask',
} as const;

/** `[positions, dimensions / 2]`, for each of the model's `distinctRopes`. */
export function cosInput(index: number): ValueName {
  return `rope.${index}.cos`;
}

/** As `cosInput`. */
export function sinInput(index: number): ValueName {
  return `rope.${index}.sin`;
}

/** Declares what the layers of a model read, in the order of `bindSequence`. */
export function addSequenceInputs(graph: GraphBuilder, spec: ModelSpec, forms: AttentionForms): void {
  if (readsRows(spec, forms)) {
    graph.input(SEQUENCE_INPUTS.attentionRows, 'int64', ['attention rows']);
    graph.input(SEQUENCE_INPUTS.tokens, 'int64', [1]);
    graph.input(SEQUENCE_INPUTS.lastPosition, 'int32', [1]);
    graph.input(SEQUENCE_INPUTS.totalTokens, 'int32', []);
  }
  if (readsPosition(spec, forms)) graph.input(SEQUENCE_INPUTS.firstPosition, 'int64', [1]);
  if (readsMask(spec, forms))
    graph.input(SEQUENCE_INPUTS.causalMask, 'float32', ['mask rows', 'mask columns']);
  distinctRopes(spec).forEach((rope, index) => {
    const shape = ['positions', rope.dimensions / 2];
    graph.input(cosInput(index), 'float32', shape);
    graph.input(sinInput(index), 'float32', shape);
  });
}

/** A run of the layers. */
export interface SequenceStep {
  /** Tokens in the cache before it. */
  readonly past: number;
  readonly tokens: number;
  /** See `AppendOptions`. */
  readonly exactRows: boolean;
  readonly forms: AttentionForms;
  readonly own: (tensor: OrtTensor) => OrtTensor;
}

/** The tensors of `addSequenceInputs` for a run of `tokens` that follow `past` others. `own` takes charge of each. */
export function bindSequence(
  runtime: OrtRuntime,
  spec: ModelSpec,
  ropes: readonly RopeTable[],
  { past, tokens, exactRows, forms, own }: SequenceStep,
): OrtTensor[] {
  const tensors: OrtTensor[] = [];
  if (readsRows(spec, forms)) {
    const rows = attentionRows(tokens, exactRows);
    tensors.push(
      runtime.tensor(BigInt64Array.from(rows, BigInt), [rows.length]),
      runtime.tensor(BigInt64Array.of(BigInt(tokens)), [1]),
      runtime.tensor(Int32Array.of(past + rows.length - 1), [1]),
      runtime.tensor(Int32Array.of(past + rows.length), []),
    );
  }
  if (readsPosition(spec, forms)) tensors.push(runtime.tensor(BigInt64Array.of(BigInt(past)), [1]));
  if (readsMask(spec, forms)) {
    const { values, shape } = causalMask(past, tokens);
    tensors.push(runtime.tensor(values, shape));
  }
  for (const { cos, sin, positions, width } of ropes) {
    tensors.push(runtime.tensor(cos, [positions, width]), runtime.tensor(sin, [positions, width]));
  }
  return tensors.map(own);
}

/**
 * To ONNX Runtime's attention a lone token comes twice if it is to give the same logits as among others (speculative decoding checks several at once):
 * ONNX Runtime multiplies a single row of attention with the values in a kernel that rounds differently, and faster. The copy
 * stands behind the token, which does not see it, and is no part of the result. What it leaves in the cache is written over
 * by the next run.
 */
function attentionRows(tokens: number, exactRows: boolean): readonly number[] {
  return tokens === 1 && exactRows ? [0, 0] : Array.from({ length: tokens }, (_, row) => row);
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

function readsRows(spec: ModelSpec, { grouped }: AttentionForms): boolean {
  return grouped.reads === 'rows' && hasAttention(spec, 'gqa');
}

function readsPosition(spec: ModelSpec, { grouped }: AttentionForms): boolean {
  return hasAttention(spec, 'mla') || (grouped.reads === 'position' && hasAttention(spec, 'gqa'));
}

function readsMask(spec: ModelSpec, { latent }: AttentionForms): boolean {
  return latent.hasScores && hasAttention(spec, 'mla');
}

function hasAttention(spec: ModelSpec, kind: AttentionSpec['kind']): boolean {
  return [...spec.layers, ...(spec.draft?.layers ?? [])].some(({ attention }) => attention.kind === kind);
}
