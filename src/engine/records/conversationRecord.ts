import type { RoutedTokens } from '../backends/backend.ts';
import { type CacheObserver, commonPrefixLength } from '../kvCache.ts';
import type { EvictionReason } from '../../protocol/records.ts';
import type { ChatMessage } from '../../protocol/generation.ts';
import { AnswerTracks } from './answerTracks.ts';
import {
  type ConversationPath,
  EMPTY_PATH,
  historyPath,
  promptPath,
  questionsWithin,
  sharedPath,
} from './conversationPath.ts';
import { isHistoryDropped } from './isHistoryDropped.ts';
import { type KvLayout, KvRecord } from './kvRecord.ts';
import type { RoutingRecord } from './routingRecord.ts';
import type { Recording, TokenLabel } from './tokenLabel.ts';

export interface ConversationRecordOptions {
  /** Absent for a model without experts. */
  readonly routing: RoutingRecord | undefined;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
  /** Milliseconds on a steady clock: what recording costs is measured. */
  readonly now: () => number;
  readonly onChange: () => void;
}

/** A question as the record needs to know it. */
export interface Question {
  readonly requestId: string;
  readonly messages: readonly ChatMessage[];
  readonly promptTokens: readonly number[];
  readonly routing: boolean;
}

/** How a question's tokens are recorded. */
export interface QuestionRecording {
  readonly prompt: Recording;
  readonly thought: Recording;
  readonly answer: Recording;
  /** Why the cache is cut where the prompt parts from it. */
  readonly cutReason: EvictionReason;
}

/**
 * What is remembered of one conversation: its KV cache and its routing. It watches the cache, and AnswerSession tells it
 * what the tokens are. It outlives the cache, so that an eviction of everything can still be seen.
 */
export class ConversationRecord implements CacheObserver {
  readonly kv = new KvRecord();
  readonly answers = new AnswerTracks();
  readonly routing: RoutingRecord | undefined;
  readonly requestIds: string[] = [];
  readonly #options: ConversationRecordOptions;
  /** The answered questions. */
  #path: ConversationPath = EMPTY_PATH;
  /** Of the last question, also of one that did not fit. */
  #messages: readonly ChatMessage[] = [];
  #prompt: ConversationPath = EMPTY_PATH;
  #hasCache = false;
  /** What the cache should hold when the next question comes, if the conversation just goes on. */
  #expected: readonly number[] = [];

  constructor(options: ConversationRecordOptions) {
    this.#options = options;
    this.routing = options.routing;
  }

  /** A question begins. What it does not go on from leaves the record. */
  ask({ requestId, messages, promptTokens, routing }: Question): QuestionRecording {
    const question = this.requestIds.push(requestId) - 1;
    const shared = sharedPath(this.#path, promptTokens);
    const goesOn = commonPrefixLength(this.#expected, promptTokens) === this.#expected.length;
    const kept = questionsWithin(this.#path, shared.tokens.length);
    this.routing?.keepThoughtsOf((each) => kept.has(each));
    const cutReason = goesOn ? 'thought' : isHistoryDropped(this.#messages, messages) ? 'history' : 'edit';
    this.#prompt = promptPath(this.#path, promptTokens, question);
    // Until there is an answer, the question is no part of what later ones go on from.
    this.#path = shared;
    this.#expected = promptTokens;
    this.#messages = messages;
    const prompt = this.#prompt;
    const label = (phase: 'prompt' | 'thought' | 'answer'): TokenLabel => ({ phase, question });
    const [thought, answer, rest] = [label('thought'), label('answer'), label('prompt')];
    return {
      prompt: { labelAt: (position) => prompt.labels[position] ?? rest, routing },
      thought: { labelAt: () => thought, routing },
      answer: { labelAt: () => answer, routing },
      cutReason,
    };
  }

  /** A question did not fit; the user may choose to leave old messages out. */
  refused(messages: readonly ChatMessage[]): void {
    this.#messages = messages;
  }

  /** The question was answered. @returns how the history is recorded when it is computed ahead */
  answered(
    history: readonly number[],
    { endsTurn, routing }: { readonly endsTurn: (token: number) => boolean; readonly routing: boolean },
  ): Recording {
    const question = this.requestIds.length - 1;
    const path = historyPath(this.#prompt, history, { question, endsTurn });
    this.#path = path;
    this.#expected = history;
    return {
      labelAt: (position) => path.labels[position] ?? { phase: 'prompt', question },
      routing,
    };
  }

  /** Whether there is a cache that tells this record what happens to it. */
  get hasCache(): boolean {
    return this.#hasCache;
  }

  allocated(layout: KvLayout): void {
    this.#hasCache = true;
    this.kv.allocated(layout);
  }

  released(): void {
    this.#hasCache = false;
    this.evicted(0, 'release');
  }

  reused(tokens: number): void {
    this.kv.reused(tokens);
  }

  onRouting(
    firstPosition: number,
    tokens: readonly number[],
    { labelAt, routing }: Recording,
  ): ((routing: RoutedTokens) => void) | undefined {
    const record = this.routing;
    if (!routing || !record) return undefined;
    return (routed) => this.#timed(() => record.add(routed, { firstPosition, tokens, labelAt }));
  }

  computing(): void {
    const record = this.routing;
    if (record?.isWorthEntering === true) this.#timed(() => record.enter());
  }

  appended(firstPosition: number, tokens: readonly number[], { labelAt }: Recording): void {
    this.#timed(() => this.kv.appended(firstPosition, tokens, labelAt));
    this.#options.onChange();
  }

  truncated(length: number): void {
    this.kv.truncated(length);
    this.routing?.truncate(length);
    this.#options.onChange();
  }

  evicted(length: number, reason: EvictionReason): void {
    const precise = reason === 'thought' && !this.#hasThoughtBehind(length) ? 'rewrite' : reason;
    this.kv.evicted(length, precise, this.#options.unixNow());
    this.routing?.evict(length);
    this.#options.onChange();
  }

  #timed(write: () => void): void {
    const startedAt = this.#options.now();
    write();
    this.answers.latest?.recorded(this.#options.now() - startedAt);
  }

  #hasThoughtBehind(length: number): boolean {
    for (let position = length; position < this.kv.length; position++) {
      if (this.kv.label(position)?.phase === 'thought') return true;
    }
    return false;
  }
}
