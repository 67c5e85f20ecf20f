import type { ModelSpec } from '../../models/spec.ts';
import type { WeightSource } from '../../models/weights.ts';
import type { RuntimeReport } from '../../protocol/engine.ts';
import type { ExpertPlacementReport } from '../../protocol/expertPlacement.ts';
import type { BestNeed, Logits } from '../sampling/bestLogits.ts';
import type { VocabularyPasses } from '../sampling/vocabularyPasses.ts';

/** The one interface that every way of running a model implements. Everything above it is written once. */
export interface Backend {
  /** Whether `load` would fit, before anything is allocated. All in bytes. */
  estimate(
    spec: ModelSpec,
    weights: WeightSource,
    options: { contextTokens: number; draft?: boolean },
  ): Promise<BackendMemory>;
  /**
   * Weights become resident. Does not close `weights`; the caller may once this resolves.
   * @throws GlassboxError `runtime/*`, `model/corrupt`, `request/cancelled`
   */
  load(spec: ModelSpec, weights: WeightSource, options: BackendLoadOptions): Promise<BackendModel>;
}

export interface BackendMemory {
  readonly weightBytes: number;
  readonly kvBytes: number;
  readonly activationBytes: number;
  /** One for each layer: what its cache will hold. */
  readonly kvLayers: readonly KvLayer[];
}

export interface BackendLoadOptions {
  readonly threads: number;
  /** Whether one more may compute at times, for a model so small that one thread computes it. Default false. */
  readonly hasSpareThread?: boolean;
  /** What conversations will hold, as far as is known: memory that a GPU keeps free for them. */
  readonly contextTokens?: number;
  /** Loads the layer that drafts, where the model has one: sequences then have a `draft`. Default false. */
  readonly draft?: boolean;
  readonly onProgress?: (fraction: number) => void;
  readonly signal?: AbortSignal;
}

export interface BackendModel {
  readonly runtime: RuntimeReport;
  /** What reads its logits; absent: the passes in TypeScript. */
  readonly vocabularyPasses?: VocabularyPasses | undefined;
  /** Prompts are best fed in pieces of at most this many tokens; a piece is the grain of progress and cancel. */
  readonly chunkTokens: number;
  /** KV memory for `capacity` tokens is allocated here, once. */
  createSequence(capacity: number): BackendSequence;
  /**
   * How many sequences of a capacity the memory holds that the model may take, one at least; absent: as many as the system has
   * memory for.
   */
  readonly sequencesThatFit?: (capacity: number) => number;
  /** Where its experts are and what came of it, so far; absent where they are all in one place. */
  readonly expertPlacement?: ExpertPlacementReport | undefined;
  /** Passes whose rows were computed by a thread more than usual, so far; absent where none are. */
  readonly dividedPasses?: number | undefined;
  dispose(): Promise<void>;
}

/** One conversation's KV cache and the means to extend it. Not reentrant: one `append` at a time. */
export interface BackendSequence {
  readonly capacity: number;
  /** Tokens in the cache. */
  readonly length: number;
  readonly kvBytes: number;
  /** One for each layer, those that draft apart: what its cache holds. */
  readonly kvLayers: readonly KvLayer[];
  /**
   * Appends `tokens` to the cache and returns logits: `[vocabulary]` of the last token, or
   * `[tokens.length, vocabulary]` when `allLogits`. The array is reused by the next `append`, which writes to it
   * only when the turn of the event loop that called it is over: until then the caller may read on.
   * When `signal` fires the run stops within milliseconds, `length` is unchanged, and `request/cancelled` is thrown.
   */
  append(tokens: readonly number[], options?: AppendOptions): Promise<Float32Array>;
  /**
   * As `append`, for whoever can do with the best logits: for each row those, or all logits where they are not enough, in memory
   * that later calls use again. Absent where all logits are there anyway.
   */
  appendBest?(tokens: readonly number[], options: BestOptions): Promise<readonly Logits[]>;
  /** Appends of several tokens, of a prompt or with `allLogits`, come soon: whatever they need that is slow to come is called. Absent where nothing is. */
  prepareGuesses?(): void;
  /** Forgets everything after the first `length` tokens. @throws RangeError outside 0..length */
  rewind(length: number): void;
  /** Absent where nothing drafts. */
  readonly draft?: SequenceDraft | undefined;
  dispose(): void;
}

/** Multi-token prediction: a look beyond the next token, much cheaper than the model's own. */
export interface SequenceDraft {
  /**
   * What may stand behind `next`, which is about to be appended: logits `[vocabulary]`, in memory that the next call uses
   * again. Undefined when no token was appended since the last rewind or proposal: there is nothing to look from.
   * @throws GlassboxError as `append` does; the sequence is as it was
   */
  propose(next: number, options?: { readonly signal?: AbortSignal }): Promise<Float32Array | undefined>;
}

export interface AppendOptions {
  readonly allLogits?: boolean | undefined;
  /**
   * A lone token gets the logits that it would get among others, to the last bit, for up to an eighth more time with ONNX
   * Runtime's attention; with Glassbox's it always does, for nothing. Default false: they may differ by what rounding makes of them.
   */
  readonly exactRows?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Called once for each piece whose layers were computed, in order; never for a model without experts. Its logits may still be
   * computed meanwhile: where that fails or is stopped, so does the append, and what was told of it is void.
   */
  readonly onRouting?: ((routing: RoutedTokens) => void) | undefined;
}

export interface BestOptions extends AppendOptions {
  /** Undefined: nothing but all logits is enough. */
  readonly need: BestNeed | undefined;
}

/** Which experts some tokens went to. The arrays are used again after the call: copy what is to be kept. */
export interface RoutedTokens {
  /** Position of the first token in the cache. */
  readonly firstPosition: number;
  readonly tokens: number;
  /** Layers with experts, in their order. */
  readonly layers: number;
  readonly topK: number;
  /** `[tokens, layers, topK]`, as the layer ranked them. */
  readonly experts: Uint16Array | Int32Array;
  /** `[tokens, layers, topK]`, as the layer multiplied them. */
  readonly weights: Float32Array;
}

/** A layer's cache, in bytes per token. */
export interface KvLayer {
  readonly parts: readonly { readonly kind: 'key' | 'value' | 'latent'; readonly bytesPerToken: number }[];
  /** `q8` and `q4`: codes, with a scale and a minimum for each 32 numbers. */
  readonly dataType: 'float32' | 'float16' | 'q8' | 'q4';
  /** What keys and values of all heads would take in the same type. */
  readonly plainBytesPerToken: number;
}
