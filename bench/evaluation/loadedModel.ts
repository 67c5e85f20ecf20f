import { access } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { EngineClient } from '../../src/engineClient/engineClient.ts';
import { describeKernels } from '../../src/protocol/describeKernels.ts';
import type { LoadedModel } from '../../src/protocol/engine.ts';

/** What a page says about the model that was asked. */
export interface ModelFacts {
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly quantization: string;
  readonly bitsPerWeight: number;
  readonly fileBytes: number;
}

/** And about where it ran. */
export interface MachineFacts {
  readonly cpu: string;
  readonly threads: number;
  readonly runtime: string;
}

/**
 * Starts an engine process with a model, for as long as `use` takes.
 * @param dist where the engine is built
 * @throws Error when there is no such file; GlassboxError of the engine
 */
export async function withLoadedModel<T>(
  {
    file,
    dist,
    threads,
  }: { readonly file: string; readonly dist: string; readonly threads?: number | undefined },
  use: (engine: EngineClient, model: LoadedModel) => Promise<T>,
): Promise<T> {
  const modelPath = path.resolve(file);
  await access(modelPath).catch(() => {
    throw new Error(`There is no model ${file}. Train one (training/), or name another: --model FILE.`);
  });
  const engine = await EngineClient.start({ enginePath: path.join(dist, 'engine.mjs') });
  try {
    return await use(
      engine,
      await engine.load({ path: modelPath, ...(threads === undefined ? {} : { threads }) }),
    );
  } finally {
    await engine.dispose();
  }
}

export function modelFacts(model: LoadedModel): ModelFacts {
  const { name, architecture, parameters, quantization, bitsPerWeight, fileBytes } = model;
  return { name, architecture, parameters, quantization, bitsPerWeight, fileBytes };
}

/** @throws Error for a model on a GPU: the published figures are of the CPU */
export function machineFacts({ runtime }: LoadedModel): MachineFacts {
  if (runtime.binding === 'dawn') throw new Error(`The model runs on ${runtime.adapter}, not on the CPU.`);
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown CPU',
    threads: runtime.threads,
    runtime: `ONNX Runtime ${runtime.version}, ${describeKernels(runtime.kernels)}`,
  };
}
