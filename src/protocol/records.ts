import { NotificationType, RequestType } from 'vscode-jsonrpc';
import * as v from 'valibot';
import type { ErrorData } from './engine.ts';
import type { ExpertPlacementReport } from './expertPlacement.ts';
import type { FinishReason, SpeculationCounts } from './generation.ts';

/**
 * What the engine remembers of a conversation's forward passes: its KV cache, and which experts its tokens went to.
 * docs/records.md says when it is written and what it leaves out.
 */

/**
 * What a token is to the conversation: `thought` and `answer` were written by the model, with the think tags that it wrote;
 * all else is `prompt`, also the tags that the template writes.
 */
export const PHASES = ['prompt', 'thought', 'answer'] as const;
export type Phase = (typeof PHASES)[number];

const conversationId = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const position = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Answer only once the history of the last answer is computed again; else with what there is now. */
const settled = v.optional(v.boolean());

export const RoutingParams = v.object({
  conversationId,
  /** Absent: from the first position on. */
  firstPosition: v.optional(position),
  /** The position after the last one. Absent: to the end. */
  endPosition: v.optional(position),
  settled,
});
export type RoutingParams = v.InferOutput<typeof RoutingParams>;

/**
 * Routing of some tokens, in the order of their forward passes. The entry of a token at a position is the routing of the
 * pass that read this token at this position, and gave the logits of the next one. Strings are base64 of little-endian
 * arrays; `unpackRouting` reads them.
 */
export interface RoutingResult {
  /** Which of the model's layers have experts. */
  readonly layers: readonly number[];
  /** In each of these layers. */
  readonly experts: number;
  readonly topK: number;
  readonly entries: number;
  /** Entries that made room for later ones since the conversation began. */
  readonly dropped: number;
  /** One answer holds a few megabytes: positions from here on have to be asked for again. */
  readonly endPosition: number;
  /** Ids of the requests that `questions` counts. */
  readonly requestIds: readonly string[];
  readonly packed: {
    /** 32-bit integers `[entries]` */
    readonly positions: string;
    /** 32-bit integers `[entries]`: ids in the vocabulary */
    readonly tokens: string;
    /** 32-bit integers `[entries]`: for the sake of which question the token was first read, index of `requestIds` */
    readonly questions: string;
    /** 8-bit integers `[entries]`: index of PHASES */
    readonly phases: string;
    /** 8-bit integers `[entries]`: 1 when the token is no longer in the KV cache (a thought that was dropped) */
    readonly evicted: string;
    /** 16-bit integers `[entries, layers, topK]`, as the layer ranked them */
    readonly chosen: string;
    /** 16-bit floats (IEEE 754 binary16) `[entries, layers, topK]`, as the layer multiplied them */
    readonly weights: string;
  };
}

export const ExpertsParams = v.object({
  conversationId,
  /** Counts and load of one question's tokens only: those whose routing is still held. */
  requestId: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** Also the biases of the gates, which are the model's and never change. */
  gateBias: v.optional(v.boolean()),
  /** Also the hit rates of a cache of experts. */
  hitRates: v.optional(v.boolean()),
  /** Also which experts of two of the model's layers (or twice the same) were chosen by the same tokens. */
  coactivation: v.optional(
    v.object({ layers: v.tuple([position, position]), phase: v.optional(v.picklist(PHASES)) }),
  ),
  settled,
});
export type ExpertsParams = v.InferOutput<typeof ExpertsParams>;

/** How evenly some tokens are spread over a layer's experts. */
export interface ExpertLoad {
  /** Coefficient of variation: standard deviation over mean of the experts' counts. 0 is even. */
  readonly cv: number;
  /** Of the distribution of choices, in bits. */
  readonly entropyBits: number;
  /** Entropy over that of an even load: 1 is even. */
  readonly normalizedEntropy: number;
  readonly maxOverMean: number;
  readonly hottest: number;
  /** Experts with more than twice the mean. */
  readonly hot: readonly number[];
  /** Experts that were never chosen. */
  readonly dead: readonly number[];
}

export interface ExpertsResult {
  readonly layers: readonly number[];
  readonly experts: number;
  readonly topK: number;
  /** How many tokens are counted, by phase; a token that was computed again counts once. */
  readonly tokens: Readonly<Record<Phase, number>>;
  /** Tokens whose routing made room for later ones. They are counted, also when they leave the conversation. */
  readonly dropped: number;
  /** Base64 of 32-bit integers `[PHASES, layers, experts]`. */
  readonly counts: string;
  /** By layer; null where there are no tokens. */
  readonly load: Readonly<Record<Phase | 'all', readonly (ExpertLoad | null)[]>>;
  /**
   * Base64 of 32-bit floats `[layers, experts + 1]`: the share of choices that find their expert among the last n that
   * were used, for n = 0 to all. Of every forward pass that was run, in order, also of those that were taken back.
   */
  readonly hitRates?: Readonly<Record<Phase | 'all', string>>;
  /** Base64 of 32-bit integers `[experts, experts]`: tokens that chose both, of those whose routing is still held. */
  readonly coactivation?: string;
  /**
   * Base64 of 32-bit floats `[layers, experts]`, from the model file: what is added to an expert's score when experts are
   * chosen, and only then. NaN where a layer has none. Absent where no layer has any, or when it was not asked for.
   */
  readonly gateBias?: string;
}

export const ExpertTokensParams = v.object({
  conversationId,
  /** One of the model's layers with experts. */
  layer: position,
  expert: position,
  phase: v.optional(v.picklist(PHASES)),
  /** Of the latest tokens so many are told. Absent: 50. */
  limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(200))),
});
export type ExpertTokensParams = v.InferOutput<typeof ExpertTokensParams>;

/** A token that went to an expert, where it stood. */
export interface ExpertToken {
  readonly position: number;
  readonly phase: Phase;
  readonly evicted: boolean;
  readonly requestId: string;
  /** 0 is the layer's first choice. */
  readonly rank: number;
  readonly weight: number;
  readonly before: string;
  readonly text: string;
  readonly after: string;
}

export interface ExpertTokensResult {
  /** Of the tokens whose routing is held. */
  readonly total: number;
  /** The latest first. */
  readonly tokens: readonly ExpertToken[];
}

export const KvParams = v.object({ conversationId, settled });
export type KvParams = v.InferOutput<typeof KvParams>;

/**
 * Why tokens left the KV cache:
 * - `thought`: the answer is complete, and thoughts are never part of the history
 * - `history`: the oldest messages were left out, so that the question fits
 * - `edit`: an earlier message was changed, or a question asked again
 * - `rewrite`: the template writes the answer otherwise into the history than it was generated
 * - `release`: the whole cache was freed, for another conversation or after a failure
 */
export type EvictionReason = 'thought' | 'history' | 'edit' | 'rewrite' | 'release';

export interface Eviction {
  /** Counts the conversation's evictions; `records/text` is asked with it. */
  readonly id: number;
  readonly reason: EvictionReason;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly firstPosition: number;
  readonly tokens: number;
  /** What these tokens were; an answer's come back when they are computed again. */
  readonly phases: Readonly<Record<Phase, number>>;
  /** Of how many of these tokens the text can still be read: the first ones. The oldest evictions make room. */
  readonly readableTokens: number;
}

export interface KvLayerSnapshot {
  readonly parts: readonly {
    readonly kind: 'key' | 'value' | 'latent';
    readonly bytesPerToken: number;
    readonly usedBytes: number;
  }[];
  readonly dataType: 'float32' | 'float16' | 'q8' | 'q4';
  readonly usedBytes: number;
  /** What keys and values of all heads would take for the same tokens in the same type. */
  readonly plainBytes: number;
}

/** Neighbouring tokens of the cache of one kind. */
export interface KvSpan {
  readonly phase: Phase;
  /** The request for the sake of which they were first read. */
  readonly requestId: string;
  readonly firstPosition: number;
  readonly tokens: number;
}

export interface KvSnapshot {
  readonly capacityTokens: number;
  readonly usedTokens: number;
  /** Tokens of the last question's prompt that were in the cache already: the first ones. */
  readonly sharedPrefixTokens: number;
  /** Prompt tokens that needed no computation, of all questions. */
  readonly reusedTokens: number;
  readonly bytesPerToken: number;
  readonly plainBytesPerToken: number;
  readonly usedBytes: number;
  readonly capacityBytes: number;
  readonly layers: readonly KvLayerSnapshot[];
  readonly spans: readonly KvSpan[];
  /** The latest ones, oldest first. */
  readonly evictions: readonly Eviction[];
  /** Of all evictions, also of those that are no longer listed. */
  readonly evictedTokens: Readonly<Record<EvictionReason, number>>;
}

/** The most tokens that one `records/text` gives. */
export const MAX_TEXT_TOKENS = 2048;

export const TextParams = v.object({
  conversationId,
  /** Absent: of what the cache holds now. */
  eviction: v.optional(position),
  /** In the cache, now or when it was evicted. */
  firstPosition: position,
  /** The position after the last one. */
  endPosition: position,
});
export type TextParams = v.InferOutput<typeof TextParams>;

/** Some tokens as text, at most MAX_TEXT_TOKENS. Arrays have an entry for each token. */
export interface TextResult {
  readonly firstPosition: number;
  readonly tokens: readonly number[];
  /** Together the whole text: a character that several tokens make stands with the last of them. */
  readonly texts: readonly string[];
  readonly phases: readonly Phase[];
}

/** Where a question's prompt parted from what the cache held. */
export interface PrefixMismatch {
  /** Of the first token that differs. */
  readonly position: number;
  /** Why the rest of the cache went. */
  readonly reason: EvictionReason;
  readonly cached: TokenText;
  /** Null where the prompt ended there. */
  readonly prompt: TokenText | null;
  /** What both begin with, its end. */
  readonly before: string;
  /** What followed, as it was in the cache and as the prompt has it. */
  readonly cachedAfter: string;
  readonly promptAfter: string;
}

export interface TokenText {
  readonly token: number;
  readonly text: string;
}

/** Some of an answer's time, and what was done in it. Steps of one answer follow each other without a gap. */
export interface AnswerStep {
  readonly kind: 'prefill' | 'decode';
  /** From the arrival of the question. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly tokens: number;
  readonly backendMs: number;
  readonly samplingMs: number;
}

/** What one answer cost. All measured, but what reuse saved. */
export interface AnswerRecord {
  readonly requestId: string;
  /** Arrival of the question, milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Absent while it is written, and when it failed. */
  readonly finishReason?: FinishReason;
  readonly promptTokens: number;
  readonly reusedTokens: number;
  /** Tokens in the cache when the question came. */
  readonly cachedTokens: number;
  /** Absent when the prompt went on from all that was cached. */
  readonly mismatch?: PrefixMismatch;
  readonly prefillMs: number;
  /** An estimate: reused tokens times the milliseconds that each computed one took. Null when none was computed. */
  readonly estimatedSavedMs: number | null;
  /** Absent before the first token. */
  readonly timeToFirstTokenMs?: number;
  readonly decodedTokens: number;
  readonly decodeMs: number;
  /** Of decodeMs: waiting for the backend. */
  readonly backendMs: number;
  /** Of decodeMs: choosing tokens. The rest is detokenizing and the reply's stream; transport is no part of it. */
  readonly samplingMs: number;
  /** Writing these records, during prefill and decode. Part of their times. */
  readonly recordingMs: number;
  readonly speculation?: SpeculationCounts;
  /** A few hundred at most: those of a long answer are longer. */
  readonly steps: readonly AnswerStep[];
}

export const AnswersParams = v.object({
  conversationId,
  /** Counts the conversation's answers. Absent: from the first that is kept. */
  firstAnswer: v.optional(position),
});
export type AnswersParams = v.InferOutput<typeof AnswersParams>;

/** The latest answers of a conversation, oldest first; the last one may be being written. */
export interface AnswersResult {
  /** Number of the first one listed here: so many came before it. */
  readonly firstAnswer: number;
  readonly answers: readonly AnswerRecord[];
}

/** The working memory of forward passes, as it was measured. */
export interface MeasuredActivations {
  readonly bytes: number;
  /** Of the largest piece of a prompt that was looked at. */
  readonly tokens: number;
  /** With those before them in the cache. */
  readonly contextTokens: number;
}

export const MemoryParams = v.object({ conversationId });
export type MemoryParams = v.InferOutput<typeof MemoryParams>;

/** Where the engine's memory goes. KV caches are allocated when a conversation begins, for all that it may hold. */
export interface MemoryBudget {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly device: 'cpu';
  /** An estimate, from the model file. */
  readonly weightBytes: number;
  /** An estimate: working memory of the largest piece of a prompt. */
  readonly activationBytes: number;
  /**
   * Measured: what the process took while it loaded the model, with the tokenizer and the libraries, without the script's heap.
   * Absent where it held another model before, whose memory is used again.
   */
  readonly measuredLoadBytes?: number;
  /**
   * Measured: the most that the process took beyond that while it read prompts, without KV caches and the script's heap.
   * Absent before the first prompt.
   */
  readonly measuredActivations?: MeasuredActivations;
  /** Allocated for this conversation; 0 when it has no cache. */
  readonly kvBytes: number;
  readonly kvUsedBytes: number;
  /** Allocated for other conversations. */
  readonly otherKvBytes: number;
  readonly bytesPerToken: number;
  readonly usedTokens: number;
  readonly capacityTokens: number;
  /** Measured: what the engine process takes of the machine's memory now. */
  readonly residentBytes: number;
  /** Measured: what can be had without swapping. */
  readonly freeBytes: number;
  /** Counted: where routed experts are, and what came of it. Absent where all of them are in one place. */
  readonly expertPlacement?: ExpertPlacementReport;
}

export const WatchRecordsParams = v.object({ conversationId, watch: v.boolean() });
export type WatchRecordsParams = v.InferOutput<typeof WatchRecordsParams>;

/** There is something new to ask for. */
export interface RecordsChanged {
  readonly conversationId: string;
  readonly cachedTokens: number;
  readonly recordedTokens: number;
}

/** Null when nothing was recorded: no such conversation, a model without experts, or recording was turned off. */
export const RoutingRequest = new RequestType<RoutingParams, RoutingResult | null, ErrorData>(
  'records/routing',
);
/** Null as for `records/routing`. */
export const ExpertsRequest = new RequestType<ExpertsParams, ExpertsResult | null, ErrorData>(
  'records/experts',
);
/** Null when there is no such conversation. */
export const KvRequest = new RequestType<KvParams, KvSnapshot | null, ErrorData>('records/kv');
/** Null as for `records/routing`. */
export const ExpertTokensRequest = new RequestType<ExpertTokensParams, ExpertTokensResult | null, ErrorData>(
  'records/expertTokens',
);
/** Null when there is no such conversation, or nothing is known of such an eviction. */
export const TextRequest = new RequestType<TextParams, TextResult | null, ErrorData>('records/text');
/** Null when there is no such conversation. */
export const AnswersRequest = new RequestType<AnswersParams, AnswersResult | null, ErrorData>(
  'records/answers',
);
/** Null when no model is loaded. */
export const MemoryRequest = new RequestType<MemoryParams, MemoryBudget | null, ErrorData>('records/memory');
export const WatchRecordsRequest = new RequestType<WatchRecordsParams, null, ErrorData>('records/watch');

/** Of a watched conversation, at most ten a second. */
export const RecordsChangedNotification = new NotificationType<RecordsChanged>('records/changed');
