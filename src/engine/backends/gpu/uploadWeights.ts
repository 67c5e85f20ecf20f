import { planeSizes } from '../../../../native/kernels/blockType.ts';
import { repackBlocks } from '../../../../native/kernels/repackBlocks.ts';
import type { ComputeDevice } from '../../../../native/webgpu/computeDevice.ts';
import type { ShardPiece } from '../../../../native/webgpu/planShards.ts';
import { polled } from '../../../../native/webgpu/polling.ts';
import type { WeightBuffers } from '../../../../native/webgpu/weightBuffers.ts';
import { rowBytes } from '../../../models/quantization/blockLayout.ts';
import { dequantize } from '../../../models/quantization/dequantize.ts';
import type { WeightSource } from '../../../models/weights.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import type { GpuPlan } from './gpuPlan.ts';
import { throwIfCancelled } from '../cancelled.ts';
import type { MatrixSource, PlannedMatrix } from './plannedMatrix.ts';

/** File bytes that are read and taken apart at once. */
const SLICE_BYTES = 4 << 20;
/** Bytes that may wait for the GPU to take them: Dawn holds them in memory of its own until then. */
const MOST_PENDING_BYTES = 64 << 20;

/**
 * Reads a model's matrices and writes them to their shards.
 * @throws GlassboxError `model/corrupt`, `request/cancelled`; GpuError
 */
export async function uploadWeights(
  plan: GpuPlan,
  source: WeightSource,
  buffers: WeightBuffers,
  device: ComputeDevice,
  options: {
    readonly onProgress?: ((fraction: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<void> {
  const total = plan.weights.matrices.reduce((sum, matrix) => sum + matrix.rows * matrix.columns, 0);
  let done = 0;
  let pendingBytes = 0;
  for (const matrix of plan.weights.matrices) {
    for (const piece of plan.shards.pieces) {
      if (piece.name !== matrix.name) continue;
      let before = 0;
      for await (const { bytes, rows } of slicesOf(matrix, piece, source)) {
        throwIfCancelled(options.signal);
        device.check();
        const planes = repackBlocks(matrix.type, bytes);
        const { quants, scales, high } = planeSizes(matrix.type);
        const blocks = (before * matrix.columns) / 256;
        buffers.write(piece, planes, {
          quants: blocks * quants,
          scales: blocks * scales,
          high: blocks * high,
        });
        before += rows;
        done += rows * matrix.columns;
        pendingBytes += bytes.length;
        if (pendingBytes > MOST_PENDING_BYTES) {
          pendingBytes = 0;
          await device.settled(polled(() => device.handle.queue.onSubmittedWorkDone()));
        }
        options.onProgress?.(done / total);
      }
    }
  }
  await device.settled(polled(() => device.handle.queue.onSubmittedWorkDone()));
  device.check();
}

interface Slice {
  /** Whole rows in the matrix's type. */
  readonly bytes: Uint8Array;
  readonly rows: number;
}

/** The rows of a piece, in their order. */
async function* slicesOf(
  { source, type, columns, name }: PlannedMatrix,
  piece: ShardPiece,
  weights: WeightSource,
): AsyncGenerator<Slice> {
  if (source.kind === 'transposedKeys') {
    yield await transposedKeys(source, weights);
    return;
  }
  // Two rows share a word of half scales, where the row has an odd number of them.
  const rowsAtOnce = Math.max(2, Math.floor(SLICE_BYTES / rowBytes(type, columns) / 2) * 2);
  let segmentStart = 0;
  let written = 0;
  for (const { role, firstRow, rows } of source.segments) {
    const from = Math.max(0, piece.firstRow - segmentStart);
    const end = Math.min(rows, piece.firstRow + piece.rows - segmentStart);
    for (let row = from; row < end; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, end - row);
      yield { bytes: await weights.readRows(role, firstRow + row, count), rows: count };
      written += count;
    }
    segmentStart += rows;
  }
  if (written !== piece.rows)
    throw new GlassboxError('internal', `${name} has ${String(written)} rows of ${String(piece.rows)}.`);
}

async function transposedKeys(
  { role, heads, plainDim, valueDim, latentRank }: Extract<MatrixSource, { kind: 'transposedKeys' }>,
  weights: WeightSource,
): Promise<Slice> {
  const tensor = weights.tensors.get(role);
  if (tensor === undefined) throw new GlassboxError('internal', `The model has no tensor ${role}.`);
  const keys = new Float32Array(heads * latentRank * plainDim);
  for (let head = 0; head < heads; head++) {
    const rows = dequantize(
      tensor.type,
      await weights.readRows(role, head * (plainDim + valueDim), plainDim),
    );
    for (let row = 0; row < plainDim; row++)
      for (let column = 0; column < latentRank; column++)
        keys[(head * latentRank + column) * plainDim + row] = rows[row * latentRank + column] ?? NaN;
  }
  return { bytes: new Uint8Array(keys.buffer), rows: heads * latentRank };
}
