import type { GroupedQueryAttention } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';

/** `[1, tokens, width]` -> `[1, tokens, queryHeads * headDim]`, and new rows in the KV cache. */
export async function addGroupedQueryAttention(
  layer: LayerLowering,
  attention: GroupedQueryAttention,
  input: ValueName,
): Promise<ValueName> {
  const packed = await layer.products.linear(layer, {
    input,
    name: `${layer.prefix}/attention/query+key+value`,
    matrices: [
      layerRole(layer, 'attention.query'),
      layerRole(layer, 'attention.key'),
      layerRole(layer, 'attention.value'),
    ],
    ...(attention.bias && {
      biases: [
        layerRole(layer, 'attention.query.bias'),
        layerRole(layer, 'attention.key.bias'),
        layerRole(layer, 'attention.value.bias'),
      ],
    }),
  });
  return layer.attention.grouped.attend(layer, attention, packed);
}
