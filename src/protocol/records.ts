import { NotificationType, RequestType } from 'vscode-jsonrpc';
import * as v from 'valibot';
import type { ErrorData } from './engine.ts';

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
  readonly reason: EvictionReason;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly firstPosition: number;
  readonly tokens: number;
  /** What these tokens were; an answer's come back when they are computed again. */
  readonly phases: Readonly<Record<Phase, number>>;
}

export interface KvLayerSnapshot {
  readonly parts: readonly {
    readonly kind: 'key' | 'value' | 'latent';
    readonly bytesPerToken: number;
    readonly usedBytes: number;
  }[];
  readonly dataType: 'float32' | 'float16';
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
export const WatchRecordsRequest = new RequestType<WatchRecordsParams, null, ErrorData>('records/watch');

/** Of a watched conversation, at most ten a second. */
export const RecordsChangedNotification = new NotificationType<RecordsChanged>('records/changed');
