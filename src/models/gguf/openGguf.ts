import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { corrupt, unreadable, unsupported } from '../modelErrors.ts';
import type { ModelFile } from '../modelFile.ts';
import { summarizeQuantization } from '../quantizationSummary.ts';
import { recommendedSampling } from '../sampling.ts';
import { fingerprintGguf } from './fingerprintGguf.ts';
import type { GgufHeader } from './ggufHeader.ts';
import { GgufMetadata } from './ggufMetadata.ts';
import { GgufWeightSource } from './ggufWeightSource.ts';
import { ROPE_FACTORS_TENSOR } from './mapTensors.ts';
import { readFully, readGgufHeader } from './readGgufHeader.ts';
import { readModelSpec } from './readModelSpec.ts';
import { readSampling } from './readSampling.ts';
import { readTokenizerSource } from './readTokenizerSource.ts';

/** Longest rotated half of a head; the factors are read before the head's size is known to be right. */
const MAX_ROPE_FACTORS = 4096;

/** Opens a GGUF file. See `openModel`. */
export async function openGguf(file: string): Promise<ModelFile> {
  const { handle, fileBytes } = await openFile(file);
  try {
    return await readModel(handle, fileBytes, file);
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function openFile(file: string): Promise<{ handle: FileHandle; fileBytes: number }> {
  try {
    // Asked before opening: opening a pipe would wait for its other end.
    const status = await stat(file);
    if (!status.isFile())
      throw new Error(status.isDirectory() ? 'it is a folder' : 'it is not a regular file');
    return { handle: await open(file, 'r'), fileBytes: status.size };
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
}

async function readModel(handle: FileHandle, fileBytes: number, file: string): Promise<ModelFile> {
  if (fileBytes === 0) throw corrupt(file, 'the file', 'is empty');
  const header = await readGgufHeader(handle, fileBytes, file);
  const metadata = new GgufMetadata(header.values, file);
  const factors = await readRopeFactors(header, handle, file);
  const { spec, tensors } = readModelSpec(header, metadata, factors, path.basename(file, '.gguf'), file);
  const readTokenizer = readTokenizerSource(metadata, file);
  const chatTemplate = metadata.string('tokenizer.chat_template');
  const isReasoningModel = chatTemplate?.includes('<think>') === true || hasToken(metadata, '<think>');
  const { architecture, name } = spec;
  const weights = new GgufWeightSource(tensors, handle, file);
  return {
    path: file,
    fileBytes,
    spec,
    weights,
    readTokenizer,
    fingerprint: () => fingerprintGguf(header, handle, fileBytes, file),
    chatTemplate,
    quantization: summarizeQuantization(tensors, spec.parameters),
    sampling: recommendedSampling({ architecture, name, isReasoningModel, written: readSampling(metadata) }),
    isReasoningModel,
    close: () => weights.close(),
  };
}

function hasToken(metadata: GgufMetadata, text: string): boolean {
  return metadata.stringArray('tokenizer.ggml.tokens')?.includes(text) === true;
}

/** Divisors of the rotary frequencies, `[dimensions / 2]`. Part of the architecture, so read at once. */
async function readRopeFactors(
  header: GgufHeader,
  handle: FileHandle,
  file: string,
): Promise<number[] | undefined> {
  const tensor = header.tensors.get(ROPE_FACTORS_TENSOR);
  if (tensor === undefined) return undefined;
  const field = `tensor "${ROPE_FACTORS_TENSOR}"`;
  const count = tensor.byteLength / 4;
  if (tensor.typeName !== 'F32')
    throw unsupported(file, field, `is stored as ${tensor.typeName}, not as F32`);
  if (count > MAX_ROPE_FACTORS)
    throw corrupt(file, field, `has ${String(count)} factors, more than a head has dimensions`);
  const bytes = Buffer.allocUnsafeSlow(tensor.byteLength);
  await readFully(handle, bytes, 0, tensor.fileOffset, file);
  const factors = Array.from({ length: count }, (_, i) => bytes.readFloatLE(i * 4));
  if (!factors.every((factor) => factor > 0 && Number.isFinite(factor)))
    throw corrupt(file, field, 'holds a factor that is not a positive number');
  return factors;
}
