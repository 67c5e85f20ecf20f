import { rowBytes } from '../../src/models/quantization/blockLayout.ts';
import type { QuantizationType } from '../../src/models/weights.ts';
import { quantize } from './ggufQuantize.ts';
import type { TensorToWrite } from './ggufWriter.ts';
import type { Random } from './random.ts';
import { fillWithRandomWeights } from './randomWeights.ts';
import type { TensorPlan } from './shapeTensors.ts';
import { storableType } from './storableType.ts';

export interface RandomTensorTypes {
  /** Of the layers' matrices. */
  readonly type: QuantizationType;
  /** Of embedding and output; absent: `type`. */
  readonly embeddingType?: QuantizationType;
}

/** Bytes made and written at a time. */
const PIECE_BYTES = 4 * 1024 * 1024;

/** A tensor whose random weights are made while it is written: no model is too large. */
export function randomTensor(
  plan: TensorPlan,
  { type, embeddingType = type }: RandomTensorTypes,
  random: Random,
): TensorToWrite {
  const { name } = plan;
  if (plan.kind === 'vector') {
    const { length, mean } = plan;
    return {
      name,
      type: 'F32',
      shape: [length],
      pieces: () => [quantize('F32', random.normals(length, 0.1, mean))],
    };
  }
  const { count, columns, gain, isEmbedding } = plan;
  const as = storableType(name, columns, isEmbedding ? embeddingType : type);
  const rows = (count ?? 1) * plan.rows;
  const perRow = rowBytes(as, columns);
  const pieces = function* (): Generator<Uint8Array> {
    // Four rows together are a whole number of 32-bit words in every type.
    const rowsAtOnce = Math.max(4, Math.floor(PIECE_BYTES / perRow / 4) * 4);
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(rowsAtOnce, rows - row) * perRow);
      fillWithRandomWeights(as, bytes, gain / Math.sqrt(columns), random);
      yield bytes;
    }
  };
  return {
    name,
    type: as,
    shape: count === undefined ? [rows, columns] : [count, plan.rows, columns],
    pieces,
  };
}
