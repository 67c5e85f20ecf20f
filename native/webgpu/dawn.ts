import { bounded, GpuError } from './errors.ts';

/** Which of Dawn's adapters. */
export interface DawnOptions {
  /** A part of the adapter's name, as in `llvmpipe`; absent: the system's choice. */
  readonly adapter?: string;
}

/**
 * Held for ever: a `GPU` object that is collected while one of its devices is in use aborts the process, and Dawn keeps no
 * reference of its own.
 */
const instances = new Map<string, GPU>();

/** @throws GpuError `unavailable` */
export async function openDawn({ adapter }: DawnOptions): Promise<GPU> {
  const flags = adapter === undefined ? [] : [`adapter=${adapter}`];
  const key = flags.join(' ');
  const known = instances.get(key);
  if (known !== undefined) return known;
  // It refuses the external array buffers that Dawn hands results over in.
  if (process.versions['electron'] !== undefined)
    throw new GpuError(
      'unavailable',
      'The engine runs on the editor’s own Node, which cannot read back what a GPU computed. Install Node.js 20.18 or later.',
    );
  try {
    const { create } = await import('webgpu');
    const gpu = create(flags);
    instances.set(key, gpu);
    return gpu;
  } catch (error) {
    const reason = error instanceof Error ? bounded(error.message) : String(error);
    throw new GpuError('unavailable', `Dawn, which drives the GPU, could not be loaded: ${reason}`, {
      cause: error,
    });
  }
}
