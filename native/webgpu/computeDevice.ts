import { openDawn } from './dawn.ts';
import { bounded, GpuError } from './errors.ts';
import { polled } from './polling.ts';

/** What kernels use where the adapter has it, and do without elsewhere. */
export type ComputeFeature =
  /** Reductions within a subgroup. */
  | 'subgroups'
  /** Half precision in shaders. */
  | 'f16'
  /** Parameters of a dispatch within the command, rather than in a uniform buffer. */
  | 'immediates';

export interface ComputeDeviceOptions {
  /** A part of the adapter's name; absent: the system's choice, with the most powerful GPU first. */
  readonly adapter?: string;
  /** Features that are left alone though the adapter has them. */
  readonly without?: readonly ComputeFeature[];
}

/** The adapter's limits that plans depend on. */
export interface ComputeLimits {
  readonly bindingBytes: number;
  readonly bufferBytes: number;
  /** Storage buffers that a kernel binds. */
  readonly storageBuffers: number;
  readonly workgroupMemoryBytes: number;
  /** Invocations of a workgroup. */
  readonly workgroupSize: number;
  /** Workgroups of a dispatch in each dimension. */
  readonly workgroups: number;
  readonly uniformAlignment: number;
}

/** Storage buffers that our one bind-group layout has, all in the compute stage. */
const STORAGE_BUFFERS = 6;

/**
 * A GPU that is ready to compute. Errors that WebGPU reports late come out of `guard`, or of the next `check`.
 *
 * @throws GpuError `unavailable` without such an adapter, `unsupported` when it cannot run our kernels at all
 */
export async function openComputeDevice(options: ComputeDeviceOptions = {}): Promise<ComputeDevice> {
  const gpu = await openDawn(options);
  const adapter = await requestAdapter(gpu, options.adapter);
  const name = adapterName(adapter.info);
  if (adapter.limits.maxStorageBuffersPerShaderStage < STORAGE_BUFFERS)
    throw new GpuError('unsupported', `${name} gives a kernel too few buffers.`);

  const features = new Set(adapterFeatures(gpu, adapter));
  for (const feature of options.without ?? []) features.delete(feature);
  const requiredFeatures: GPUFeatureName[] = [];
  if (features.has('subgroups')) requiredFeatures.push('subgroups');
  if (features.has('f16')) requiredFeatures.push('shader-f16');
  try {
    const device = await polled(() =>
      adapter.requestDevice({
        label: 'glassbox',
        requiredFeatures,
        requiredLimits: allLimits(adapter.limits),
      }),
    );
    return new ComputeDevice(device, {
      name,
      isSoftware: adapter.info.isFallbackAdapter,
      features,
      limits: adapterLimits(adapter.limits),
    });
  } catch (error) {
    const reason = error instanceof Error ? bounded(error.message) : String(error);
    throw new GpuError('unavailable', `${name} could not be opened: ${reason}`, { cause: error });
  }
}

/** An adapter makes one device, so each device has an adapter of its own. @throws GpuError `unavailable` */
async function requestAdapter(gpu: GPU, wanted: string | undefined): Promise<GPUAdapter> {
  const which = wanted === undefined ? '' : ` called ${wanted}`;
  const none = `There is no GPU adapter${which} that WebGPU can use here.`;
  let adapter: GPUAdapter | null;
  try {
    adapter = await polled(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  } catch (error) {
    // Dawn's binding throws where WebGPU says null, and lists the adapters that there are.
    const reason = error instanceof Error ? bounded(error.message) : String(error);
    throw new GpuError('unavailable', `${none} ${reason}`, { cause: error });
  }
  if (adapter === null) throw new GpuError('unavailable', none);
  return adapter;
}

export class ComputeDevice {
  readonly handle: GPUDevice;
  /** For people. */
  readonly name: string;
  /** Whether the adapter is software that computes on the CPU. */
  readonly isSoftware: boolean;
  readonly features: ReadonlySet<ComputeFeature>;
  readonly limits: ComputeLimits;
  /** Resolves when the device is gone, for whatever reason. */
  readonly lost: Promise<GpuError>;
  /** Milliseconds that the host has spent on writing and submitting dispatches, all together. */
  submitMs = 0;
  #loss: GpuError | undefined;
  #fault: GpuError | undefined;

  constructor(
    handle: GPUDevice,
    {
      name,
      isSoftware,
      features,
      limits,
    }: Pick<ComputeDevice, 'name' | 'isSoftware' | 'features' | 'limits'>,
  ) {
    this.handle = handle;
    this.name = name;
    this.isSoftware = isSoftware;
    this.features = features;
    this.limits = limits;
    this.lost = handle.lost.then(({ message }) => {
      this.#loss ??= new GpuError('lost', `${name} is gone: ${bounded(message) || 'no reason was given'}.`);
      return this.#loss;
    });
    handle.onuncapturederror = ({ error }) => {
      // The first is the cause; those after it are mostly its consequences.
      this.#fault ??= typed(error, `A call to ${name}`);
    };
  }

  /** @throws GpuError the loss of the device, or the first error since the last check that no `guard` caught */
  check(): void {
    this.throwIfLost();
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault !== undefined) throw fault;
  }

  /** @throws GpuError `lost` */
  throwIfLost(): void {
    if (this.#loss !== undefined) throw this.#loss;
  }

  /**
   * Does `work`, and waits for what the device says to it.
   * @param what names the work at the beginning of a sentence, as in `The buffer for weights`
   * @throws GpuError `out-of-memory`, `invalid`, `lost`
   */
  async guard<Result>(what: string, work: () => Result): Promise<Result> {
    this.throwIfLost();
    const { handle } = this;
    for (const filter of ['internal', 'validation', 'out-of-memory'] as const) handle.pushErrorScope(filter);
    let result: Result;
    let scopes: Promise<(GPUError | null)[]>;
    try {
      result = work();
    } finally {
      // All at once, before anyone else pushes scopes.
      scopes = polled(() =>
        Promise.all([handle.popErrorScope(), handle.popErrorScope(), handle.popErrorScope()]),
      );
      // Where `work` throws, that is what counts.
      scopes.catch(() => undefined);
    }
    const errors = await this.settled(scopes);
    const error = errors.find((found) => found !== null);
    if (error) throw typed(error, what);
    return result;
  }

  /** A promise of Dawn's, whose rejection is the loss of the device where that is the reason. @throws GpuError */
  async settled<Result>(promise: Promise<Result>): Promise<Result> {
    try {
      return await promise;
    } catch (error) {
      if (this.#loss !== undefined) throw this.#loss;
      const reason = error instanceof Error ? error.message : String(error);
      // Dawn says so before `lost` resolves.
      const code = /lost|destroyed/i.test(reason) ? 'lost' : 'invalid';
      throw new GpuError(code, `${this.name}: ${bounded(reason)}`, { cause: error });
    }
  }

  /** Frees everything on the device. Pending work is rejected with `lost`. */
  destroy(): void {
    this.#loss ??= new GpuError('lost', `${this.name} was closed.`);
    this.handle.destroy();
  }
}

function typed(error: GPUError, what: string): GpuError {
  const isMemory = error.constructor.name === 'GPUOutOfMemoryError';
  const reason = isMemory ? 'there is not enough memory on the GPU.' : bounded(error.message);
  return new GpuError(isMemory ? 'out-of-memory' : 'invalid', `${what} failed: ${reason}`);
}

export function adapterFeatures(gpu: GPU, adapter: GPUAdapter): ComputeFeature[] {
  const features: ComputeFeature[] = [];
  const { wgslLanguageFeatures } = gpu;
  if (adapter.features.has('subgroups') && wgslLanguageFeatures.has('subgroup_id'))
    features.push('subgroups');
  if (adapter.features.has('shader-f16')) features.push('f16');
  if (wgslLanguageFeatures.has('immediate_address_space')) features.push('immediates');
  return features;
}

function adapterName(info: GPUAdapterInfo): string {
  return [info.vendor, info.device, info.description].find((part) => part.trim() !== '') === undefined
    ? 'The GPU'
    : [info.description || info.device, info.vendor].filter((part) => part !== '').join(', ');
}

/** Without asking, a device has the least that every WebGPU has. */
function allLimits(limits: GPUSupportedLimits): Record<string, number> {
  const all: Record<string, number> = {};
  // The names are getters of the prototype.
  for (const name in limits) {
    const value: unknown = Reflect.get(limits, name);
    if (typeof value === 'number') all[name] = value;
  }
  return all;
}

export function adapterLimits(limits: GPUSupportedLimits): ComputeLimits {
  return {
    bindingBytes: limits.maxStorageBufferBindingSize,
    bufferBytes: limits.maxBufferSize,
    storageBuffers: limits.maxStorageBuffersPerShaderStage,
    workgroupMemoryBytes: limits.maxComputeWorkgroupStorageSize,
    workgroupSize: limits.maxComputeInvocationsPerWorkgroup,
    workgroups: limits.maxComputeWorkgroupsPerDimension,
    uniformAlignment: limits.minUniformBufferOffsetAlignment,
  };
}
