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

/** Dispatches of one submission, where parameters lie in a uniform buffer. */
const UNIFORM_SLOTS = 1024;

/**
 * One bind-group layout for all kernels: a bind group fits each of them, and all can be made when a model is loaded.
 * Where the device has no immediates, binding 6 is a uniform buffer with a slot for each dispatch of a submission.
 */
export class BindingLayout {
  readonly device: ComputeDevice;
  readonly pipelineLayout: GPUPipelineLayout;
  /** Absent where parameters travel as immediates. */
  readonly uniforms: UniformSlots | undefined;
  readonly #layout: GPUBindGroupLayout;

  constructor(device: ComputeDevice) {
    this.device = device;
    const { handle, limits } = device;
    const entries: GPUBindGroupLayoutEntry[] = BINDINGS.map(([, type], binding) => ({
      binding,
      visibility: COMPUTE_STAGE,
      buffer: { type },
    }));
    const hasImmediates = device.features.has('immediates');
    if (!hasImmediates) {
      entries.push({
        binding: BINDINGS.length,
        visibility: COMPUTE_STAGE,
        buffer: { type: 'uniform', hasDynamicOffset: true, minBindingSize: PARAMETER_BYTES },
      });
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
    this.#layout = handle.createBindGroupLayout({ label: 'kernels', entries });
    this.pipelineLayout = handle.createPipelineLayout({
      label: 'kernels',
      bindGroupLayouts: [this.#layout],
      ...(hasImmediates ? { immediateSize: PARAMETER_BYTES } : {}),
    });
  }

  /** Costs some 12 µs: made when a model is loaded, never for a token. */
  bind(buffers: BoundBuffers): GPUBindGroup {
    const entries: GPUBindGroupEntry[] = BINDINGS.map(([name], binding) => ({
      binding,
      resource: { buffer: buffers[name] },
    }));
    if (this.uniforms !== undefined)
      entries.push({
        binding: BINDINGS.length,
        resource: { buffer: this.uniforms.buffer, size: PARAMETER_BYTES },
      });
    return this.device.handle.createBindGroup({ layout: this.#layout, entries });
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
