import type { ModelSpec } from '../../models/spec.ts';
import type { WeightSource } from '../../models/weights.ts';
import { readVector } from '../backends/onnx/packMatrix.ts';
import { routingShape } from './routingShape.ts';

/**
 * What the gates add to their experts' scores, and only while they choose (DeepSeek-V3, arXiv 2412.19437, section 2.1.2):
 * `[layers with experts, experts]`, NaN for a layer without. Undefined for a model without any.
 * @throws GlassboxError `model/corrupt`
 */
export async function gateBiases(spec: ModelSpec, weights: WeightSource): Promise<Float32Array | undefined> {
  const shape = routingShape(spec);
  if (!shape) return undefined;
  const biases = new Float32Array(shape.layers.length * shape.experts).fill(Number.NaN);
  let found = false;
  for (const [row, layer] of shape.layers.entries()) {
    const feedForward = spec.layers[layer]?.feedForward;
    if (feedForward?.kind !== 'moe' || !feedForward.selectionBias) continue;
    biases.set(await readVector(weights, `layer.${layer}.router.bias`), row * shape.experts);
    found = true;
  }
  return found ? biases : undefined;
}
