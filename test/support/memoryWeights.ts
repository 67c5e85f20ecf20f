import { rowBytes } from '../../src/models/quantization/blockLayout.ts';
import type { QuantizationType, TensorRole, WeightSource, WeightTensor } from '../../src/models/weights.ts';
import { quantize } from './ggufQuantize.ts';

export interface TensorInMemory {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Absent: F32. */
  readonly type?: QuantizationType;
}

/** Tensors that were never in a file, for tests of a part of a model. */
export function memoryWeights(tensors: ReadonlyMap<TensorRole, TensorInMemory>): WeightSource {
  const encoded = new Map(
    [...tensors].map(([role, { type = 'F32', values }]) => [role, quantize(type, values)] as const),
  );
  const described = new Map<TensorRole, WeightTensor>(
    [...tensors].map(([role, { shape, type = 'F32' }]) => [
      role,
      { role, name: `${role}.weight`, type, shape, byteLength: encoded.get(role)?.byteLength ?? 0 },
    ]),
  );
  const bytesOf = (role: TensorRole): Uint8Array => {
    const bytes = encoded.get(role);
    if (bytes === undefined) throw new Error(`no tensor ${role}`);
    return bytes;
  };
  return {
    tensors: described,
    readRows: (role, firstRow, rowCount) => {
      const tensor = described.get(role);
      const row = rowBytes(tensor?.type ?? 'F32', tensor?.shape.at(-1) ?? 0);
      return Promise.resolve(bytesOf(role).slice(firstRow * row, (firstRow + rowCount) * row));
    },
    read: (role) => Promise.resolve(bytesOf(role).slice()),
    close: () => Promise.resolve(),
  };
}
