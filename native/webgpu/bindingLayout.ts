import type { ComputeDevice } from './computeDevice.ts';
import { PARAMETER_BYTES } from './dispatch.ts';
import { BUFFER_USAGE, COMPUTE_STAGE } from './usage.ts';

/** The buffers that kernels see, each at its own number (native/kernels/parts/bindings.wgsl). */
export interface BoundBuffers {
  readonly arena: GPUBuffer;
  readonly quants: GPUBuffer;
  readonly scales: GPUBuffer;
  readonly vectors: GPUBuffer;
  readonly cache: GPUBuffer;
  readonly state: GPUBuffer;
}

const BINDINGS = [
  ['arena', 'storage'],
  ['quants', 'read-only-storage'],
  ['scales', 'read-only-storage'],
  ['vectors', 'read-only-storage'],
  ['cache', 'storage'],
  ['state', 'storage'],
] as const satisfies readonly (readonly [keyof BoundBuffers, GPUBufferBindingType])[];

/** Buffers of weights beyond the first of each, from the binding behind the uniform buffer's on: quants, then scales. */
export interface FurtherWeights {
  readonly quants: readonly GPUBuffer[];
  readonly scales: readonly GPUBuffer[];
}
const NO_MORE: FurtherWeights = { quants: [], scales: [] };
/** Binding of the first. */
export const FIRST_FURTHER = BINDINGS.length + 1;
/** Storage buffers that a kernel binds besides those of weights. */
export const OTHER_BUFFERS = BINDINGS.length - 2;

/** Dispatches of one submission, where parameters lie in a uniform buffer. */
const UNIFORM_SLOTS = 1024;

interface Layouts {
  readonly group: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/**
 * One bind-group layout for all kernels: a bind group fits each of them, and all can be made when a model is loaded. Only kernels whose
 * weights lie over several buffers have another one, for as many buffers.
 * Where the device has no immediates, binding 6 is a uniform buffer with a slot for each dispatch of a submission.
 */
export class BindingLayout {
  readonly device: ComputeDevice;
  /** Absent where parameters travel as immediates. */
  readonly uniforms: UniformSlots | undefined;
  /** By the number of further buffers. */
  readonly #layouts = new Map<number, Layouts>();

  constructor(device: ComputeDevice) {
    this.device = device;
    const { handle, limits } = device;
    if (!device.features.has('immediates')) {
      const slotBytes = Math.max(PARAMETER_BYTES, limits.uniformAlignment);
      const bytes = UNIFORM_SLOTS * slotBytes;
      this.uniforms = {
        slots: UNIFORM_SLOTS,
        slotBytes,
        words: new Uint32Array(bytes / 4),
        buffer: handle.createBuffer({
          label: 'parameters',
          size: bytes,
          usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyTarget,
        }),
      };
    }
  }

  /** @param further buffers of weights beyond the first of quants and of scales */
  pipelineLayout(further = 0): GPUPipelineLayout {
    return this.#layoutsOf(further).pipeline;
  }

  /** Costs some 12 µs: made when a model is loaded, never for a token. */
  bind(buffers: BoundBuffers, { quants, scales }: FurtherWeights = NO_MORE): GPUBindGroup {
    const more = [...quants, ...scales];
    const entries: GPUBindGroupEntry[] = BINDINGS.map(([name], binding) => ({
      binding,
      resource: { buffer: buffers[name] },
    }));
    if (this.uniforms !== undefined)
      entries.push({
        binding: BINDINGS.length,
        resource: { buffer: this.uniforms.buffer, size: PARAMETER_BYTES },
      });
    more.forEach((buffer, index) => entries.push({ binding: FIRST_FURTHER + index, resource: { buffer } }));
    return this.device.handle.createBindGroup({ layout: this.#layoutsOf(more.length).group, entries });
  }

  #layoutsOf(further: number): Layouts {
    const known = this.#layouts.get(further);
    if (known !== undefined) return known;
    const storage = (binding: number, type: GPUBufferBindingType): GPUBindGroupLayoutEntry => ({
      ...{ binding, visibility: COMPUTE_STAGE, buffer: { type } },
    });
    const entries = BINDINGS.map(([, type], binding) => storage(binding, type));
    for (let index = 0; index < further; index++)
      entries.push(storage(FIRST_FURTHER + index, 'read-only-storage'));
    const hasImmediates = this.uniforms === undefined;
    if (!hasImmediates)
      entries.push({
        binding: BINDINGS.length,
        visibility: COMPUTE_STAGE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: PARAMETER_BYTES },
      });
    const { handle } = this.device;
    const group = handle.createBindGroupLayout({ label: 'kernels', entries });
    const pipeline = handle.createPipelineLayout({
      label: 'kernels',
      bindGroupLayouts: [group],
      ...(hasImmediates ? { immediateSize: PARAMETER_BYTES } : {}),
    });
    const made = { group, pipeline };
    this.#layouts.set(further, made);
    return made;
  }

  destroy(): void {
    this.uniforms?.buffer.destroy();
  }
}

export interface UniformSlots {
  readonly slots: number;
  readonly slotBytes: number;
  /** The buffer's next content, on our side. */
  readonly words: Uint32Array<ArrayBuffer>;
  readonly buffer: GPUBuffer;
}
