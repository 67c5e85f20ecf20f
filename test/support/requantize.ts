import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { GgufTensor } from '../../src/models/gguf/ggufHeader.ts';
import { asQuantizationType } from '../../src/models/gguf/ggufTypes.ts';
import { readFully, readGgufHeader } from '../../src/models/gguf/readGgufHeader.ts';
import { rowBytes } from '../../src/models/quantization/blockLayout.ts';
import { dequantize } from '../../src/models/quantization/dequantize.ts';
import type { QuantizationType } from '../../src/models/weights.ts';
import { quantize } from './ggufQuantize.ts';
import type { TensorToWrite } from './ggufWriter.ts';
import { writeGguf } from './ggufWriter.ts';
import { storableType } from './storableType.ts';

export interface RequantizeOptions {
  /** Of all matrices whose rows are a whole number of its blocks; see `storableType`. */
  readonly type: QuantizationType;
  /** Of embedding and output; absent: `type`. */
  readonly embeddingType?: QuantizationType;
  /** Leaves tensors of other names as they are. */
  readonly only?: RegExp;
}

/** `general.file_type` for people: ids of llama.cpp's `llama_ftype`. */
const FILE_TYPE: Readonly<Record<QuantizationType, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q4_K: 15,
  Q5_K: 17,
  Q6_K: 18,
  BF16: 32,
};

/**
 * Rewrites a GGUF file with its matrices in another type, everything else unchanged. To F32 it is exact: the float
 * reference of what the file's weights mean.
 */
export async function requantize(from: string, to: string, options: RequantizeOptions): Promise<void> {
  const handle = await open(from, 'r');
  try {
    const { size } = await handle.stat();
    const header = await readGgufHeader(handle, size, from);
    await writeGguf(to, {
      version: header.version,
      metadata: {},
      encodedMetadata: {
        count: header.values.size,
        bytes: options.only
          ? header.encodedValues
          : withFileType(header.encodedValues, FILE_TYPE[options.type]),
      },
      tensors: [...header.tensors.values()].map((tensor) => convert(tensor, handle, from, options)),
    });
  } finally {
    await handle.close();
  }
}

function convert(
  tensor: GgufTensor,
  handle: FileHandle,
  file: string,
  options: RequantizeOptions,
): TensorToWrite {
  const { name, dimensions } = tensor;
  const fromType = asQuantizationType(tensor.typeName);
  if (fromType === undefined)
    throw new Error(`${name} is stored as ${tensor.typeName}, which is not supported`);
  const [columns = 0, ...counts] = dimensions;
  const rows = counts.reduce((product, count) => product * count, 1);
  const stays = dimensions.length === 1 || options.only?.test(name) === false;
  const isEmbedding = name === 'token_embd.weight' || name === 'output.weight';
  const wanted = isEmbedding ? (options.embeddingType ?? options.type) : options.type;
  const type = stays ? fromType : storableType(name, columns, wanted);
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    const perRow = rowBytes(fromType, columns);
    const rowsAtOnce = Math.max(1, Math.floor(PIECE_WEIGHTS / columns));
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const bytes = Buffer.allocUnsafeSlow(Math.min(rowsAtOnce, rows - row) * perRow);
      await readFully(handle, bytes, 0, tensor.fileOffset + row * perRow, file);
      yield type === fromType ? bytes : quantize(type, dequantize(fromType, bytes));
    }
  };
  return { name, type, shape: dimensions.toReversed(), pieces };
}

/** Weights converted at a time. */
const PIECE_WEIGHTS = 1 << 20;

/** The metadata with the value of `general.file_type` replaced, where there is one (a uint32). */
function withFileType(encoded: Uint8Array, fileType: number): Uint8Array {
  const bytes = Buffer.from(encoded);
  const key = 'general.file_type';
  const at = bytes.indexOf(key);
  if (at >= 0) bytes.writeUInt32LE(fileType, at + key.length + 4);
  return bytes;
}
