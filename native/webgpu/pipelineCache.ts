import type { BindingLayout } from './bindingLayout.ts';
import { bounded, GpuError } from './errors.ts';
import { polled } from './polling.ts';

/** Complaints of the compiler that an error shows. */
const SHOWN_COMPLAINTS = 3;

/** Compiled kernels of one device. The same source is compiled once, also when asked for twice at the same time. */
export class PipelineCache {
  readonly #layout: BindingLayout;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();

  constructor(layout: BindingLayout) {
    this.#layout = layout;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  /**
   * @param source WGSL with an entry point `main`
   * @param further buffers of weights that it binds beyond the first of each
   * @throws GpuError `shader` with what the compiler says, `lost`
   */
  get(label: string, source: string, further = 0): Promise<GPUComputePipeline> {
    const known = this.#pipelines.get(source);
    if (known !== undefined) return known;
    const made = this.#compile(label, source, further);
    this.#pipelines.set(source, made);
    // What failed may be tried again: a device that was lost is not the source's fault.
    made.catch(() => this.#pipelines.delete(source));
    return made;
  }

  async #compile(label: string, source: string, further: number): Promise<GPUComputePipeline> {
    const { device } = this.#layout;
    const { handle } = device;
    device.throwIfLost();
    handle.pushErrorScope('validation');
    const module = handle.createShaderModule({ label, code: source });
    const scope = device.settled(polled(() => handle.popErrorScope()));
    const information = await device.settled(polled(() => module.getCompilationInfo()));
    const complaints = information.messages.filter(({ type }) => type === 'error');
    const refused = await scope;
    if (complaints.length > 0 || refused !== null) {
      const shown = complaints
        .slice(0, SHOWN_COMPLAINTS)
        .map(({ lineNum, message }) => `line ${String(lineNum)}: ${message}`);
      throw new GpuError(
        'shader',
        `${label} does not compile: ${bounded(shown.join('; ') || (refused?.message ?? ''))}`,
      );
    }
    try {
      return await polled(() =>
        handle.createComputePipelineAsync({
          label,
          layout: this.#layout.pipelineLayout(further),
          compute: { module, entryPoint: 'main' },
        }),
      );
    } catch (error) {
      device.check();
      const reason = error instanceof Error ? bounded(error.message) : String(error);
      throw new GpuError('shader', `${label} does not run on ${device.name}: ${reason}`, { cause: error });
    }
  }
}
