import type { QuantizationSummary } from './quantizationSummary.ts';
import type { RecommendedSampling } from './sampling.ts';
import type { ModelSpec } from './spec.ts';
import type { TokenizerSource } from './tokenizer/tokenizerSource.ts';
import type { WeightSource } from './weights.ts';

/** An open model file: all that its header says, and its weights to be read. */
export interface ModelFile {
  readonly path: string;
  readonly fileBytes: number;
  readonly spec: ModelSpec;
  readonly weights: WeightSource;
  /** Decodes the vocabulary, at some cost; call once and keep the result. */
  readTokenizer(): TokenizerSource;
  /**
   * Tells this file from others whatever its name; to be asked before `close`. Reads a few megabytes.
   * @throws GlassboxError `model/unreadable`, `model/corrupt`
   */
  fingerprint(): Promise<string>;
  /** Jinja source. Hostile until it was run within its caps. */
  readonly chatTemplate: string | undefined;
  readonly quantization: QuantizationSummary;
  /** Recommended for this model. */
  readonly sampling: RecommendedSampling;
  /** Whether template or vocabulary say that it thinks by itself. */
  readonly isReasoningModel: boolean;
  /** Closes the file and with it `weights`. */
  close(): Promise<void>;
}
