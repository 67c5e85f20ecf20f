import type { QuantizationType } from '../../src/models/weights.ts';
import { requantize } from './requantize.ts';

/** Tensors of these names become these types, one after the other. */
export type TypeMix = readonly (readonly [type: QuantizationType, only: RegExp])[];

/** A file with its matrices in other types, beside the one given. @returns its path */
export async function mixTypes(file: string, mix: TypeMix): Promise<string> {
  let path = file;
  for (const [type, only] of mix) {
    const mixed = `${path}.${type}.gguf`;
    await requantize(path, mixed, { type, only });
    path = mixed;
  }
  return path;
}
