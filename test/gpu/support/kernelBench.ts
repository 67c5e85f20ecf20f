import type { BlockType } from '../../../native/kernels/blockType.ts';
import { composeKernel, type CacheType, type Kernel } from '../../../native/kernels/kernel.ts';
import { packParameters } from '../../../native/kernels/kernelParameters.ts';
import {
  BindingLayout,
  type BoundBuffers,
  type FurtherWeights,
} from '../../../native/webgpu/bindingLayout.ts';
import { openComputeDevice, type ComputeDevice } from '../../../native/webgpu/computeDevice.ts';
import type { Dispatch } from '../../../native/webgpu/dispatch.ts';
import { PipelineCache } from '../../../native/webgpu/pipelineCache.ts';
import { Readback } from '../../../native/webgpu/readback.ts';
import { storageBuffer } from '../../../native/webgpu/storageBuffer.ts';
import type { WeightSpan } from '../../../native/webgpu/weightSpan.ts';
import type { Machine } from './machine.ts';

/** Of each buffer: enough for any test. */
const BUFFER_BYTES = 4 << 20;

type BufferName = keyof BoundBuffers;

export interface KernelRun<Constant extends string> {
  readonly kernel: Kernel<Constant>;
  readonly workgroupSize?: number;
  readonly blocks?: BlockType;
  readonly secondBlocks?: BlockType;
  readonly cache?: CacheType;
  /** Over two buffers each: of `buffers` and of `further`. */
  readonly span?: WeightSpan;
  readonly constants?: Readonly<Record<Constant, number | boolean>>;
  readonly parameters: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
}

/** A device with one buffer at each binding, on which tests run single kernels. */
export class KernelBench {
  readonly device: ComputeDevice;
  readonly layout: BindingLayout;
  readonly buffers: BoundBuffers;
  /** Second buffers of weights, for kernels that read two of each. */
  readonly further: FurtherWeights;
  readonly #machine: Machine;
  readonly #pipelines: PipelineCache;
  readonly #readback: Readback;
  readonly #bindGroup: GPUBindGroup;
  readonly #wideBindGroup: GPUBindGroup;

  private constructor(
    machine: Machine,
    layout: BindingLayout,
    buffers: BoundBuffers,
    further: FurtherWeights,
    readback: Readback,
  ) {
    this.#machine = machine;
    this.device = layout.device;
    this.layout = layout;
    this.buffers = buffers;
    this.further = further;
    this.#pipelines = new PipelineCache(layout);
    this.#readback = readback;
    this.#bindGroup = layout.bind(buffers);
    this.#wideBindGroup = layout.bind(buffers, further);
  }

  static async open(machine: Machine): Promise<KernelBench> {
    const device = await openComputeDevice(machine);
    const layout = new BindingLayout(device);
    const buffer = (name: BufferName): Promise<GPUBuffer> => storageBuffer(device, name, BUFFER_BYTES);
    const buffers = {
      arena: await buffer('arena'),
      quants: await buffer('quants'),
      scales: await buffer('scales'),
      vectors: await buffer('vectors'),
      cache: await buffer('cache'),
      state: await buffer('state'),
    };
    const further = { quants: [await buffer('quants')], scales: [await buffer('scales')] };
    return new KernelBench(machine, layout, buffers, further, await Readback.create(layout, BUFFER_BYTES));
  }

  /** Writes from `offset`, in elements of the array, on. */
  write(name: BufferName, values: Float32Array | Uint32Array | Uint16Array, offset = 0): void {
    this.device.handle.queue.writeBuffer(this.buffers[name], offset * values.BYTES_PER_ELEMENT, values);
  }

  async dispatch<Constant extends string>(run: KernelRun<Constant>): Promise<Dispatch> {
    const { kernel, blocks, secondBlocks, cache, span, parameters, workgroups } = run;
    const source = composeKernel(kernel, {
      features: this.device.features,
      workgroupSize: run.workgroupSize ?? this.#machine.workgroupSize,
      // Only a kernel without constants may leave them out.
      constants: run.constants ?? ({} as Readonly<Record<Constant, number>>),
      ...(blocks === undefined ? {} : { blocks }),
      ...(secondBlocks === undefined ? {} : { secondBlocks }),
      ...(cache === undefined ? {} : { cache }),
      ...(span === undefined ? {} : { span }),
    });
    return {
      pipeline: await this.#pipelines.get(kernel.name, source, span === undefined ? 0 : 2),
      bindGroup: span === undefined ? this.#bindGroup : this.#wideBindGroup,
      parameters: packParameters(kernel.name, kernel.fields, parameters),
      workgroups,
    };
  }

  /** Runs kernels one behind the other. */
  async run<Constant extends string>(...runs: readonly KernelRun<Constant>[]): Promise<void> {
    const dispatches: Dispatch[] = [];
    for (const run of runs) dispatches.push(await this.dispatch(run));
    await this.runDispatches(...dispatches);
  }

  /** Of different kernels. */
  async runDispatches(...dispatches: readonly Dispatch[]): Promise<void> {
    await this.#readback.run(dispatches, [], new Uint8Array());
  }

  /** `length` floats of a buffer, from the `offset`-th on. */
  async floats(name: BufferName, offset: number, length: number): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array((await this.#bytes(name, offset * 4, length * 4)).buffer);
  }

  async words(name: BufferName, offset: number, length: number): Promise<Uint32Array<ArrayBuffer>> {
    return new Uint32Array((await this.#bytes(name, offset * 4, length * 4)).buffer);
  }

  async #bytes(name: BufferName, offset: number, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const result = new Uint8Array(bytes);
    await this.#readback.run([], [{ buffer: this.buffers[name], offset, bytes }], result);
    return result;
  }

  close(): void {
    this.device.destroy();
  }
}
