import { adapterFeatures, adapterLimits, type ComputeFeature, type ComputeLimits } from './computeDevice.ts';
import { openDawn } from './dawn.ts';
import { polled } from './polling.ts';

/** A GPU, or what passes for one. */
export interface AdapterDescription {
  /** What `openComputeDevice` finds it by. */
  readonly name: string;
  /** With its version, as far as it tells. */
  readonly driver: string;
  /** Whether it is the CPU pretending to be a GPU. */
  readonly isSoftware: boolean;
  readonly features: readonly ComputeFeature[];
  readonly limits: ComputeLimits;
}

/** An adapter that there is not: Dawn's binding then lists those that there are, which it does nowhere else. */
const NOBODY = 'glassbox lists adapters';
const LISTED = /^ \* backend: '[^']*', name: '(?<name>.*)'$/gmu;

/**
 * The adapters that Dawn can use here, the system's own choice first. None where it finds none.
 * @throws GpuError `unavailable` when Dawn cannot be loaded
 */
export async function listAdapters(): Promise<readonly AdapterDescription[]> {
  const found: AdapterDescription[] = [];
  // One GPU can have several backends, such as Vulkan and Direct3D; Dawn takes the first of a name.
  for (const name of new Set(await adapterNames())) {
    const gpu = await openDawn({ adapter: name });
    const adapter = await requested(gpu);
    if (!adapter) continue;
    const { info, limits } = adapter;
    found.push({
      name,
      driver: info.description,
      isSoftware: info.isFallbackAdapter,
      features: adapterFeatures(gpu, adapter),
      limits: adapterLimits(limits),
    });
  }
  return found.sort((a, b) => Number(a.isSoftware) - Number(b.isSoftware));
}

async function adapterNames(): Promise<string[]> {
  const gpu = await openDawn({ adapter: NOBODY });
  try {
    await polled(() => gpu.requestAdapter());
    return [];
  } catch (error) {
    const listed = (error instanceof Error ? error.message : String(error)).matchAll(LISTED);
    return [...listed].flatMap(({ groups }) => (groups?.['name'] === undefined ? [] : [groups['name']]));
  }
}

async function requested(gpu: GPU): Promise<GPUAdapter | null> {
  try {
    return await polled(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  } catch {
    // It was there a moment ago: what cannot be had now is not listed.
    return null;
  }
}
