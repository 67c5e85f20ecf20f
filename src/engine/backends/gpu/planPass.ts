import type { PlannedDispatch, Step } from './plannedDispatch.ts';
import { planAttention } from './planAttention.ts';
import { planFeedForward } from './planFeedForward.ts';
import type { Planning } from './planning.ts';
import { matrixBytes, matVec, placeOf, tokensOf } from './planProducts.ts';
import type { RoutingPlan } from './planRegions.ts';
import type { PlannedWeights } from './planWeights.ts';

/** From token ids in the state to the residual stream behind the last layer. */
export function planLayers(
  planning: Planning,
  weights: PlannedWeights,
  routing: RoutingPlan,
): PlannedDispatch[] {
  return [
    ...embed(planning, weights),
    ...weights.layers.flatMap((layer, index) => [
      ...planAttention(planning, index, layer),
      ...planFeedForward(planning, routing, index, layer),
    ]),
  ];
}

/** Logits of some rows of the residual stream. */
export function planHead(planning: Planning, { output }: PlannedWeights): PlannedDispatch[] {
  const { arena, spec, vectors } = planning;
  const width4 = spec.embeddingLength / 4;
  const product = {
    ...{ matrix: output, input: arena.stream, inputStride: width4, output: arena.logits },
    ...{ outputStride: Math.ceil(spec.vocabularySize / 4), norm: vectors.at('output.norm') },
  };
  return matVec(planning, product, ({ logitRows }) => logitRows).map((dispatch) => ({
    ...dispatch,
    name: 'output',
    parameters: {
      ...dispatch.parameters,
      input: ({ firstLogits }: Step) => arena.stream + firstLogits * width4,
    },
  }));
}

function embed(
  { arena, state, tuning, piecesOf }: Planning,
  { embedding }: PlannedWeights,
): PlannedDispatch[] {
  return piecesOf(embedding).map((piece) => ({
    name: 'embedding',
    kernel: 'embed',
    workgroupSize: tuning.workgroupSize,
    blocks: embedding.type,
    constants: {},
    shard: piece.shard,
    parameters: {
      ...{ tokens: state.tokens, output: arena.stream, ...placeOf(piece) },
      ...{ blocks: embedding.columns / 32, firstRow: piece.firstRow, rows: piece.rows },
    },
    workgroups: [tokensOf, 1, 1],
    traffic: {
      weights: ({ tokens }) => matrixBytes(embedding, tokens),
      kvRead: 0,
      kvWritten: 0,
      read: ({ tokens }) => 4 * tokens,
      written: ({ tokens }) => 4 * tokens * embedding.columns,
    },
  }));
}
