import { stat } from 'node:fs/promises';
import path from 'node:path';
import { openModel } from '../src/models/openModel.ts';
import { madeModel, smolLM2Path } from '../test/support/assets.ts';
import { requantize } from '../test/support/requantize.ts';
import { writeR1Shape } from '../test/support/r1Shape.ts';

export const BENCH_MODELS = [
  'smollm2-q4_0',
  'smollm2-q4_1',
  'r1-1.5b-shape-q4_0',
  'r1-1.5b-narrow-q4_0',
] as const;
export type BenchModelName = (typeof BENCH_MODELS)[number];

/** The file of a model, made or fetched at its first use. */
export async function benchModelPath(name: BenchModelName): Promise<string> {
  switch (name) {
    case 'smollm2-q4_1':
      return smolLM2Path();
    case 'smollm2-q4_0': {
      const original = await smolLM2Path();
      return madeModel('SmolLM2-135M-Instruct.Q4_0.gguf', (file) =>
        requantize(original, file, { type: 'Q4_0' }),
      );
    }
    case 'r1-1.5b-shape-q4_0':
      return madeModel('R1-1.5B-shape.Q4_0.seed-1.gguf', (file) =>
        writeR1Shape(file, { type: 'Q4_0', seed: 1 }),
      );
    case 'r1-1.5b-narrow-q4_0':
      return madeModel('R1-1.5B-narrow.Q4_0.seed-1.gguf', (file) =>
        writeR1Shape(file, { type: 'Q4_0', seed: 1, narrow: true }),
      );
  }
}

/** What the benchmarks say about a model file. */
export interface BenchModel {
  readonly path: string;
  readonly description: string;
  readonly fileBytes: number;
  /** Bytes of weights in the file that every token reads: all but an embedding of which it takes one row. */
  readonly bytesPerToken: number;
}

export async function describeBenchModel(path: string): Promise<BenchModel> {
  const file = await openModel(path);
  try {
    let bytesPerToken = 0;
    for (const { role, byteLength } of file.weights.tensors.values()) {
      if (role !== 'embedding' || file.spec.tiedEmbedding) bytesPerToken += byteLength;
    }
    return {
      path,
      description: `${file.spec.name}, ${file.quantization.type}`,
      fileBytes: (await stat(path)).size,
      bytesPerToken,
    };
  } finally {
    await file.close();
  }
}

/** The file of a model that is named as in `BENCH_MODELS`, or as a path. */
export async function modelFile(name: string): Promise<string> {
  return isBenchModel(name) ? benchModelPath(name) : path.resolve(name);
}

function isBenchModel(name: string): name is BenchModelName {
  return (BENCH_MODELS as readonly string[]).includes(name);
}
