import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { BackendModel } from '../../../../src/engine/backends/backend.ts';
import type { OnnxBackendOptions } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import { createOnnxBackend } from '../../../../src/engine/backends/onnx/onnxBackend.ts';
import type { ModelFile } from '../../../../src/models/modelFile.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { writeGguf } from '../../../support/ggufWriter.ts';
import { tinyModel, type TinyModelOptions } from '../../../support/tinyModel.ts';

/** Opens a tiny model file for as long as `use` takes. */
export async function withTinyModel(
  model: TinyModelOptions | GgufToWrite,
  use: (file: ModelFile) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-tiny-'));
  try {
    const file = path.join(folder, 'tiny.gguf');
    await writeGguf(file, 'tensors' in model ? model : tinyModel(model));
    const opened = await openModel(file);
    try {
      await use(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The model in a real ONNX Runtime for as long as `use` takes. */
export async function withBackend(
  { spec, weights }: ModelFile,
  options: OnnxBackendOptions,
  use: (model: BackendModel) => Promise<void>,
): Promise<void> {
  const model = await createOnnxBackend(options).load(spec, weights, { threads: 1 });
  try {
    await use(model);
  } finally {
    await model.dispose();
  }
}

/** Logits of every position, a copy of its own. */
export async function allLogits(model: BackendModel, tokens: readonly number[]): Promise<Float32Array> {
  const sequence = model.createSequence(tokens.length);
  try {
    return Float32Array.from(await sequence.append(tokens, { allLogits: true }));
  } finally {
    sequence.dispose();
  }
}

/** Largest difference of two arrays, relative to the largest value of the second. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? NaN;
    // NaN must not pass for agreement.
    difference = Math.max(difference, Math.abs((found[i] ?? NaN) - value) || (found[i] === value ? 0 : NaN));
    largest = Math.max(largest, Math.abs(value));
  }
  return difference / largest;
}

/** Root mean square of the difference, relative to that of the second. */
export function rmsError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let total = 0;
  for (let i = 0; i < expected.length; i++) {
    const value = expected[i] ?? NaN;
    difference += ((found[i] ?? NaN) - value) ** 2;
    total += value ** 2;
  }
  return Math.sqrt(difference / total);
}
