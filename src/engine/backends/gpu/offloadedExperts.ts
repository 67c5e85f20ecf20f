import { openExpertCrew, type ExpertCrew } from '../../../../native/cpu/experts.ts';
import { CpuError } from '../../../../native/cpu/errors.ts';
import type { BindingLayout } from '../../../../native/webgpu/bindingLayout.ts';
import { Readback } from '../../../../native/webgpu/readback.ts';
import { storageBuffer } from '../../../../native/webgpu/storageBuffer.ts';
import { submitDispatches } from '../../../../native/webgpu/submitDispatches.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { ExpertPlacementReport } from '../../../protocol/expertPlacement.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { throwIfCancelled } from '../cancelled.ts';
import type { BoundPass } from './boundPass.ts';
import { ExpertCache } from './expertCache.ts';
import type { ExpertStop } from './expertStops.ts';
import type { GpuPlan } from './gpuPlan.ts';
import type { OffloadedLayer, OffloadPlan } from './offloadPlan.ts';
import { packExperts } from './packExperts.ts';
import type { Step } from './plannedDispatch.ts';
import { sortRows } from './sortRows.ts';

/**
 * Bytes that a token pays for experts that move into slots: about a millisecond of a bus of 8 GB/s. What is not used adds up, up to a
 * chunk's; a larger expert waits for it.
 */
const UPLOAD_BYTES_PER_TOKEN = 8 << 20;
const MOST_UPLOAD_BYTES = 64 << 20;

/** Where buffers lie that all sequences share. */
export interface ExpertBuffers {
  readonly layout: BindingLayout;
  readonly arena: GPUBuffer;
  readonly state: GPUBuffer;
}

/** Counters of one layer since the model was loaded. */
interface LayerCounts {
  hits: number;
  misses: number;
}

/**
 * Routed experts of a model, in memory on the CPU's side, hot ones in slots on the GPU, too (as in KTransformers). At each layer
 * with experts the choices come back; the GPU computes the shared expert and those in slots while threads of the CPU compute the rest,
 * and their rows go up to be added. An expert gives the same bits on either side, so nothing depends on which are where.
 */
export class OffloadedExperts {
  /** By the layer's number in the model. */
  readonly slotBuffers: ReadonlyMap<number, GPUBuffer>;
  readonly #plan: GpuPlan;
  readonly #offload: OffloadPlan;
  readonly #images: readonly (readonly Uint8Array<ArrayBuffer>[])[];
  readonly #crew: ExpertCrew;
  readonly #threads: number;
  readonly #readback: Readback;
  readonly #cache: ExpertCache;
  readonly #counts: readonly LayerCounts[];
  /** What comes back at a stop, and what goes up. */
  readonly #results: Uint8Array<ArrayBuffer>;
  readonly #outputs: Float32Array<ArrayBuffer>;
  #uploads = 0;
  #uploadedBytes = 0;
  #outputBytes = 0;
  #passes = 0;
  #tokens = 0;
  #allowance = 0;

  private constructor(
    plan: GpuPlan,
    offload: OffloadPlan,
    parts: {
      readonly slotBuffers: ReadonlyMap<number, GPUBuffer>;
      readonly images: readonly (readonly Uint8Array<ArrayBuffer>[])[];
      readonly crew: ExpertCrew;
      readonly threads: number;
      readonly readback: Readback;
    },
  ) {
    this.#plan = plan;
    this.#offload = offload;
    this.slotBuffers = parts.slotBuffers;
    this.#images = parts.images;
    this.#crew = parts.crew;
    this.#threads = parts.threads;
    this.#readback = parts.readback;
    this.#cache = new ExpertCache(offload.layers);
    this.#counts = offload.layers.map(() => ({ hits: 0, misses: 0 }));
    this.#results = new Uint8Array(stopBytes(plan));
    const { routing, tuning, spec } = plan;
    this.#outputs = new Float32Array(tuning.chunkTokens * routing.slots * spec.embeddingLength);
  }

  /**
   * @param threads that compute experts, at least one
   * @throws GlassboxError `runtime/unavailable` without the CPU's kernels, `model/corrupt`, `request/cancelled`; GpuError
   */
  static async load(
    layout: BindingLayout,
    plan: GpuPlan,
    offload: OffloadPlan,
    weights: WeightSource,
    options: {
      readonly threads: number;
      readonly onProgress?: ((fraction: number) => void) | undefined;
      readonly signal?: AbortSignal | undefined;
      /** For tests: what goes wrong. */
      readonly crewFault?: ((crew: ExpertCrew) => ExpertCrew) | undefined;
    },
  ): Promise<OffloadedExperts> {
    const opened = await openCrew();
    const crew = options.crewFault?.(opened) ?? opened;
    try {
      const slotBuffers = new Map<number, GPUBuffer>();
      for (const { index, slots, slotBytes } of offload.layers)
        if (slots > 0)
          slotBuffers.set(
            index,
            await storageBuffer(layout.device, 'A buffer for hot experts', slots * slotBytes),
          );
      const images = await packExperts(offload, weights, crew, options);
      const readback = await Readback.create(layout, stopBytes(plan));
      return new OffloadedExperts(plan, offload, {
        ...{ slotBuffers, images, crew, readback },
        threads: Math.max(1, options.threads),
      });
    } catch (error) {
      crew.dispose();
      throw error;
    }
  }

  /**
   * Computes a pass up to the sum of the last layer with experts, which is the caller's.
   * @throws GlassboxError `request/cancelled`, between two layers, `runtime/gpuFailed` where the CPU's part fails; GpuError
   */
  async run(
    stops: readonly ExpertStop<BoundPass>[],
    step: Step,
    { layout, arena, state }: ExpertBuffers,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.#moveExperts(layout, step.tokens);
    const { device } = layout;
    const { queue } = device.handle;
    const { routing, spec, arena: arenaPlan, state: statePlan } = this.#plan;
    const width = spec.embeddingLength;
    const inputBytes = 4 * step.tokens * width;
    const choiceBytes = 4 * step.tokens * routing.slots;
    for (const [order, stop] of stops.entries()) {
      throwIfCancelled(signal);
      const layer = this.#layer(order);
      stop.ahead.set(step);
      stop.beside.set(step);
      const results = this.#results.subarray(0, inputBytes + choiceBytes);
      const choicesAt = 4 * (statePlan.offsets.choices + order * step.tokens * routing.slots);
      const reading = this.#readback.run(
        stop.ahead.dispatches,
        [
          { buffer: arena, offset: 16 * arenaPlan.offsets.normed, bytes: inputBytes },
          { buffer: state, offset: choicesAt, bytes: choiceBytes },
        ],
        results,
      );
      // Waited for below; what is submitted in between may throw first.
      reading.catch(() => undefined);
      if (stop.beside.dispatches.length > 0) submitDispatches(layout, stop.beside.dispatches);
      await reading;
      const choices = new Uint32Array(results.buffer, inputBytes, step.tokens * routing.slots);
      const rows = sortRows(choices, routing.topK, layer.experts, (expert) =>
        this.#cache.slotOf(order, expert),
      );
      this.#count(order, choices, rows.hits.length / 2);
      const cachedRows = rows.hits.length / 2;
      queue.writeBuffer(state, 4 * statePlan.offsets.outputRows, rows.outputRows);
      if (cachedRows > 0) {
        queue.writeBuffer(state, 4 * statePlan.offsets.hits, rows.hits);
        stop.cached.set({ ...step, cachedRows });
        submitDispatches(layout, stop.cached.dispatches);
      }
      if (rows.experts.length === 0) continue;
      const count = rows.starts.at(-1) ?? 0;
      const y = this.#outputs.subarray(0, count * width);
      await this.#compute(order, layer, rows, new Float32Array(results.buffer, 0, step.tokens * width), y);
      queue.writeBuffer(arena, 16 * arenaPlan.offsets.gateUp + 4 * cachedRows * width, y);
      this.#outputBytes += y.byteLength;
    }
    this.#cache.age(step.tokens);
    this.#passes++;
    this.#tokens += step.tokens;
    throwIfCancelled(signal);
  }

  report(): ExpertPlacementReport {
    const { layers, expertBytes, slotBytes } = this.#offload;
    return {
      memoryBytes: expertBytes,
      slotBytes,
      passes: this.#passes,
      tokens: this.#tokens,
      uploads: this.#uploads,
      uploadedBytes: this.#uploadedBytes,
      outputBytes: this.#outputBytes,
      layers: layers.map(({ index, experts, slots, slotBytes: expertBytesEach }, order) => ({
        ...{ layer: index, experts, slots, expertBytes: expertBytesEach },
        hits: this.#counts[order]?.hits ?? 0,
        misses: this.#counts[order]?.misses ?? 0,
        residents: this.#cache.residents(order),
      })),
    };
  }

  dispose(): void {
    this.#crew.dispose();
  }

  async #compute(
    order: number,
    { shape }: OffloadedLayer,
    { experts, starts, tokens }: ReturnType<typeof sortRows>,
    x: Float32Array,
    y: Float32Array,
  ): Promise<void> {
    const images = experts.map((expert) => this.#image(order, expert));
    try {
      await this.#crew.run(shape, { images, starts, tokens, x, y }, this.#threads);
    } catch (error) {
      if (!(error instanceof CpuError)) throw error;
      const message = `The experts beside the GPU could not be computed: ${error.message}`;
      throw new GlassboxError('runtime/gpuFailed', message, undefined, { cause: error });
    }
  }

  /** Between passes: what a GPU still computes reads slots before they are written. */
  #moveExperts(layout: BindingLayout, tokens: number): void {
    const largest = Math.max(...this.#offload.layers.map(({ slotBytes }) => slotBytes));
    const most = Math.max(MOST_UPLOAD_BYTES, largest);
    this.#allowance = Math.min(most, this.#allowance + tokens * UPLOAD_BYTES_PER_TOKEN);
    for (const { layer, expert, slot } of this.#cache.replace(this.#allowance)) {
      const { index, slotBytes } = this.#layer(layer);
      const buffer = this.slotBuffers.get(index);
      if (buffer === undefined) throw new RangeError(`layer ${String(index)} has no slots`);
      layout.device.handle.queue.writeBuffer(buffer, slot * slotBytes, this.#image(layer, expert));
      this.#allowance -= slotBytes;
      this.#uploadedBytes += slotBytes;
      this.#uploads++;
    }
  }

  #count(order: number, choices: Uint32Array, hits: number): void {
    for (const expert of choices) this.#cache.use(order, expert);
    const counts = this.#counts[order];
    if (counts === undefined) return;
    counts.hits += hits;
    counts.misses += choices.length - hits;
  }

  #layer(order: number): OffloadedLayer {
    const layer = this.#offload.layers[order];
    if (layer === undefined) throw new RangeError(`there is no layer ${String(order)} with experts`);
    return layer;
  }

  #image(order: number, expert: number): Uint8Array<ArrayBuffer> {
    const image = this.#images[order]?.[expert];
    if (image === undefined) throw new RangeError(`there is no expert ${String(expert)}`);
    return image;
  }
}

async function openCrew(): Promise<ExpertCrew> {
  try {
    return await openExpertCrew();
  } catch (error) {
    if (!(error instanceof CpuError)) throw error;
    throw new GlassboxError(
      'runtime/unavailable',
      `Experts cannot be computed beside the GPU: ${error.message} Use the CPU.`,
      undefined,
      { cause: error },
    );
  }
}

/** What one stop brings back at most: inputs and choices of a chunk. */
function stopBytes({ spec, tuning, routing }: GpuPlan): number {
  return 4 * tuning.chunkTokens * (spec.embeddingLength + routing.slots);
}
