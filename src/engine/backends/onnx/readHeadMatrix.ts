import { dequantize } from '../../../models/quantization/dequantize.ts';
import type { LatentAttention } from '../../../models/spec.ts';
import type { TensorRole } from '../../../models/weights.ts';
import { layerRole, type LayerLowering } from './layerLowering.ts';
import { requireTensor } from './requireTensor.ts';

/** `[latentRank, plainDim]` of a head: what takes its queries into the latent space. */
export async function readKeyUp(
  layer: LayerLowering,
  { latentRank, plainDim, valueDim }: LatentAttention,
  head: number,
): Promise<Float32Array> {
  const split = layerRole(layer, 'attention.key.up');
  if (layer.weights.tensors.has(split)) return readFloats(layer, split, head * latentRank, latentRank);
  // Of both in one, a head's first rows, which lie the other way round.
  const both = layerRole(layer, 'attention.keyValue.up');
  const rows = await readFloats(layer, both, head * (plainDim + valueDim), plainDim);
  const turned = new Float32Array(rows.length);
  for (let row = 0; row < plainDim; row++) {
    for (let column = 0; column < latentRank; column++) {
      turned[column * plainDim + row] = rows[row * latentRank + column] ?? NaN;
    }
  }
  return turned;
}

/** `[valueDim, latentRank]` of a head: what makes values of latents. */
export async function readValueUp(
  layer: LayerLowering,
  { plainDim, valueDim }: LatentAttention,
  head: number,
): Promise<Float32Array> {
  const split = layerRole(layer, 'attention.value.up');
  if (layer.weights.tensors.has(split)) return readFloats(layer, split, head * valueDim, valueDim);
  const both = layerRole(layer, 'attention.keyValue.up');
  return readFloats(layer, both, head * (plainDim + valueDim) + plainDim, valueDim);
}

async function readFloats(
  { weights }: LayerLowering,
  role: TensorRole,
  firstRow: number,
  rows: number,
): Promise<Float32Array> {
  const { type } = requireTensor(weights, role);
  return dequantize(type, await weights.readRows(role, firstRow, rows));
}
