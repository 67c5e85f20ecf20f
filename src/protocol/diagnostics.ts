import * as v from 'valibot';
import type { LoadedModel } from './engine.ts';
import {
  type AnswerRecord,
  type ExpertsResult,
  type ExpertTokensResult,
  type KvSnapshot,
  type MemoryBudget,
  PHASES,
  type TextResult,
} from './records.ts';
import type { TransportTimes } from './transport.ts';

/**
 * What the diagnostics page and the extension host say to each other. The host asks the engine for its records while a
 * page is visible, at most ten times a second, and passes on what is new; the page draws, and says what it wants to see.
 */

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const phase = v.optional(v.picklist(PHASES));

/** The loaded model, without where it lies on this machine. */
export type DiagnosedModel = Omit<LoadedModel, 'path'>;

/**
 * `noModel`: nothing is loaded, so there is nothing to see; `noConversation`: nothing was asked yet; `earlier`: the engine
 * holds nothing of the conversation (any more), but its answers were saved with what they cost.
 */
export type DiagnosticsStatus = 'noModel' | 'noConversation' | 'earlier' | 'ready';

/** What is known of an answer only while the engine that wrote it runs. */
type OfThisSession = 'cachedTokens' | 'samplingMs' | 'recordingMs';

/** What one answer cost, as far as that is known: of an earlier session what was saved with it. It has no steps then. */
export type DiagnosedAnswer = Omit<AnswerRecord, OfThisSession> & Partial<Pick<AnswerRecord, OfThisSession>>;

/** All that the page shows of one conversation. */
export interface DiagnosticsState {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly status: DiagnosticsStatus;
  readonly conversation: { readonly id: string; readonly title: string };
  readonly model?: DiagnosedModel;
  readonly memory?: MemoryBudget;
  readonly kv?: KvSnapshot;
  /** Null for a model without experts. */
  readonly experts?: ExpertsResult | null;
  /** Where the engine holds nothing, `experts` counts the tokens of so many of `earlier`, from their traces; else 0. */
  readonly expertsOfTraces: number;
  /** The latest, oldest first. */
  readonly answers: readonly AnswerRecord[];
  /** Number of the first of them in the conversation. */
  readonly firstAnswer: number;
  /** Answers of the conversation that the engine does not list (any more), as they were saved. The latest, oldest first. */
  readonly earlier: readonly DiagnosedAnswer[];
  /** How many came before those. */
  readonly firstEarlier: number;
  /** What was asked, by request. */
  readonly questions: Readonly<Record<string, string>>;
  /** What the texts of answers took to the page, by request; measured by the host. */
  readonly transport: Readonly<Record<string, TransportTimes>>;
}

/**
 * What is new. Of `answers` those from `firstAnswer` on; in `experts`, hit rates, co-activation and biases stay as they
 * were where they are absent.
 */
export type DiagnosticsUpdate = Partial<DiagnosticsState>;

/** Where a page is: a section of the side bar, or a tab of its own. */
export const DIAGNOSTICS_PLACES = ['view', 'tab'] as const;
export type DiagnosticsPlace = (typeof DIAGNOSTICS_PLACES)[number];

export type DiagnosticsHostMessage =
  /** Comes first, once. */
  | { readonly type: 'place'; readonly place: DiagnosticsPlace }
  /** Everything, in place of all that was. */
  | { readonly type: 'state'; readonly state: DiagnosticsState; readonly frozen: boolean }
  | { readonly type: 'update'; readonly update: DiagnosticsUpdate }
  | { readonly type: 'text'; readonly of: TextRange; readonly text: TextResult | null }
  | { readonly type: 'expertTokens'; readonly of: ExpertCell; readonly tokens: ExpertTokensResult | null }
  /** The experts of two answers, as they were asked for. */
  | {
      readonly type: 'compared';
      readonly requestIds: readonly [string, string];
      readonly experts: readonly [ExpertsResult | null, ExpertsResult | null];
    }
  /** The records cannot be read; says why. */
  | { readonly type: 'error'; readonly message: string };

export const TextRange = v.object({
  /** Absent: of what the cache holds now. */
  eviction: v.optional(count),
  firstPosition: count,
  endPosition: count,
});
export type TextRange = v.InferOutput<typeof TextRange>;

export const ExpertCell = v.object({ layer: count, expert: count, phase });
export type ExpertCell = v.InferOutput<typeof ExpertCell>;

/** What costs the engine more than counting, so that it is computed only while somebody looks at it. */
export const DiagnosticsWanted = v.object({
  hitRates: v.boolean(),
  coactivation: v.optional(v.object({ layers: v.tuple([count, count]), phase })),
});
export type DiagnosticsWanted = v.InferOutput<typeof DiagnosticsWanted>;

export const ExportFormat = v.picklist(['json', 'chromeTrace']);
export type ExportFormat = v.InferOutput<typeof ExportFormat>;

export const DiagnosticsPageMessage = v.variant('type', [
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('want'), wanted: DiagnosticsWanted }),
  v.object({ type: v.literal('freeze'), frozen: v.boolean() }),
  v.object({ type: v.literal('readText'), of: TextRange }),
  v.object({ type: v.literal('readExpert'), of: ExpertCell }),
  v.object({ type: v.literal('compare'), requestIds: v.tuple([id, id]) }),
  v.object({ type: v.literal('export'), format: ExportFormat }),
  v.object({ type: v.literal('openTab') }),
]);
export type DiagnosticsPageMessage = v.InferOutput<typeof DiagnosticsPageMessage>;
