import type { AttentionSpec, GroupedQueryAttention, LatentAttention } from '../spec.ts';
import type { LayerTensor } from '../weights.ts';
import type { PartPlan } from './tensorPlan.ts';

/** @param unsplit the file has both of latent attention's upward projections in one tensor */
export function planAttention(
  attention: AttentionSpec,
  width: number,
  unsplit: boolean,
): PartPlan<LayerTensor>[] {
  return attention.kind === 'mla'
    ? planLatent(attention, width, unsplit)
    : planGroupedQuery(attention, width);
}

function planGroupedQuery(attention: GroupedQueryAttention, width: number): PartPlan<LayerTensor>[] {
  const { headDim, queryHeads, kvHeads } = attention;
  const query = queryHeads * headDim;
  const kv = kvHeads * headDim;
  const plans: PartPlan<LayerTensor>[] = [
    { tensor: 'attention.query', name: 'attn_q.weight', shape: [query, width] },
    { tensor: 'attention.key', name: 'attn_k.weight', shape: [kv, width] },
    { tensor: 'attention.value', name: 'attn_v.weight', shape: [kv, width] },
    { tensor: 'attention.output', name: 'attn_output.weight', shape: [width, query] },
  ];
  if (attention.bias)
    plans.push(
      { tensor: 'attention.query.bias', name: 'attn_q.bias', shape: [query] },
      { tensor: 'attention.key.bias', name: 'attn_k.bias', shape: [kv] },
      { tensor: 'attention.value.bias', name: 'attn_v.bias', shape: [kv] },
    );
  if (attention.queryKeyNorm)
    plans.push(
      { tensor: 'attention.query.norm', name: 'attn_q_norm.weight', shape: [headDim] },
      { tensor: 'attention.key.norm', name: 'attn_k_norm.weight', shape: [headDim] },
    );
  return plans;
}

function planLatent(
  { queryHeads, queryRank, latentRank, plainDim, rotaryDim, valueDim }: LatentAttention,
  width: number,
  unsplit: boolean,
): PartPlan<LayerTensor>[] {
  const query = queryHeads * (plainDim + rotaryDim);
  const fromStream: PartPlan<LayerTensor>[] =
    queryRank === undefined
      ? [{ tensor: 'attention.query', name: 'attn_q.weight', shape: [query, width] }]
      : [
          { tensor: 'attention.query.down', name: 'attn_q_a.weight', shape: [queryRank, width] },
          { tensor: 'attention.query.down.norm', name: 'attn_q_a_norm.weight', shape: [queryRank] },
          { tensor: 'attention.query.up', name: 'attn_q_b.weight', shape: [query, queryRank] },
        ];
  const fromLatent: PartPlan<LayerTensor>[] = unsplit
    ? [
        {
          tensor: 'attention.keyValue.up',
          name: 'attn_kv_b.weight',
          shape: [queryHeads * (plainDim + valueDim), latentRank],
        },
      ]
    : [
        { tensor: 'attention.key.up', name: 'attn_k_b.weight', shape: [queryHeads, latentRank, plainDim] },
        { tensor: 'attention.value.up', name: 'attn_v_b.weight', shape: [queryHeads, valueDim, latentRank] },
      ];
  return [
    ...fromStream,
    { tensor: 'attention.latent', name: 'attn_kv_a_mqa.weight', shape: [latentRank + rotaryDim, width] },
    { tensor: 'attention.latent.norm', name: 'attn_kv_a_norm.weight', shape: [latentRank] },
    ...fromLatent,
    { tensor: 'attention.output', name: 'attn_output.weight', shape: [width, queryHeads * valueDim] },
  ];
}
