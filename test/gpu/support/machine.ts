import { inject } from 'vitest';
import type { ComputeFeature } from '../../../native/webgpu/computeDevice.ts';

/** An adapter and how it is used: every kernel test runs on each. */
export interface Machine {
  readonly title: string;
  readonly adapter: string | undefined;
  readonly without: readonly ComputeFeature[];
  /** What kernels use unless a test says otherwise. */
  readonly workgroupSize: number;
}

const [first, second] = inject('adapterNames');

/** Everything that kernels can use, nothing of it, and another driver: subgroups of another size, no f16. */
export const MACHINES: readonly Machine[] = [
  { title: first ?? 'the GPU', adapter: first, without: [], workgroupSize: 32 },
  {
    title: `${first ?? 'the GPU'} without subgroups, f16 and immediates`,
    adapter: first,
    without: ['subgroups', 'f16', 'immediates'],
    workgroupSize: 16,
  },
  // Larger workgroups are unbearably slow there.
  ...(second === undefined ? [] : [{ title: second, adapter: second, without: [], workgroupSize: 8 }]),
];
