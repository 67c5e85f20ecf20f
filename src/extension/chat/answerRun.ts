import * as v from 'valibot';
import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { AnswerNode } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { GenerateResult, GenerationEvent, SamplingOptions } from '../../protocol/generation.ts';
import { keepTrace } from '../trace/keepTrace.ts';
import { type Continuation, prefixOf } from '../trace/continuation.ts';
import { TraceRecorder } from '../trace/traceRecorder.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import { memoryNoticeId } from '../models/confirmMemory.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { Translate } from '../translate.ts';
import type { AnswerSettings } from './answerSettings.ts';
import type { ChatActions } from './chatActions.ts';
import {
  type LiveAnswer,
  withEvent,
  withFailure,
  withResult,
  withStop,
  withTrace,
  withTransport,
} from './liveAnswer.ts';
import { dismissAction, type Notices } from './notices.ts';
import type { PromptMessage } from './prompt.ts';
import { TransportMeter } from './transportMeter.ts';

/** Text to append; one of the two is empty. */
export interface TextDelta {
  readonly thought: string;
  readonly answer: string;
}

/** How an answer is asked for otherwise than the settings say. */
export interface AnswerWish {
  /** In place of the settings' values. */
  readonly sampling?: SamplingOptions;
  /** Goes on from a token of an earlier answer, in its mode, budget and sampling. */
  readonly continues?: Continuation;
}

export interface AnswerRunOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly notices: Notices;
  readonly actions: ChatActions;
  readonly settings: () => AnswerSettings;
  readonly t: Translate;
  readonly log: (message: string) => void;
  readonly traces: TraceStore;
  readonly conversationId: string;
  readonly node: AnswerNode;
  /** The question as the user wrote it. */
  readonly question: string;
  readonly wish: AnswerWish;
  /** The messages up to the question, asked again after `keepFrom`. */
  readonly prompt: () => readonly PromptMessage[];
  /** The user agreed to drop what is before this node. */
  readonly keepFrom: (nodeId: string) => void;
  /** After each change; `delta` is set when text was appended and nothing else happened. */
  readonly onLive: (live: LiveAnswer, delta?: TextDelta) => void;
}

/**
 * How a run came to its end: with an answer (whole, stopped or failed), or because the question does not fit and
 * the user wants it in a new chat or back in the input.
 */
export type AnswerRunEnd = 'answered' | 'newChat' | 'giveBack';

/** Notices that wait for the user on behalf of a run; stopping the run takes them away. */
const noticeIds = { model: 'choose-model', memory: memoryNoticeId, overflow: 'overflow' };
/** Stays when the answer ends. */
const backendNoticeId = 'backend-changed';

const ContextOverflow = v.object({
  promptTokens: v.number(),
  capacity: v.number(),
  reservedTokens: v.number(),
  keepFrom: v.number(),
  droppedMessages: v.number(),
  droppedTokens: v.number(),
  canFit: v.boolean(),
});

/** One answer, from the question to its end: starts the engine and loads the model where that is needed. */
export class AnswerRun {
  readonly #options: AnswerRunOptions;
  readonly #abort = new AbortController();
  /** Follows the texts from the engine to the page. */
  readonly transport = new TransportMeter();
  #live: LiveAnswer;
  #isLoading = false;

  constructor(options: AnswerRunOptions) {
    this.#options = options;
    this.#live = { node: options.node, status: { kind: 'waiting', what: 'engine' } };
  }

  get conversationId(): string {
    return this.#options.conversationId;
  }

  get live(): LiveAnswer {
    return this.#live;
  }

  /** Never rejects: a failure becomes the answer's status. */
  async start(): Promise<AnswerRunEnd> {
    try {
      return await this.#answer();
    } catch (thrown) {
      const error = GlassboxError.from(thrown);
      const isStopped = error.code === 'request/cancelled' && this.#abort.signal.aborted;
      // A failure that nobody foresaw is looked into by its stack.
      if (!isStopped) this.#options.log(error.code === 'internal' ? stackOf(thrown) : error.message);
      this.#become(isStopped ? withStop(this.#live) : withFailure(this.#live, error.message));
      return 'answered';
    }
  }

  /** Ends the answer early, or the waiting before it. */
  stop(): void {
    this.#abort.abort();
    if (this.#isLoading) this.#options.model.cancelLoading();
    for (const id of Object.values(noticeIds)) this.#options.notices.take(id);
  }

  /** Closes the thought, so that the answer begins. */
  async answerNow(): Promise<void> {
    await this.#options.engine.answerNow(this.#requestId);
  }

  get #requestId(): string {
    return this.#live.node.id;
  }

  async #answer(): Promise<AnswerRunEnd> {
    const { engine, prompt } = this.#options;
    this.#wait('engine');
    await engine.client();
    this.#throwIfStopped();
    this.#wait('model');
    await this.#loadModel();
    this.#throwIfOtherModel();
    for (;;) {
      this.#throwIfStopped();
      this.#wait('prompt');
      const messages = prompt();
      try {
        await this.#generate(messages);
        return 'answered';
      } catch (thrown) {
        const error = GlassboxError.from(thrown);
        if (error.code !== 'context/overflow') throw error;
        const end = await this.#resolveOverflow(error, messages);
        if (end === 'again') continue;
        this.#become(withStop(this.#live));
        return end;
      }
    }
  }

  async #generate(messages: readonly PromptMessage[]): Promise<void> {
    const { engine, settings, conversationId, wish } = this.#options;
    const { keepTraces } = settings();
    const { mode, budgetTokens, sampling } = this.#manner();
    const { continues } = wish;
    const recorder = new TraceRecorder();
    const result = await engine.generate(
      {
        requestId: this.#requestId,
        conversationId,
        messages: messages.map(({ message }) => message),
        reasoning: { mode, budgetTokens },
        sampling,
        tokenDetails: keepTraces,
        replyRouting: keepTraces,
        // An answer about code repeats it; to look up what repeats nothing only costs (docs/benchmarks.md).
        ...(messages.some(({ message }) => message.content.includes('```')) ? { lookup: 'prompt' } : {}),
        ...(continues === undefined ? {} : { replyPrefix: prefixOf(continues) }),
      },
      {
        signal: this.#abort.signal,
        onBatch: (batch) => this.transport.received(batch),
        onEvent: (event) => {
          if (event.type === 'tokens') recorder.add(event.details);
          else this.#take(event);
        },
      },
    );
    this.#become(withTransport(withResult(this.#live, result), this.transport.times));
    if (recorder.count > 0) await this.#keepTrace(recorder, result);
  }

  /** How the question is asked: an answer that is told again from a token on is told in the same way. */
  #manner(): Pick<AnswerSettings, 'mode' | 'budgetTokens' | 'sampling'> {
    const { settings, wish } = this.#options;
    const { mode, budgetTokens, sampling } = settings();
    if (wish.continues === undefined) {
      return { mode, budgetTokens, sampling: { ...sampling, ...wish.sampling } };
    }
    const { about } = wish.continues.earlier;
    return { mode: about.mode, budgetTokens: about.budgetTokens, sampling: about.sampling };
  }

  async #keepTrace(recorder: TraceRecorder, result: GenerateResult): Promise<void> {
    const { conversationId, question, node, wish } = this.#options;
    const { mode, budgetTokens } = this.#manner();
    const isKept = await keepTrace(
      {
        conversationId,
        answerId: node.id,
        title: question,
        createdAt: node.createdAt,
        question,
        mode,
        budgetTokens,
        result,
        tokens: recorder.tokens(),
        ...(wish.continues === undefined ? {} : { continues: wish.continues }),
      },
      this.#options,
    );
    if (isKept) this.#become(withTrace(this.#live));
  }

  #take(event: GenerationEvent): void {
    if (event.type === 'backendChanged') this.#tellOfBackend(event.message);
    const before = this.#live;
    const after = withEvent(before, event, performance.now());
    this.#live = after;
    const { onLive } = this.#options;
    if (event.type === 'text') {
      // A changed status goes first, so that the page has a place for the text.
      if (before.status.kind !== after.status.kind) onLive(after);
      onLive(after, { thought: '', answer: '', [event.channel]: event.text });
    } else if (event.type === 'speed') {
      this.#live = withTransport(after, this.transport.times);
      onLive(this.#live, { thought: '', answer: '' });
    } else {
      onLive(after);
    }
  }

  #tellOfBackend(message: string): void {
    const { model, notices, t } = this.#options;
    // What cannot be asked for is shown as it was; the engine's end is told elsewhere.
    model.backendChanged().catch(() => undefined);
    void notices.ask({
      id: backendNoticeId,
      severity: 'warning',
      message,
      actions: [{ id: dismissAction, label: t('Dismiss') }],
    });
  }

  async #loadModel(): Promise<void> {
    this.#isLoading = true;
    try {
      for (;;) {
        try {
          await this.#options.model.load();
          return;
        } catch (thrown) {
          const error = GlassboxError.from(thrown);
          if (error.code !== 'model/notLoaded' || !(await this.#chooseModel())) throw error;
        }
      }
    } finally {
      this.#isLoading = false;
    }
  }

  async #chooseModel(): Promise<boolean> {
    const { notices, actions, t } = this.#options;
    const action = await notices.ask({
      id: noticeIds.model,
      severity: 'info',
      message: t('Choose a model to answer this question: a GGUF file on this machine.'),
      actions: [
        { id: 'choose', label: t('Choose Model…') },
        { id: 'dismiss', label: t('Cancel') },
      ],
    });
    return action === 'choose' && (await actions.chooseModel());
  }

  async #resolveOverflow(
    error: GlassboxError,
    messages: readonly PromptMessage[],
  ): Promise<AnswerRunEnd | 'again'> {
    const { notices, keepFrom, t } = this.#options;
    const overflow = v.safeParse(ContextOverflow, error.details);
    if (!overflow.success || !overflow.output.canFit) throw error;
    const { promptTokens, capacity, droppedMessages, droppedTokens, reservedTokens } = overflow.output;
    const action = await notices.ask({
      id: noticeIds.overflow,
      severity: 'warning',
      message: t(
        'This chat takes {0} tokens and the context holds {1}, {2} of them kept for the reply. To ask on, the oldest {3} messages ({4} tokens) would no longer be read by the model; they stay in the chat.',
        promptTokens,
        capacity,
        reservedTokens,
        droppedMessages,
        droppedTokens,
      ),
      actions: [
        { id: 'drop', label: t('Drop and Ask') },
        { id: 'newChat', label: t('New Chat') },
        { id: 'dismiss', label: t('Cancel') },
      ],
    });
    if (action === 'newChat') return 'newChat';
    const first = messages[overflow.output.keepFrom]?.nodeIds[0];
    if (action !== 'drop' || first === undefined) return 'giveBack';
    keepFrom(first);
    return 'again';
  }

  #wait(what: 'engine' | 'model' | 'prompt'): void {
    this.#become({ ...this.#live, status: { kind: 'waiting', what } });
  }

  #become(live: LiveAnswer): void {
    this.#live = live;
    this.#options.onLive(live);
  }

  /** Tokens mean something to one model only. */
  #throwIfOtherModel(): void {
    const wanted = this.#options.wish.continues?.earlier.about.model;
    const { loaded } = this.#options.model;
    if (wanted === undefined || loaded === undefined) return;
    const isSame =
      wanted.fingerprint === undefined
        ? loaded.architecture === wanted.architecture && loaded.quantization === wanted.quantization
        : loaded.fingerprint === wanted.fingerprint;
    if (isSame) return;
    throw new GlassboxError(
      'request/invalid',
      this.#options.t(
        'The earlier answer was written by {0} ({1}), and another model is chosen now. Choose that one to go on from it.',
        wanted.name,
        wanted.quantization,
      ),
    );
  }

  #throwIfStopped(): void {
    if (this.#abort.signal.aborted) throw new GlassboxError('request/cancelled', 'The answer was stopped.');
  }
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
