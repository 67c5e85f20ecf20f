import type { TestProject } from 'vitest/node';
import { gpuAdapters } from '../../../scripts/gpu-adapter.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** Parts of the names of the adapters to test on; empty: the system's own. */
    readonly adapterNames: string[];
    /** Why adapters are not among them. */
    readonly missingAdapters: string[];
  }
}

/**
 * Finds the tests' GPUs before their processes start: where the dynamic linker looks for a driver's libraries is settled at a
 * process's start. Where there is none, everything fails with the reason.
 */
export async function setup(project: TestProject): Promise<void> {
  const { env, names, missing } = await gpuAdapters();
  // LLVM's optimizations cost more than they bring back: each kernel runs for a moment. The numbers are the same.
  Object.assign(process.env, env, { GALLIVM_PERF: 'nopt' });
  project.provide('adapterNames', names);
  project.provide('missingAdapters', missing);
}
