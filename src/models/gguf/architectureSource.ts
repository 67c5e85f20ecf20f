import type { Family } from './families.ts';
import type { GgufHeader } from './ggufHeader.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

/** What the readers of a model's parts read from. */
export interface ArchitectureSource {
  readonly family: Family;
  readonly metadata: GgufMetadata;
  /** By name; only asked for presence, shapes are checked when the tensors get their roles. */
  readonly tensors: GgufHeader['tensors'];
  /** Contents of `rope_freqs.weight`, when the file has it. */
  readonly ropeFactors: readonly number[] | undefined;
  /** For messages. */
  readonly file: string;
}
