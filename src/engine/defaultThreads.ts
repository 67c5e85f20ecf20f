import type { ModelSpec } from '../models/spec.ts';
import type { WeightSource } from '../models/weights.ts';
import { bytesPerToken } from './bytesPerToken.ts';

/**
 * Below it a token takes a millisecond or so, of which threads spend more on waiting for each other than they gain: for
 * glassbox-nano (4 MB) two are no faster than one on a machine that does nothing else, and a fourth as fast where an editor
 * draws on the same two cores, since each of some two hundred products waits for whoever has to wait for a core.
 */
const WORTH_SHARING_BYTES = 16e6;

/** How many threads compute a model when nobody says: as many as there are cores, but one for a tiny model. */
export function defaultThreads(
  spec: Pick<ModelSpec, 'layers' | 'tiedEmbedding'>,
  tensors: WeightSource['tensors'],
  cores: number,
): number {
  return bytesPerToken(spec, tensors) < WORTH_SHARING_BYTES ? 1 : cores;
}
