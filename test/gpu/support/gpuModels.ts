import { inject } from 'vitest';
import type { BackendModel } from '../../../src/engine/backends/backend.ts';
import { createGpuBackend, type GpuBackendOptions } from '../../../src/engine/backends/gpu/gpuBackend.ts';
import type { ModelFile } from '../../../src/models/modelFile.ts';
import { withTinyModel } from '../../unit/engine/onnx/tinyBackend.ts';
import type { TinyModelOptions } from '../../support/tinyModel.ts';

/** Small, and of one shape of attention for all families: what costs is to compile it. */
const SHAPE = { embeddingLength: 64, innerLength: 96, queryHeads: 4, kvHeads: 2, headDim: 16 };

/** The adapter that whole models are tested on. */
export function testAdapter(): Pick<GpuBackendOptions, 'adapter'> {
  const [adapter] = inject('adapterNames');
  return adapter === undefined ? {} : { adapter };
}

/** A model on the tests' GPU for as long as `use` takes. */
export async function withGpuModel(
  { spec, weights }: ModelFile,
  options: GpuBackendOptions,
  use: (model: BackendModel) => Promise<void>,
): Promise<void> {
  const model = await createGpuBackend({ ...testAdapter(), ...options }).load(spec, weights, { threads: 1 });
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}

/** A model of random weights, as a file. */
export function withSmallModel(
  options: TinyModelOptions,
  use: (file: ModelFile) => Promise<void>,
): Promise<void> {
  return withTinyModel({ ...SHAPE, ...options }, use);
}

/** Rows of logits, `[tokens][vocabulary]`, of tokens that come in these pieces: copies. */
export async function rowsOfLogits(
  model: BackendModel,
  pieces: readonly (readonly number[])[],
  vocabulary: number,
): Promise<Float32Array[]> {
  const sequence = model.createSequence(96);
  try {
    const rows: Float32Array[] = [];
    for (const piece of pieces) {
      const logits = await sequence.append(piece, { allLogits: true });
      for (let row = 0; row < piece.length; row++)
        rows.push(logits.slice(row * vocabulary, (row + 1) * vocabulary));
    }
    return rows;
  } finally {
    sequence.dispose();
  }
}

/** Squared error of all logits together, as a share of their squares. */
export function squaredError(
  found: readonly ArrayLike<number>[],
  expected: readonly ArrayLike<number>[],
): number {
  let [error, size] = [0, 0];
  expected.forEach((logits, position) => {
    for (let token = 0; token < logits.length; token++) {
      const value = logits[token] ?? NaN;
      error += ((found[position]?.[token] ?? NaN) - value) ** 2;
      size += value ** 2;
    }
  });
  return error / size;
}
