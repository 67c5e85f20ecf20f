import type { AttentionSpec, ModelSpec } from '../../../models/spec.ts';
import type { AttentionForms } from './attentionForms.ts';
import type { GraphBuilder, ValueName } from './graphBuilder.ts';
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

/** Declares what the layers of a model read, in the order of `SequenceTensors.bind`. */
export function addSequenceInputs(graph: GraphBuilder, spec: ModelSpec, forms: AttentionForms): void {
  const reads = sequenceReads(spec, forms);
  if (reads.rows) {
    graph.input(SEQUENCE_INPUTS.attentionRows, 'int64', ['attention rows']);
    graph.input(SEQUENCE_INPUTS.tokens, 'int64', [1]);
    graph.input(SEQUENCE_INPUTS.lastPosition, 'int32', [1]);
    graph.input(SEQUENCE_INPUTS.totalTokens, 'int32', []);
  }
  if (reads.position) graph.input(SEQUENCE_INPUTS.firstPosition, 'int64', [1]);
  if (reads.mask) graph.input(SEQUENCE_INPUTS.causalMask, 'float32', ['mask rows', 'mask columns']);
  distinctRopes(spec).forEach((rope, index) => {
    const shape = ['positions', rope.dimensions / 2];
    graph.input(cosInput(index), 'float32', shape);
    graph.input(sinInput(index), 'float32', shape);
  });
}

/** Which of the inputs a model's layers have, in this order, besides the tables of its ropes. */
export interface SequenceReads {
  /** `attentionRows`, `tokens`, `lastPosition`, `totalTokens` */
  readonly rows: boolean;
  /** `firstPosition` */
  readonly position: boolean;
  /** `causalMask` */
  readonly mask: boolean;
}

export function sequenceReads(spec: ModelSpec, { grouped, latent }: AttentionForms): SequenceReads {
  const [hasGrouped, hasLatent] = [hasAttention(spec, 'gqa'), hasAttention(spec, 'mla')];
  return {
    rows: grouped.reads === 'rows' && hasGrouped,
    position: hasLatent || (grouped.reads === 'position' && hasGrouped),
    mask: latent.hasScores && hasLatent,
  };
}

function hasAttention(spec: ModelSpec, kind: AttentionSpec['kind']): boolean {
  return [...spec.layers, ...(spec.draft?.layers ?? [])].some(({ attention }) => attention.kind === kind);
}
