import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { encodeHeader, tensorBytes } from '../../../support/ggufWriter.ts';

/** The file's bytes: its header and as many zeros as its tensors need. */
export function encodeGguf(gguf: GgufToWrite): Buffer {
  const weightBytes = gguf.tensors.reduce((sum, tensor) => sum + Math.ceil(tensorBytes(tensor) / 32) * 32, 0);
  return Buffer.concat([encodeHeader(gguf), Buffer.alloc(weightBytes)]);
}
