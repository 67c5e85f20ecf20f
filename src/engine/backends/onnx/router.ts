import { checkFinite } from '../../../models/checkFinite.ts';
import type { ExpertFeedForward } from '../../../models/spec.ts';
import type { ValueName } from './graphBuilder.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import type { Routing } from './lowering.ts';
import { readVector } from './packMatrix.ts';
import { requireTensor } from './requireTensor.ts';

/**
 * Chooses the experts of each token of `input`, `[1, tokens, width]` (DeepSeek-V3, arXiv 2412.19437, section 2.1.2), in the
 * order of operations of llama.cpp. In single precision throughout, whatever the type of the file's router: a rounded
 * activation must not decide which expert is asked.
 *
 * @throws GlassboxError `model/corrupt` for a router with NaN or infinities
 */
export async function addRouter(
  layer: LayerLowering,
  feedForward: ExpertFeedForward,
  input: ValueName,
): Promise<Routing> {
  const { graph, prefix, products } = layer;
  const { experts, selectionBias } = feedForward;
  const name = `${prefix}/router`;
  const shape = [experts, layer.spec.embeddingLength];
  const weight = graph.weight(`${name}.weight`, await readFinite(layer, 'router'), shape);
  const logits = graph.node('com.microsoft.FusedMatMul', `${name}/logits`, [input, weight], { transB: 1 });
  const bias = selectionBias
    ? graph.weight(`${name}.bias`, await readFinite(layer, 'router.bias'), [experts])
    : undefined;
  return products.choice(layer, { name, feedForward, logits, bias });
}

async function readFinite(
  layer: LayerLowering,
  tensor: 'router' | 'router.bias',
): Promise<Float32Array<ArrayBuffer>> {
  const role = layerRole(layer, tensor);
  const values = await readVector(layer.weights, role);
  checkFinite(values, `tensor "${requireTensor(layer.weights, role).name}"`, layer.spec.name);
  return values;
}
