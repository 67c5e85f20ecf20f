import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { LoadedModel } from '../../protocol/engine.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { GenerateParams, GenerateResult, GenerationEvent } from '../../protocol/generation.ts';
import { refactorPrompt, type RefactorPrompt } from '../../refactor/refactorPrompt.ts';
import type { PromptStyle } from '../../refactor/promptStyle.ts';
import type { RefactorRequest } from '../../refactor/refactorRequest.ts';
import type { AnswerSettings } from '../chat/answerSettings.ts';
import type { ModelSession } from '../models/modelSession.ts';
import { keepTrace } from '../trace/keepTrace.ts';
import { TraceRecorder } from '../trace/traceRecorder.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import { tokenBudgets } from './tokenBudgets.ts';

/**
 * All refactorings share one KV cache: they come one after the other, and what they have in common is not computed again. Their
 * traces are kept under this name too.
 */
export const refactorConversation = 'refactor';

/** What the engine takes to guess from (`Lookup`). */
const mostLookupCharacters = 1 << 20;

/** A rejected answer is not asked for again in the same way: greedy sampling would give it again. */
const retryTemperature = 0.7;

export interface ModelRunOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly traces: TraceStore;
  readonly settings: () => AnswerSettings;
  readonly log: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface Asking {
  /** Names the answer in the engine and its trace on the disk. */
  readonly requestId: string;
  /** What the trace is called. */
  readonly title: string;
  readonly prompt: RefactorPrompt;
  readonly replyTokens: number;
  /** What the answer will mostly repeat. */
  readonly selection: string;
  /** 0 for the first time. */
  readonly attempt: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: GenerationEvent) => void;
}

/** From a request to the model's reply. Knows nothing of documents. */
export class ModelRun {
  readonly #options: ModelRunOptions;

  constructor(options: ModelRunOptions) {
    this.#options = options;
  }

  /**
   * The chosen model, loaded.
   * @throws GlassboxError `request/cancelled`, and what `ModelSession.load` throws
   */
  async load(signal: AbortSignal): Promise<LoadedModel> {
    const { engine, model } = this.#options;
    const cancel = (): void => model.cancelLoading();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await engine.client();
      throwIfStopped(signal);
      const loaded = await model.load();
      throwIfStopped(signal);
      return loaded;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /**
   * The prompt within the model's context, so that the reply has room.
   * @throws GlassboxError `context/overflow`
   */
  async prompt(
    model: LoadedModel,
    request: RefactorRequest,
    style: PromptStyle,
  ): Promise<{ readonly prompt: RefactorPrompt; readonly replyTokens: number }> {
    const { engine, settings } = this.#options;
    const { texts } = await engine.count({ texts: [request.selection] });
    const { mode, budgetTokens } = settings();
    const budgets = tokenBudgets({
      capacity: model.contextCapacity,
      selectionTokens: texts[0] ?? 0,
      thoughtTokens: mode === 'off' ? 0 : budgetTokens === 0 ? undefined : budgetTokens,
    });
    const prompt = await refactorPrompt(request, {
      style,
      budgetTokens: budgets.prompt,
      countTokens: async (messages) => (await engine.count({ messages: [...messages] })).prompt,
    });
    return { prompt, replyTokens: budgets.reply };
  }

  /** Asks the model. Cancelling is an outcome (`finishReason`), not an error. @throws what `EngineHost.generate` throws */
  async ask(asking: Asking): Promise<{ readonly result: GenerateResult; readonly hasTrace: boolean }> {
    const { engine, settings } = this.#options;
    const { requestId, prompt, replyTokens, selection, attempt, signal, onEvent } = asking;
    const { mode, budgetTokens, sampling, keepTraces } = settings();
    const recorder = new TraceRecorder();
    const params: GenerateParams = {
      requestId,
      conversationId: refactorConversation,
      messages: [...prompt.messages],
      reasoning: { mode, budgetTokens },
      sampling: attempt === 0 ? sampling : { ...sampling, temperature: retryTemperature, seed: attempt },
      maxTokens: replyTokens,
      lookup: { text: selection.slice(0, mostLookupCharacters) },
      tokenDetails: keepTraces,
      replyRouting: keepTraces,
    };
    const result = await engine.generate(params, {
      signal,
      onEvent: (event) => {
        if (event.type === 'tokens') recorder.add(event.details);
        else onEvent(event);
      },
    });
    return { result, hasTrace: recorder.count > 0 && (await this.#keepTrace(asking, recorder, result)) };
  }

  /**
   * A question with a short answer, without a trace.
   * @throws GlassboxError `request/cancelled`, and what `EngineHost.generate` throws
   */
  async askShortly(question: {
    readonly requestId: string;
    readonly content: string;
    readonly maxTokens: number;
    readonly signal: AbortSignal;
  }): Promise<string> {
    const { engine, settings } = this.#options;
    const { requestId, content, maxTokens, signal } = question;
    const { mode, sampling } = settings();
    const result = await engine.generate(
      {
        requestId,
        conversationId: refactorConversation,
        messages: [{ role: 'user', content }],
        reasoning: { mode, budgetTokens: Math.floor(maxTokens / 2) },
        sampling,
        maxTokens,
      },
      { signal },
    );
    throwIfStopped(signal);
    return result.answer;
  }

  #keepTrace(asking: Asking, recorder: TraceRecorder, result: GenerateResult): Promise<boolean> {
    const { settings, now } = this.#options;
    const { mode, budgetTokens } = settings();
    return keepTrace(
      {
        conversationId: refactorConversation,
        answerId: asking.requestId,
        title: asking.title,
        createdAt: now(),
        question: asking.prompt.messages.at(-1)?.content ?? asking.title,
        mode,
        budgetTokens,
        result,
        tokens: recorder.tokens(),
      },
      this.#options,
    );
  }
}

function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw new GlassboxError('request/cancelled', 'The refactoring was stopped.');
}
