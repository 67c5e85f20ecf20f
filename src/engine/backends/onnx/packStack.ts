import type { MatrixStack } from '../../../../native/cpu/matrixStack.ts';
import { rowBytes } from '../../../models/quantization/blockLayout.ts';
import type { TensorRole, WeightSource } from '../../../models/weights.ts';
import { requireTensor } from './requireTensor.ts';

/** File bytes that are read and packed at once. */
const SLICE_BYTES = 1 << 20;

/** Slices that other threads pack while the next one is read. */
const SLICES_UNDER_WAY = 2;

/** Reads a tensor slice by slice into a stack of its type and shape. */
export async function packStack(weights: WeightSource, role: TensorRole, stack: MatrixStack): Promise<void> {
  const { type, shape } = requireTensor(weights, role);
  const [columns = 0, rows = 0, count = 1] = shape.toReversed();
  const panels = Math.floor(SLICE_BYTES / (rowBytes(type, columns) * stack.panelRows));
  const rowsAtOnce = Math.max(1, panels) * stack.panelRows;
  const packing: Promise<void>[] = [];
  try {
    for (let matrix = 0; matrix < count; matrix++) {
      for (let first = 0; first < rows; first += rowsAtOnce) {
        const end = Math.min(rows, first + rowsAtOnce);
        const bytes = await weights.readRows(role, matrix * rows + first, end - first);
        const packed = stack.pack(matrix, bytes, first, end);
        // Looked at below; a failure in between must not count as unhandled.
        packed.catch(() => undefined);
        packing.push(packed);
        if (packing.length > SLICES_UNDER_WAY) await packing.shift();
      }
    }
    await Promise.all(packing);
  } finally {
    // The memory that is written to must not go before.
    await Promise.allSettled(packing);
  }
}
