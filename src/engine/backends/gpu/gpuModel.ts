import type { ExpertCrew } from '../../../../native/cpu/experts.ts';
import { BindingLayout } from '../../../../native/webgpu/bindingLayout.ts';
import type { ComputeDevice } from '../../../../native/webgpu/computeDevice.ts';
import type { Dispatch } from '../../../../native/webgpu/dispatch.ts';
import { PipelineCache } from '../../../../native/webgpu/pipelineCache.ts';
import { polled } from '../../../../native/webgpu/polling.ts';
import { Readback, type BufferPiece } from '../../../../native/webgpu/readback.ts';
import { storageBuffer } from '../../../../native/webgpu/storageBuffer.ts';
import { submitDispatches } from '../../../../native/webgpu/submitDispatches.ts';
import { WeightBuffers } from '../../../../native/webgpu/weightBuffers.ts';
import { dequantize } from '../../../models/quantization/dequantize.ts';
import type { WeightSource } from '../../../models/weights.ts';
import type { ExpertPlacementReport } from '../../../protocol/expertPlacement.ts';
import type { GpuRuntimeReport } from '../../../protocol/engine.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { MOST_BEST } from '../../sampling/bestCandidates.ts';
import type { BestLogits, BestNeed, Logits } from '../../sampling/bestLogits.ts';
import type { BackendModel, BackendSequence, RoutedTokens } from '../backend.ts';
import { canBeLogits } from '../canBeLogits.ts';
import { throwIfCancelled } from '../cancelled.ts';
import { bestRows } from './bestRows.ts';
import { fromGpu, wrongNumbers } from './gpuErrors.ts';
import type { GpuPlan } from './gpuPlan.ts';
import { conversationsWithin } from './planWithin.ts';
import { GpuSequence } from './gpuSequence.ts';
import { KernelVariants } from './kernelVariants.ts';
import { OffloadedExperts } from './offloadedExperts.ts';
import type { KernelName, Step } from './plannedDispatch.ts';
import { bestWords } from './planRegions.ts';
import type { PlannedVectors } from './planVectors.ts';
import { RoutingRows } from './routingRows.ts';
import { SequenceBuffers, type SharedBuffers } from './sequenceBuffers.ts';
import { uploadWeights } from './uploadWeights.ts';

/** Dispatches that are handed over at once: what a cancelled prefill still waits for. */
const SUBMITTED_AT_ONCE = 64;
/** Of a load, the share of the time that reading weights takes; kernels compile behind it. */
const WEIGHTS_SHARE = 0.8;
/** Of these, that of experts which stay in memory. */
const EXPERTS_SHARE = 0.5;

export interface GpuModelOptions {
  /** For experts in memory beside the GPU. */
  readonly threads: number;
  /** What it may take of the GPU's memory, conversations among it; absent: what the GPU gives. */
  readonly memoryBytes?: number | undefined;
  readonly kernelText?: ((kernel: KernelName, source: string) => string) | undefined;
  readonly crewFault?: ((crew: ExpertCrew) => ExpertCrew) | undefined;
  readonly onProgress?: ((fraction: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tokens of one pass, at most `chunkTokens`. */
export interface GpuPass {
  readonly buffers: SequenceBuffers;
  readonly tokens: readonly number[];
  readonly position: number;
  /** `[rows, vocabulary]`: of the last tokens. */
  readonly logits: Float32Array;
  /** What of them is enough; undefined: nothing but all of it. */
  readonly need: BestNeed | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onRouting: ((routing: RoutedTokens) => void) | undefined;
}

/** Rows of a reading, and the bytes of what else it brought back. */
interface ReadRows<Row> {
  readonly rows: readonly Row[];
  readonly more: Uint8Array<ArrayBuffer>;
}

/** A model on a GPU: its weights, one arena of activations, and its compiled kernels. */
export class GpuModel implements BackendModel {
  readonly chunkTokens: number;
  readonly #device: ComputeDevice;
  readonly #pipelines: PipelineCache;
  readonly #kernelText: GpuModelOptions['kernelText'];
  #plan: GpuPlan;
  #shared: SharedBuffers;
  #sizesReason = '';
  readonly #readback: Readback;
  readonly #routing: RoutingRows;
  readonly #experts: OffloadedExperts | undefined;
  readonly #memoryBytes: number | undefined;
  /** Token ids on their way to the GPU, and results on their way back. */
  readonly #tokens: Uint32Array<ArrayBuffer>;
  readonly #results: Uint8Array<ArrayBuffer>;
  /** Sequences share the arena: one pass at a time, in the order of arrival. */
  #lastPass: Promise<unknown> = Promise.resolve();
  #isDisposed = false;

  private constructor(
    plan: GpuPlan,
    device: ComputeDevice,
    shared: SharedBuffers,
    compiled: { readonly pipelines: PipelineCache; readonly kernelText: GpuModelOptions['kernelText'] },
    readback: { readonly readback: Readback; readonly bytes: number },
    experts: OffloadedExperts | undefined,
    memoryBytes: number | undefined,
  ) {
    this.#memoryBytes = memoryBytes;
    this.#plan = plan;
    this.#experts = experts;
    this.#device = device;
    this.#shared = shared;
    this.#pipelines = compiled.pipelines;
    this.#kernelText = compiled.kernelText;
    this.#readback = readback.readback;
    this.#routing = new RoutingRows(plan.routing, plan.tuning.chunkTokens);
    this.chunkTokens = plan.tuning.chunkTokens;
    this.#tokens = new Uint32Array(this.chunkTokens);
    this.#results = new Uint8Array(readback.bytes);
  }

  get runtime(): GpuRuntimeReport {
    const { name, features } = this.#device;
    const reason = ['It was asked for.', this.#sizesReason].filter((text) => text !== '').join(' ');
    return { binding: 'dawn', reason, adapter: name, features: [...features] };
  }

  get plan(): GpuPlan {
    return this.#plan;
  }

  /** Of the kernels that it was compiled to. */
  get kernelChecksum(): string {
    return this.#shared.kernels.checksum;
  }

  /** @param reason why kernels have the sizes that they have: a sentence for people */
  explainSizes(reason: string): void {
    this.#sizesReason = reason;
  }

  /**
   * Sequences that are made from now on run with another plan of the same model: one whose kernels divide their work differently,
   * with everything at the same place.
   * @throws GpuError `shader`, `lost`; the plan stays what it was
   */
  async retune(plan: GpuPlan): Promise<void> {
    const { features } = this.#device;
    const options = { features, cache: plan.cache, kernelText: this.#kernelText };
    const { few, chunk, head, best } = plan.sequence(1);
    const dispatches = [...few, ...chunk, ...head, ...best];
    const kernels = await KernelVariants.compile(dispatches, this.#pipelines, options, () => undefined);
    this.#shared = { ...this.#shared, kernels };
    this.#plan = plan;
  }

  /**
   * Takes the device: it is closed with the model, or here when loading fails.
   * @throws GlassboxError `model/unsupported`, `model/corrupt`, `request/cancelled`; GpuError
   */
  static async load(
    device: ComputeDevice,
    plan: GpuPlan,
    weights: WeightSource,
    { threads, memoryBytes, onProgress, signal, kernelText, crewFault }: GpuModelOptions,
  ): Promise<GpuModel> {
    let experts: OffloadedExperts | undefined;
    try {
      const layout = new BindingLayout(device);
      const buffers = await WeightBuffers.create(device, plan.shards);
      const arena = await storageBuffer(device, 'The buffer for activations', 16 * plan.arena.size);
      const state = await storageBuffer(device, 'The buffer for choices', 4 * plan.state.size);
      const uploadShare = plan.offload === undefined ? WEIGHTS_SHARE : WEIGHTS_SHARE - EXPERTS_SHARE;
      await uploadWeights(plan, weights, buffers, device, {
        signal,
        onProgress: (fraction) => onProgress?.(uploadShare * fraction),
      });
      if (plan.offload !== undefined)
        experts = await OffloadedExperts.load(layout, plan, plan.offload, weights, {
          ...{ threads, signal, crewFault },
          onProgress: (fraction) => onProgress?.(uploadShare + EXPERTS_SHARE * fraction),
        });
      // Which kernels there are does not depend on the capacity.
      const { few, chunk, head, best } = plan.sequence(1);
      const pipelines = new PipelineCache(layout);
      const kernels = await KernelVariants.compile(
        [...few, ...chunk, ...head, ...best],
        pipelines,
        { features: device.features, cache: plan.cache, kernelText },
        (fraction) => {
          throwIfCancelled(signal);
          onProgress?.(WEIGHTS_SHARE + (1 - WEIGHTS_SHARE) * fraction);
        },
      );
      const norms = await readVectors(plan.vectors, weights);
      const bytes = resultBytes(plan);
      const readback = await Readback.create(layout, bytes);
      return new GpuModel(
        plan,
        device,
        {
          ...{ layout, arena, state, weights: buffers, kernels, norms },
          slotBuffers: experts?.slotBuffers ?? new Map<number, GPUBuffer>(),
        },
        { pipelines, kernelText },
        { readback, bytes },
        experts,
        memoryBytes,
      );
    } catch (error) {
      experts?.dispose();
      device.destroy();
      throw error;
    }
  }

  get expertPlacement(): ExpertPlacementReport | undefined {
    return this.#experts?.report();
  }

  get vocabularySize(): number {
    return this.plan.spec.vocabularySize;
  }

  sequencesThatFit(capacity: number): number {
    return this.#memoryBytes === undefined
      ? Infinity
      : conversationsWithin(this.plan, this.#memoryBytes, capacity);
  }

  createSequence(capacity: number): BackendSequence {
    this.#throwIfDisposed();
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`A sequence needs a capacity of at least one token, not ${String(capacity)}.`);
    return new GpuSequence(this, capacity);
  }

  /** @throws GpuError `limit`, `out-of-memory`, `lost` */
  async allocate(capacity: number): Promise<SequenceBuffers> {
    return SequenceBuffers.create(this.plan, this.plan.sequence(capacity), this.#shared);
  }

  /**
   * @returns of each row of logits the best, or the row itself, which is written then
   * @throws GlassboxError `request/cancelled`, `request/invalid`, `runtime/gpu*`, `model/notLoaded`
   */
  forward(pass: GpuPass): Promise<readonly Logits[]> {
    this.#throwIfDisposed();
    const run = this.#lastPass.then(async () => {
      try {
        return await this.#forward(pass);
      } catch (error) {
        throw fromGpu(error, 'while it computed the next token');
      }
    });
    this.#lastPass = run.catch(() => undefined);
    return run;
  }

  /** Waits for the passes that have been asked for. */
  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#lastPass;
    this.#experts?.dispose();
    this.#device.destroy();
  }

  async #forward(pass: GpuPass): Promise<readonly Logits[]> {
    const { buffers, tokens, position, logits, need, signal, onRouting } = pass;
    throwIfCancelled(signal);
    this.#writeTokens(tokens);
    const { fewTokens } = this.plan.tuning;
    const isFew = tokens.length <= fewTokens;
    const rows = logits.length / this.vocabularySize;
    const layers = isFew ? buffers.few : buffers.chunk;
    const best = Math.min(need?.count ?? 0, MOST_BEST, this.vocabularySize);
    const found: Logits[] = [];
    const step = { position, tokens: tokens.length, firstLogits: 0, logitRows: 0, best };
    const stops = isFew ? buffers.fewStops : buffers.chunkStops;
    if (stops.length > 0) await this.#experts?.run(stops, step, this.#shared, signal);
    layers.set(step);
    if (!isFew) await this.#submitInParts(layers.dispatches, signal);
    for (let done = 0; done < rows; done += fewTokens) {
      const logitRows = Math.min(fewTokens, rows - done);
      const firstLogits = tokens.length - rows + done;
      const step: Step = { position, tokens: tokens.length, firstLogits, logitRows, best };
      buffers.head.set(step);
      if (need !== undefined) buffers.best.set(step);
      const isLast = done + logitRows === rows;
      const routing = isLast && onRouting ? this.#routingPieces(tokens.length) : [];
      const target = logits.subarray(done * this.vocabularySize, (done + logitRows) * this.vocabularySize);
      const dispatches = buffers.ending(isFew ? 'few' : 'chunk', need === undefined ? 'logits' : 'best');
      const tell = (bytes: Uint8Array<ArrayBuffer>): void => {
        if (routing.length > 0) onRouting?.(this.#routing.read(bytes, position, tokens.length));
      };
      if (need === undefined) {
        const { rows: all, more } = await this.#readLogits(dispatches, target, logitRows, routing);
        tell(more);
        found.push(...all);
      } else {
        const { rows: bestOnes, more } = await this.#readBest(dispatches, step, routing);
        // Before anything else is read: it comes into the same memory.
        tell(more);
        found.push(...(await this.#completed(bestOnes, target, need)));
      }
    }
    return found;
  }

  #writeTokens(tokens: readonly number[]): void {
    tokens.forEach((token, index) => {
      if (!Number.isInteger(token) || token < 0 || token >= this.vocabularySize)
        throw new GlassboxError(
          'request/invalid',
          `Token ${String(token)} is not in the vocabulary of ${String(this.vocabularySize)}.`,
        );
      this.#tokens[index] = token;
    });
    const { state, layout } = this.#shared;
    const at = 4 * this.plan.state.offsets.tokens;
    layout.device.handle.queue.writeBuffer(state, at, this.#tokens, 0, tokens.length);
  }

  /** Two parts at most wait for the GPU: it always has work, and a cancelled pass ends soon. */
  async #submitInParts(dispatches: readonly Dispatch[], signal: AbortSignal | undefined): Promise<void> {
    const device = this.#device;
    let before: Promise<unknown> = Promise.resolve();
    for (let first = 0; first < dispatches.length; first += SUBMITTED_AT_ONCE) {
      submitDispatches(this.#shared.layout, dispatches.slice(first, first + SUBMITTED_AT_ONCE));
      const done = device.settled(polled(() => device.handle.queue.onSubmittedWorkDone()));
      // Whoever waits for it is told; a cancelled pass does not wait.
      done.catch(() => undefined);
      await before;
      before = done;
      throwIfCancelled(signal);
    }
  }

  /** Runs dispatches and brings back logits, into `target`, and what `more` names. */
  async #readLogits(
    dispatches: readonly Dispatch[],
    target: Float32Array,
    rows: number,
    more: readonly BufferPiece[],
  ): Promise<ReadRows<Float32Array>> {
    const stride = rowFloats(this.vocabularySize);
    const offset = 16 * this.plan.arena.offsets.logits;
    const bytes = 4 * rows * stride;
    const results = await this.#read(dispatches, [{ buffer: this.#shared.arena, offset, bytes }, ...more]);
    const logits = new Float32Array(results.buffer, 0, rows * stride);
    return {
      rows: Array.from({ length: rows }, (_, row) => {
        const own = logits.subarray(row * stride, row * stride + this.vocabularySize);
        if (!canBeLogits(own)) throw wrongNumbers(this.#device.name);
        const to = target.subarray(row * this.vocabularySize, (row + 1) * this.vocabularySize);
        to.set(own);
        return to;
      }),
      more: results.subarray(bytes),
    };
  }

  /** Runs dispatches and brings back the best logits, and what `more` names. */
  async #readBest(
    dispatches: readonly Dispatch[],
    { logitRows, best }: Step,
    more: readonly BufferPiece[],
  ): Promise<ReadRows<BestLogits>> {
    const offset = 4 * this.plan.state.offsets.best;
    const bytes = 4 * logitRows * bestWords(best);
    const results = await this.#read(dispatches, [{ buffer: this.#shared.state, offset, bytes }, ...more]);
    const rows = bestRows(results, logitRows, best, this.vocabularySize);
    if (rows === undefined) throw wrongNumbers(this.#device.name);
    return { rows, more: results.subarray(bytes) };
  }

  /** The rows, with all logits of those of which the best are not enough: they still lie where they were computed. */
  async #completed(
    rows: readonly BestLogits[],
    target: Float32Array,
    { suffices }: BestNeed,
  ): Promise<readonly Logits[]> {
    const isEnough = rows.map(suffices);
    if (!isEnough.includes(false)) return rows;
    const { rows: all } = await this.#readLogits([], target, rows.length, []);
    return all.map((logits, row) => (isEnough[row] === true ? (rows[row] ?? logits) : logits));
  }

  /** In memory that the next reading uses again. */
  async #read(
    dispatches: readonly Dispatch[],
    pieces: readonly BufferPiece[],
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
    const results = this.#results.subarray(0, bytes);
    await this.#readback.run(dispatches, pieces, results);
    return results;
  }

  #routingPieces(tokens: number): BufferPiece[] {
    const { offsets } = this.plan.state;
    const bytes = 4 * this.#routing.words(tokens);
    if (bytes === 0) return [];
    return [offsets.choices, offsets.weights].map((offset) => ({
      buffer: this.#shared.state,
      offset: 4 * offset,
      bytes,
    }));
  }

  #throwIfDisposed(): void {
    if (this.#isDisposed) throw new GlassboxError('model/notLoaded', 'The model has been unloaded.');
  }
}

/** Floats between rows of logits. */
function rowFloats(vocabularySize: number): number {
  return Math.ceil(vocabularySize / 4) * 4;
}

/** What one reading brings back at most: logits of a few tokens and the routing of a chunk. */
function resultBytes({ spec, tuning, routing }: GpuPlan): number {
  const routed = 2 * routing.layers.length * tuning.chunkTokens * routing.slots;
  const row = Math.max(rowFloats(spec.vocabularySize), bestWords(MOST_BEST));
  return 4 * (tuning.fewTokens * row + routed);
}

async function readVectors(plan: PlannedVectors, weights: WeightSource): Promise<Float32Array<ArrayBuffer>> {
  const all = new Float32Array(4 * plan.vectors4);
  for (const { roles, offset4 } of plan.parts) {
    let at = 4 * offset4;
    for (const role of roles) {
      const tensor = weights.tensors.get(role);
      if (tensor === undefined) throw new GlassboxError('internal', `The model has no tensor ${role}.`);
      const values = dequantize(tensor.type, await weights.read(role));
      all.set(values, at);
      at += values.length;
    }
  }
  return all;
}
