import type { QuantizationType } from '../weights.ts';
import { blockLayout } from './blockLayout.ts';
import { decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1, decodeQ8_0 } from './blocksOf32.ts';
import { decodeBF16, decodeF16, decodeF32 } from './floats.ts';
import { decodeQ4_K, decodeQ5_K, decodeQ6_K } from './superBlocks.ts';

type Decode = (bytes: Uint8Array, weights: Float32Array) => void;

const DECODERS: Readonly<Record<QuantizationType, Decode>> = {
  F32: decodeF32,
  F16: decodeF16,
  BF16: decodeBF16,
  Q4_0: decodeQ4_0,
  Q4_1: decodeQ4_1,
  Q5_0: decodeQ5_0,
  Q5_1: decodeQ5_1,
  Q8_0: decodeQ8_0,
  Q4_K: decodeQ4_K,
  Q5_K: decodeQ5_K,
  Q6_K: decodeQ6_K,
};

/**
 * The weights that `bytes` encode: whole rows of a tensor, or any whole number of blocks. Exact: the same bits as
 * gguf-py's `dequantize`.
 *
 * @throws RangeError when `bytes` is not a whole number of blocks
 */
export function dequantize(type: QuantizationType, bytes: Uint8Array): Float32Array {
  const weights = new Float32Array(weightsIn(type, bytes));
  DECODERS[type](bytes, weights);
  return weights;
}

/**
 * `dequantize` into memory that is there.
 *
 * @throws RangeError as `dequantize`, and when `weights` is not as long as what `bytes` encode
 */
export function dequantizeInto(type: QuantizationType, bytes: Uint8Array, weights: Float32Array): void {
  const count = weightsIn(type, bytes);
  if (weights.length !== count)
    throw new RangeError(`${String(count)} weights were to go where ${String(weights.length)} have room`);
  DECODERS[type](bytes, weights);
}

function weightsIn(type: QuantizationType, bytes: Uint8Array): number {
  const layout = blockLayout(type);
  const blocks = bytes.length / layout.bytes;
  if (!Number.isInteger(blocks))
    throw new RangeError(
      `${String(bytes.length)} bytes are not a whole number of ${type} blocks of ${String(layout.bytes)}`,
    );
  return blocks * layout.values;
}
