import type { RecommendedSampling } from '../sampling.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

/** The `general.sampling.*` keys of a file: what its maker recommends, as far as it says. */
export function readSampling(metadata: GgufMetadata): Partial<RecommendedSampling> {
  const key = (name: string): string => `general.sampling.${name}`;
  const written = {
    temperature: metadata.float(key('temp'), 0, 10),
    topK: metadata.integer(key('top_k'), 0, 2 ** 31 - 1),
    topP: metadata.float(key('top_p'), 0, 1),
    minP: metadata.float(key('min_p'), 0, 1),
    repetitionPenalty: metadata.float(key('penalty_repeat'), 0.1, 10),
    repetitionWindow: metadata.integer(key('penalty_last_n'), 0, 2 ** 31 - 1),
  };
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
}
