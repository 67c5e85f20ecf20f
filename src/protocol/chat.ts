import * as v from 'valibot';
import type { FinishReason, GenerationTimings, ThoughtEnd } from './generation.ts';
import { ReasoningMode } from './generation.ts';

/**
 * What the chat panel and the extension host say to each other. The host owns all state; the page renders
 * snapshots and small deltas, and sends intentions. Every message is validated where it arrives.
 */

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

// ---- what the page shows -------------------------------------------------------------------------------

/** A piece of the workspace attached to a question. */
export interface ContextChip {
  readonly id: string;
  readonly kind: 'selection' | 'file' | 'problems';
  /** For example `cart.ts:10-24`. */
  readonly label: string;
  /** Absent while it is being counted or no model is loaded. */
  readonly tokens?: number;
  readonly attached: boolean;
}

export interface QuestionView {
  readonly kind: 'question';
  readonly id: string;
  readonly text: string;
  readonly chips: readonly { readonly label: string; readonly tokens?: number }[];
  /** Position among the versions of this question (edits make siblings); `count` is 1 without siblings. */
  readonly branch: { readonly index: number; readonly count: number };
}

export type AnswerStatus =
  | { readonly kind: 'waiting'; readonly what: 'engine' | 'model' | 'prompt' }
  | { readonly kind: 'prefill'; readonly done: number; readonly total: number; readonly reused: number }
  | { readonly kind: 'thinking' }
  | { readonly kind: 'answering' }
  | { readonly kind: 'done'; readonly finish: FinishReason }
  /** The partial answer stays; `message` says what happened. */
  | { readonly kind: 'failed'; readonly message: string };

export interface AnswerView {
  readonly kind: 'answer';
  readonly id: string;
  readonly status: AnswerStatus;
  readonly thought: string;
  readonly thoughtTokens: number;
  readonly thoughtMs: number;
  /** Absent while the thought is open or when there was none. */
  readonly thoughtEnd?: ThoughtEnd;
  readonly answer: string;
  readonly answerTokens: number;
  readonly timings?: GenerationTimings;
  /** Whether there is a trace to open. */
  readonly hasTrace: boolean;
  /** Retries make siblings. */
  readonly branch: { readonly index: number; readonly count: number };
}

export type TurnView = QuestionView | AnswerView;

export interface ConversationSummary {
  readonly id: string;
  readonly title: string;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
}

export interface NoticeAction {
  readonly id: string;
  readonly label: string;
}

/** A sentence above the input with buttons, for example about memory or a full context. */
export interface Notice {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly message: string;
  readonly actions: readonly NoticeAction[];
}

export interface NamedModel {
  readonly name: string;
  /** Whether it is the model that Glassbox carries. */
  readonly isEmbedded: boolean;
}

export type ModelView =
  /** None is named, and the one that Glassbox carries is missing. */
  | { readonly status: 'none' }
  | ({ readonly status: 'unloaded' } & NamedModel)
  | ({
      readonly status: 'loading';
      readonly fraction: number;
      /** The device whose speed is being measured, where one's is. */
      readonly trying?: string;
    } & NamedModel)
  | ({
      readonly status: 'ready';
      /** For example `Q4_1, 135M parameters, 30 layers`. */
      readonly description: string;
      /** For example `ONNX Runtime 1.30.0, C API, Glassbox kernels (AMX), 2 threads`. */
      readonly runtime: string;
      readonly contextCapacity: number;
    } & NamedModel)
  | { readonly status: 'error'; readonly message: string };

export interface ChatState {
  readonly conversationId: string;
  readonly title: string;
  readonly turns: readonly TurnView[];
  readonly history: readonly ConversationSummary[];
  readonly chips: readonly ContextChip[];
  readonly model: ModelView;
  readonly reasoningMode: ReasoningMode;
  readonly thinkingBudget: number;
  /** Tokens of the conversation (measured) plus the attached chips; capacity 0 when no model is loaded. */
  readonly context: { readonly tokens: number; readonly capacity: number };
  /** Id of the answer being written. */
  readonly busy?: string;
  readonly notices: readonly Notice[];
  /** The unsent text, so that a reload loses nothing. */
  readonly draft: string;
}

// ---- host to page --------------------------------------------------------------------------------------

export type HostMessage =
  | { readonly type: 'state'; readonly state: ChatState }
  /** Text to append to the answer being written; batched by the host, at most one per 16 ms. */
  | {
      readonly type: 'delta';
      readonly answerId: string;
      readonly thought: string;
      readonly answer: string;
      readonly thoughtTokens: number;
      readonly answerTokens: number;
      readonly thoughtMs: number;
      readonly tokensPerSecond?: number;
      /** To be given back, with `drawn`, when this is drawn. */
      readonly mark?: number;
    }
  | {
      readonly type: 'status';
      readonly answerId: string;
      readonly status: AnswerStatus;
      readonly thoughtEnd?: ThoughtEnd;
      readonly thoughtMs?: number;
    }
  | { readonly type: 'model'; readonly model: ModelView }
  | { readonly type: 'chips'; readonly chips: readonly ContextChip[]; readonly contextTokens: number }
  | { readonly type: 'focusInput'; readonly text?: string }
  /** A line for screen readers. */
  | { readonly type: 'announce'; readonly text: string };

// ---- page to host --------------------------------------------------------------------------------------

const text = v.pipe(v.string(), v.maxLength(1_000_000));

export const PageMessage = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('ask'), text }),
  v.object({ type: v.literal('stop') }),
  v.object({ type: v.literal('answerNow') }),
  v.object({ type: v.literal('retry'), answerId: id }),
  v.object({ type: v.literal('edit'), questionId: id, text }),
  v.object({ type: v.literal('selectBranch'), turnId: id, index: count }),
  v.object({ type: v.literal('newChat') }),
  v.object({ type: v.literal('openConversation'), conversationId: id }),
  v.object({ type: v.literal('deleteConversation'), conversationId: id }),
  v.object({ type: v.literal('exportMarkdown') }),
  v.object({ type: v.literal('copy'), text }),
  v.object({ type: v.literal('insert'), text }),
  v.object({ type: v.literal('toggleChip'), chipId: id, attached: v.boolean() }),
  v.object({ type: v.literal('setReasoningMode'), mode: ReasoningMode }),
  v.object({ type: v.literal('noticeAction'), noticeId: id, actionId: id }),
  v.object({ type: v.literal('draft'), text }),
  v.object({ type: v.literal('chooseModel') }),
  v.object({ type: v.literal('openTrace'), answerId: id }),
  /** A delta with a mark is drawn, `heldMs` after it came. */
  v.object({ type: v.literal('drawn'), mark: count, heldMs: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
]);
export type PageMessage = v.InferOutput<typeof PageMessage>;
