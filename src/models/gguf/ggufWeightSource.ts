import type { FileHandle } from 'node:fs/promises';
import { GlassboxError } from '../../protocol/errors.ts';
import { checkFinite } from '../checkFinite.ts';
import { quote } from '../modelErrors.ts';
import { dequantize } from '../quantization/dequantize.ts';
import type { TensorRole, WeightSource, WeightTensor } from '../weights.ts';
import { readFully } from './readGgufHeader.ts';

/** A tensor and where its bytes begin in the file. */
export interface PlacedTensor extends WeightTensor {
  readonly fileOffset: number;
}

/** What chooses experts: small, and a number in it that is none would spoil every choice. */
const ROUTING = /\.router(\.bias)?$/;

/** Reads tensors straight from the file into the buffer that is handed out. Reads may overlap in time. */
export class GgufWeightSource implements WeightSource {
  constructor(
    readonly tensors: ReadonlyMap<TensorRole, PlacedTensor>,
    private readonly handle: FileHandle,
    private readonly file: string,
  ) {}

  async readRows(role: TensorRole, firstRow: number, rowCount: number): Promise<Uint8Array> {
    const tensor = this.tensor(role);
    const rows = rowsOf(tensor);
    const isRange =
      Number.isInteger(firstRow) && Number.isInteger(rowCount) && firstRow >= 0 && rowCount >= 0;
    if (!isRange || firstRow + rowCount > rows)
      throw new RangeError(
        `rows ${String(firstRow)} +${String(rowCount)} of ${role}, which has ${String(rows)}`,
      );
    const rowBytes = tensor.byteLength / rows;
    // Not from Node's shared pool, whose slices are only 1-byte aligned; not zeroed, since all of it is read.
    const bytes = Buffer.allocUnsafeSlow(rowCount * rowBytes);
    await readFully(this.handle, bytes, 0, tensor.fileOffset + firstRow * rowBytes, this.file);
    if (ROUTING.test(role))
      checkFinite(dequantize(tensor.type, bytes), `tensor ${quote(tensor.name)}`, this.file);
    return bytes;
  }

  read(role: TensorRole): Promise<Uint8Array> {
    return this.readRows(role, 0, rowsOf(this.tensor(role)));
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private tensor(role: TensorRole): PlacedTensor {
    const tensor = this.tensors.get(role);
    if (tensor === undefined) throw new GlassboxError('internal', `The model has no tensor ${role}.`);
    return tensor;
  }
}

/** A tensor of one dimension is one row; rows of three dimensions are counted through. */
function rowsOf(tensor: WeightTensor): number {
  return tensor.shape.slice(0, -1).reduce((product, dimension) => product * dimension, 1);
}
