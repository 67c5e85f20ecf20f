import * as v from 'valibot';
import type { RoutingResult } from './records.ts';

/**
 * What a question asks of the engine, and what comes back while it is answered. Shared by the engine, its
 * clients and the panel, so it holds data only.
 */

/** How the engine treats the thought of a reply. `force` starts the reply with `<think>` for any model. */
export const ReasoningMode = v.picklist(['auto', 'force', 'off']);
export type ReasoningMode = v.InferOutput<typeof ReasoningMode>;

export const ChatMessage = v.object({
  role: v.picklist(['system', 'user', 'assistant']),
  /** The answer only, for an assistant: thoughts are never part of the history. */
  content: v.string(),
});
export type ChatMessage = v.InferOutput<typeof ChatMessage>;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const fraction = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Whether tokens are guessed ahead. `auto` does what is known to pay. */
export const SpeculationMode = v.picklist(['auto', 'on', 'off']);
export type SpeculationMode = v.InferOutput<typeof SpeculationMode>;

/** Sampling of the next token. Absent fields take the model's recommended value (`ModelSummary.sampling`). */
export const SamplingOptions = v.object({
  /** 0 is greedy. */
  temperature: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(10))),
  /** 0 keeps all. */
  topK: v.optional(count),
  /** 1 keeps all. */
  topP: v.optional(fraction),
  /** 0 keeps all: keeps tokens with at least this share of the most likely token's probability. */
  minP: v.optional(fraction),
  /** 1 is none. Applied to the last `repetitionWindow` tokens. */
  repetitionPenalty: v.optional(v.pipe(v.number(), v.minValue(0.1), v.maxValue(10))),
  repetitionWindow: v.optional(count),
  /** The same seed and question give the same text. Absent: chosen by the engine and reported. */
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff))),
});
export type SamplingOptions = v.InferOutput<typeof SamplingOptions>;
/** SamplingOptions after the model's defaults are filled in. */
export type ResolvedSampling = { readonly [K in keyof SamplingOptions]-?: NonNullable<SamplingOptions[K]> };

export const ReasoningOptions = v.object({
  mode: ReasoningMode,
  /** When this many thought tokens are spent, the thought is closed and the answer begins. 0: no limit. */
  budgetTokens: v.optional(count),
});
export type ReasoningOptions = v.InferOutput<typeof ReasoningOptions>;

/**
 * The beginning of a reply that is given and not chosen: tokens of an earlier one, of which the last may be another than
 * that reply had. They count as part of the reply, in its texts, counts and limits.
 */
export const ReplyPrefix = v.object({
  /** Ids in the vocabulary; only the last may end the reply. */
  tokens: v.pipe(v.array(count), v.minLength(1), v.maxLength(1 << 20)),
  /** Why the earlier reply's thought ended, where it was closed for the model within these tokens. */
  thoughtEnd: v.optional(v.picklist(['budget', 'answerNow', 'loop'])),
});
export type ReplyPrefix = v.InferOutput<typeof ReplyPrefix>;

/**
 * What the reply is likely to repeat: a text and the question, or the question alone (`prompt`). Tokens that follow in it are
 * computed ahead, which changes the time that a reply takes and nothing of what it says.
 */
export const Lookup = v.union([
  v.literal('prompt'),
  v.object({ text: v.pipe(v.string(), v.maxLength(1 << 20)) }),
]);
export type Lookup = v.InferOutput<typeof Lookup>;

export const GenerateParams = v.object({
  /** Chosen by the client; names this answer in events, `answerNow` and traces. */
  requestId: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** Questions with the same id share one KV cache. */
  conversationId: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  messages: v.pipe(v.array(ChatMessage), v.minLength(1)),
  reasoning: ReasoningOptions,
  sampling: v.optional(SamplingOptions),
  /** Thought and answer together. Absent: until the context is full. */
  maxTokens: v.optional(v.pipe(count, v.minValue(1))),
  /** What the reply begins with. Absent: nothing. */
  replyPrefix: v.optional(ReplyPrefix),
  /** Record log-probability, entropy and the five best alternatives of every token. */
  tokenDetails: v.optional(v.boolean()),
  /** Give the routing of the reply's tokens with the result (`GenerateResult.routing`). */
  replyRouting: v.optional(v.boolean()),
  /**
   * `off` guesses nothing, whatever `lookup` says. Otherwise tokens are guessed ahead from `lookup`, and where that is not
   * sure by the draft that the model was loaded with (`LoadParams.speculation`), if it was.
   */
  speculation: v.optional(SpeculationMode),
  /** Absent: no text is looked up. */
  lookup: v.optional(Lookup),
  /** Record which experts the tokens go to, where the model has any. Absent: true. */
  records: v.optional(v.boolean()),
});
export type GenerateParams = v.InferOutput<typeof GenerateParams>;

export type Channel = 'thought' | 'answer';

/** One candidate of a sampling step. `logProbability` is natural and of the untempered distribution. */
export interface TokenAlternative {
  readonly token: number;
  readonly text: string;
  readonly logProbability: number;
}

/**
 * How a token came about: `sampled` from logits that were computed for it; `guessed`, computed ahead and then chosen; or
 * `forced`, given to the model (a thought that was closed for it, the prefix of a reply).
 */
export type TokenOrigin = 'sampled' | 'guessed' | 'forced';

export interface TokenDetail {
  readonly token: number;
  readonly text: string;
  readonly channel: Channel;
  readonly origin: TokenOrigin;
  /** Natural logarithm, of the distribution before temperature and filters. Null where the model was not asked. */
  readonly logProbability: number | null;
  /** Of the same distribution, in nats. */
  readonly entropy: number | null;
  /** The five most likely tokens, best first. Empty where the model was not asked. */
  readonly alternatives: readonly TokenAlternative[];
  /** From the previous token (or the end of the prefill) to this one; 0 for a token that was given. */
  readonly elapsedMs: number;
}

/** Why a thought ended: the model closed it, or Glassbox did and why. */
export type ThoughtEnd = 'model' | 'budget' | 'answerNow' | 'loop' | 'unfinished';

/**
 * Why an answer ended: `stop` the model said so, `length` `maxTokens` were written, `loop` it repeated itself
 * without end, `contextFull` the KV cache has no room for another token.
 */
export type FinishReason = 'stop' | 'length' | 'loop' | 'contextFull' | 'cancelled';

export type GenerationEvent =
  /**
   * The prompt is tokenized and compared with the cache. `reusedTokens` need no computation. The prefix of a reply counts
   * as prompt here, but for its last token.
   */
  | { readonly type: 'prompt'; readonly promptTokens: number; readonly reusedTokens: number }
  /** `done` of `total` tokens of the prompt that had to be computed. */
  | { readonly type: 'prefill'; readonly done: number; readonly total: number; readonly elapsedMs: number }
  | { readonly type: 'thoughtStart'; readonly forced: boolean }
  /** Text of one channel, in order. `tokens` is how many model tokens this text took (may be 0). */
  | { readonly type: 'text'; readonly channel: Channel; readonly text: string; readonly tokens: number }
  | {
      readonly type: 'thoughtEnd';
      readonly reason: ThoughtEnd;
      readonly tokens: number;
      readonly elapsedMs: number;
    }
  | { readonly type: 'tokens'; readonly details: readonly TokenDetail[] }
  /** What runs the model failed, and another backend went on from the tokens that there were. A sentence or two. */
  | { readonly type: 'backendChanged'; readonly message: string }
  /** At most ten a second while decoding. */
  | { readonly type: 'speed'; readonly tokensPerSecond: number; readonly contextTokens: number };

/** Who guesses ahead: a text that the reply may repeat, a table of what the model's replies say, or the model's own draft. */
export const GUESS_SOURCES = ['lookup', 'ngrams', 'draft'] as const;
export type GuessSource = (typeof GUESS_SOURCES)[number];

export interface GuessCounts {
  readonly drafted: number;
  readonly accepted: number;
  /** By how far ahead the guess was; the first is for the token behind the one that was computed anyway. */
  readonly byPosition: readonly { readonly drafted: number; readonly accepted: number }[];
}

export interface SourceCounts extends GuessCounts {
  readonly source: GuessSource;
}

/**
 * Tokens that were guessed ahead of the model's choice and computed, and how many of them it then chose. A guess behind one
 * that was wrong was computed for nothing; those that nobody came to when the reply ended are not counted.
 */
export interface SpeculationCounts extends GuessCounts {
  /** One for each source that could guess in this reply, in the order in which they were asked. */
  readonly bySource: readonly SourceCounts[];
}

export interface GenerationTimings {
  /** With the prefix of the reply, but for its last token. */
  readonly promptTokens: number;
  readonly reusedTokens: number;
  readonly prefillMs: number;
  /** Without the prefix of the reply, but for its last token. */
  readonly decodedTokens: number;
  readonly decodeMs: number;
  readonly timeToFirstTokenMs: number;
  /** Share of `decodeMs` spent inside the backend; the rest is sampling, detokenizing, the stream. */
  readonly backendMs: number;
  /** Absent where nothing was guessed. */
  readonly speculation?: SpeculationCounts;
}

export interface GenerateResult {
  readonly requestId: string;
  readonly thought: string;
  readonly answer: string;
  readonly thoughtTokens: number;
  readonly answerTokens: number;
  /** Absent when the reply had no thought. */
  readonly thoughtEnd?: ThoughtEnd;
  readonly finishReason: FinishReason;
  readonly sampling: ResolvedSampling;
  readonly timings: GenerationTimings;
  /** Tokens of the conversation in the cache after the thought was dropped, and the cache's capacity. */
  readonly contextTokens: number;
  readonly contextCapacity: number;
  /**
   * If it was asked for and the model has experts: the routing of the passes that wrote the reply, as pages in order.
   * `records/routing` tells it no more once the answer is computed again without the thought.
   */
  readonly routing?: {
    /** Position of the reply's first token. */
    readonly firstPosition: number;
    readonly pages: readonly RoutingResult[];
  };
}

/** `details` of a `context/overflow` error: what would have to go for the question to fit. */
export interface ContextOverflow {
  readonly promptTokens: number;
  readonly capacity: number;
  /** Tokens kept free for the reply. */
  readonly reservedTokens: number;
  /** Index into `messages`: dropping all non-system messages before it makes the prompt fit. */
  readonly keepFrom: number;
  readonly droppedMessages: number;
  readonly droppedTokens: number;
  /** False when even the last message alone does not fit. */
  readonly canFit: boolean;
}
