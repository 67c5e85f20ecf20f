import { inject } from 'vitest';
import type { ComputeFeature } from '../../../native/webgpu/computeDevice.ts';

/** An adapter and how it is used. */
export interface Machine {
  readonly title: string;
  /** Absent: the system's own choice. */
  readonly adapter?: string;
  readonly without: readonly ComputeFeature[];
  /** What kernels use unless a test says otherwise. */
  readonly workgroupSize: number;
  /** A driver that is here for a second opinion on each kernel, not on each of its variants: it is slow. */
  readonly isSecondOpinion: boolean;
}

const [first, second] = inject('adapterNames');
const title = first ?? 'the GPU';
const adapter = first === undefined ? {} : { adapter: first };

/** Everything that kernels can use, nothing of it, and another driver: subgroups of another size, no f16. */
export const MACHINES: readonly Machine[] = [
  { title, ...adapter, without: [], workgroupSize: 32, isSecondOpinion: false },
  {
    title: `${title} without subgroups, f16 and immediates`,
    ...adapter,
    without: ['subgroups', 'f16', 'immediates'],
    workgroupSize: 16,
    isSecondOpinion: false,
  },
  ...(second === undefined
    ? []
    : // Larger workgroups are unbearably slow there.
      [{ title: second, adapter: second, without: [], workgroupSize: 8, isSecondOpinion: true }]),
];
