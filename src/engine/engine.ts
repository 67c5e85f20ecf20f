import { openModel } from '../models/openModel.ts';
import type {
  CountParams,
  CountResult,
  EngineState,
  InspectParams,
  LoadedModel,
  LoadParams,
  LoadProgress,
  ModelSummary,
  PlanParams,
  TokenizeParams,
  TokenizeResult,
} from '../protocol/engine.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { GenerateParams, GenerateResult, GenerationEvent } from '../protocol/generation.ts';
import {
  type AnswersParams,
  type AnswersResult,
  type ExpertsParams,
  type ExpertsResult,
  type ExpertTokensParams,
  type ExpertTokensResult,
  type KvParams,
  type KvSnapshot,
  MAX_TEXT_TOKENS,
  type MemoryBudget,
  type MemoryParams,
  type RecordsChanged,
  type RoutingParams,
  type RoutingResult,
  type TextParams,
  type TextResult,
} from '../protocol/records.ts';
import { AnswerSession } from './answerSession.ts';
import { availableMemory } from './availableMemory.ts';
import type { ModelLoader } from './backends/choice/chosenBackend.ts';
import { contextCapacity, modelSummary } from './modelSummary.ts';
import { expertTokens } from './records/expertTokens.ts';
import { expertsResult, routingResult } from './records/recordAnswers.ts';
import type { ConversationRecord } from './records/conversationRecord.ts';
import { type AnsweredHistory, ResidentModel } from './residentModel.ts';
import type { PlanReport } from '../protocol/planReport.ts';
import { reportPlan } from './backends/gpu/reportPlan.ts';
import { SerialQueue } from './serialQueue.ts';
import { loadsDraft } from './speculation/loadsDraft.ts';
import { tokenTexts } from './tokenTexts.ts';

export interface EngineOptions {
  /** What chooses the backend for a load. */
  readonly backendFor: (params: BackendParams) => ModelLoader;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
}

export type BackendParams = Pick<
  LoadParams,
  | 'binding'
  | 'kernels'
  | 'backend'
  | 'device'
  | 'kvCacheType'
  | 'gpuMemoryMiB'
  | 'backendFolder'
  | 'measureAgain'
>;

/**
 * What an engine process does: holds one model, and answers one question at a time. Whatever changes the model
 * or a cache waits in one queue, in the order it came; `state`, `inspect`, `tokenize`, `count`, `answerNow` and
 * the records do not wait.
 */
export class Engine {
  readonly #backendFor: EngineOptions['backendFor'];
  readonly #now: () => number;
  readonly #unixNow: () => number;
  readonly #startedAt: number;
  readonly #queue = new SerialQueue();
  /** Answers that run or wait, by request. */
  readonly #sessions = new Map<string, AnswerSession>();
  #model: ResidentModel | undefined;
  #status: 'idle' | 'loading' | 'generating' = 'idle';
  #modelCount = 0;
  /** Whether weights were read in this process, also of a model that was not loaded in the end. */
  #hasLoaded = false;
  #recordListener: (conversationId: string) => void = () => undefined;
  /** The work that follows an answer: its history is computed again without the thought. */
  #settling:
    | { readonly conversationId: string; readonly cancel: AbortController; readonly done: Promise<void> }
    | undefined;

  constructor(options: EngineOptions) {
    this.#backendFor = options.backendFor;
    this.#now = options.now;
    this.#unixNow = options.unixNow;
    this.#startedAt = options.now();
  }

  /** @throws GlassboxError `model/*` */
  async inspect(params: InspectParams): Promise<ModelSummary> {
    const file = await openModel(params.path);
    try {
      return await modelSummary(this.#backendFor(params).reference, file, {
        contextTokens: contextCapacity(file, params.contextTokens),
        freeBytes: await availableMemory(),
        draft: loadsDraft(),
      });
    } finally {
      await file.close();
    }
  }

  /** How a model would run on a GPU; none is needed for that. @throws GlassboxError `model/*`, `request/invalid` */
  async plan({ path, contextTokens, position, tokens, gpuMemoryMiB = 0 }: PlanParams): Promise<PlanReport> {
    const file = await openModel(path);
    try {
      const capacity = contextCapacity(file, contextTokens);
      const memory = gpuMemoryMiB === 0 ? {} : { memoryBytes: gpuMemoryMiB * 2 ** 20 };
      return reportPlan(file.spec, file.weights, { capacity, position, tokens, ...memory });
    } finally {
      await file.close();
    }
  }

  /**
   * Loads a model in place of the current one, which stays when the new one is refused before its weights are
   * read. Answers at once when this very file is already loaded in this way.
   * @throws GlassboxError `model/*`, `tokenizer/unsupported`, `memory/insufficient` (details: MemoryEstimate),
   * `runtime/*`, `request/cancelled`
   */
  load(
    params: LoadParams,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: LoadProgress) => void },
  ): Promise<LoadedModel> {
    return this.#queue.run(async () => {
      if (await this.#model?.isStill(params)) return this.#loaded().summary;
      return this.#exclusively('loading', () => this.#load(params, options));
    }, options.signal);
  }

  async #load(
    params: LoadParams,
    options: { readonly signal: AbortSignal; readonly onProgress: (progress: LoadProgress) => void },
  ): Promise<LoadedModel> {
    const file = await openModel(params.path);
    try {
      this.#model = await ResidentModel.load(file, params, {
        ...options,
        backend: this.#backendFor(params),
        now: this.#now,
        unixNow: this.#unixNow,
        onRecordChange: (conversationId) => this.#recordListener(conversationId),
        modelId: this.#modelCount + 1,
        isFirst: !this.#hasLoaded,
        // The memory of the model that goes is free for the one that comes.
        reclaimableBytes: this.#model?.residentBytes ?? 0,
        beforeWeights: () => {
          this.#hasLoaded = true;
          return this.#dropModel();
        },
      });
      this.#modelCount++;
      return this.#model.summary;
    } finally {
      await file.close();
    }
  }

  unload(signal: AbortSignal): Promise<void> {
    return this.#queue.run(() => this.#exclusively('loading', () => this.#dropModel()), signal);
  }

  /** @throws GlassboxError `model/notLoaded` */
  async tokenize({ texts }: TokenizeParams): Promise<TokenizeResult> {
    return { tokens: await this.#loaded().tokenizer.encodeAll(texts, { special: false }) };
  }

  /** @throws GlassboxError `model/notLoaded`, `template/*` */
  async count({ texts = [], messages = [] }: CountParams): Promise<CountResult> {
    const model = this.#loaded();
    const tokens = await model.tokenizer.encodeAll(texts, { special: false });
    return {
      texts: tokens.map((each) => each.length),
      prompt: messages.length === 0 ? 0 : (await model.prompts.prompt(messages, 'auto')).tokens.length,
      capacity: model.summary.contextCapacity,
    };
  }

  /**
   * Answers one question; see AnswerSession. A second one waits for the first. Cancelling is an outcome, not an
   * error, also for an answer that still waits.
   * @throws GlassboxError `model/notLoaded`, `context/overflow` (details: ContextOverflow), `template/*`,
   * `runtime/failed`, `request/invalid`
   */
  async generate(
    params: GenerateParams,
    options: { readonly signal: AbortSignal; readonly emit: (event: GenerationEvent) => void },
  ): Promise<GenerateResult> {
    if (this.#sessions.has(params.requestId)) {
      throw new GlassboxError('request/invalid', `An answer named ${params.requestId} is already under way.`);
    }
    const session = new AnswerSession(params, { ...options, now: this.#now, unixNow: this.#unixNow });
    this.#sessions.set(params.requestId, session);
    try {
      return await this.#queue.run(
        () => this.#exclusively('generating', () => this.#answer(session, params.conversationId)),
        options.signal,
      );
    } catch (error) {
      if (GlassboxError.from(error).code !== 'request/cancelled') throw error;
      return session.cancelledResult(this.#loaded());
    } finally {
      this.#sessions.delete(params.requestId);
    }
  }

  async #answer(session: AnswerSession, conversationId: string): Promise<GenerateResult> {
    const model = this.#loaded();
    try {
      const { result, history } = await session.answer(model);
      if (history) this.#settle(model, conversationId, history);
      return result;
    } catch (error) {
      // After a failed run nobody knows what the cache holds; the next question computes it again.
      if (GlassboxError.from(error).code.startsWith('runtime/')) model.conversations.release(conversationId);
      throw error;
    }
  }

  /** Closes the thought of an answer that runs or waits. False when there is none of that name. */
  answerNow(requestId: string): boolean {
    const session = this.#sessions.get(requestId);
    session?.answerNow();
    return session !== undefined;
  }

  /** Frees a conversation's KV cache, when its turn comes. */
  async release(conversationId: string): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#settling?.conversationId === conversationId) await this.#stopSettling();
      this.#model?.conversations.release(conversationId);
      this.#model?.records.forget(conversationId);
    });
  }

  /** Null when nothing was recorded. */
  async routing({ conversationId, settled, ...range }: RoutingParams): Promise<RoutingResult | null> {
    const record = await this.#record(conversationId, settled);
    return record?.routing ? routingResult(record.routing, range, record.requestIds) : null;
  }

  /** Null when nothing was recorded. @throws GlassboxError `request/invalid` */
  async experts({
    conversationId,
    settled,
    requestId,
    gateBias,
    ...wanted
  }: ExpertsParams): Promise<ExpertsResult | null> {
    const record = await this.#record(conversationId, settled);
    if (!record?.routing) return null;
    const gateBiases = gateBias === true ? this.#model?.gateBiases : undefined;
    return expertsResult(record.routing, wanted, {
      // Of a question that is not known nothing is counted.
      ...(requestId === undefined ? {} : { question: record.requestIds.lastIndexOf(requestId) }),
      ...(gateBiases ? { gateBiases } : {}),
    });
  }

  /** Null when nothing was recorded. @throws GlassboxError `request/invalid` */
  async expertTokens({
    conversationId,
    layer,
    limit = 50,
    ...of
  }: ExpertTokensParams): Promise<ExpertTokensResult | null> {
    const record = await this.#record(conversationId);
    if (!record?.routing) return null;
    const { ring, shape } = record.routing;
    const row = shape.layers.indexOf(layer);
    if (row < 0 || of.expert >= shape.experts) {
      throw new GlassboxError(
        'request/invalid',
        `There is no expert ${of.expert} in layer ${layer}: layers ${shape.layers.join(', ')} have ${shape.experts}.`,
      );
    }
    const { expert, phase } = of;
    const wanted = { layer: row, expert, limit, ...(phase === undefined ? {} : { phase }) };
    const { total, tokens } = expertTokens(ring, shape, wanted);
    const { tokenizer } = this.#loaded();
    const textOf = (ids: readonly number[]): string => tokenTexts(tokenizer, ids).join('');
    return {
      total,
      tokens: tokens.map(({ index, rank, weight, before, after }) => ({
        position: ring.position(index),
        phase: ring.phase(index),
        evicted: ring.isEvicted(index),
        requestId: record.requestIds[ring.question(index)] ?? '',
        rank,
        weight,
        before: textOf(before),
        text: textOf([ring.token(index)]),
        after: textOf(after),
      })),
    };
  }

  /** Null when nothing is known of that. */
  async text({
    conversationId,
    eviction,
    firstPosition,
    endPosition,
  }: TextParams): Promise<TextResult | null> {
    const record = await this.#record(conversationId);
    const end = Math.min(endPosition, firstPosition + MAX_TEXT_TOKENS);
    const found = record?.kv.tokensIn(firstPosition, end, eviction);
    return found ? { ...found, texts: tokenTexts(this.#loaded().tokenizer, found.tokens) } : null;
  }

  /** Null when there is no such conversation. */
  async answers({ conversationId, firstAnswer }: AnswersParams): Promise<AnswersResult | null> {
    const record = await this.#record(conversationId);
    return record ? record.answers.result(firstAnswer) : null;
  }

  /** Null when no model is loaded. */
  async memory({ conversationId }: MemoryParams): Promise<MemoryBudget | null> {
    const freeBytes = await availableMemory();
    const model = this.#model;
    if (!model) return null;
    const { memory, kvBytesPerToken, contextCapacity: capacityTokens } = model.summary;
    const caches = model.conversations.list();
    const own = caches.find((cache) => cache.conversationId === conversationId);
    const usedTokens = own?.tokens ?? 0;
    return {
      atMs: this.#unixNow(),
      device: 'cpu',
      weightBytes: memory.weightBytes,
      activationBytes: memory.activationBytes,
      ...(model.loadBytes === undefined ? {} : { measuredLoadBytes: model.loadBytes }),
      ...(model.conversations.activations ? { measuredActivations: model.conversations.activations } : {}),
      kvBytes: own?.kvBytes ?? 0,
      kvUsedBytes: usedTokens * kvBytesPerToken,
      otherKvBytes: caches.reduce((sum, cache) => sum + (cache === own ? 0 : cache.kvBytes), 0),
      bytesPerToken: kvBytesPerToken,
      usedTokens,
      capacityTokens,
      residentBytes: process.memoryUsage.rss(),
      freeBytes,
      ...(model.expertPlacement === undefined ? {} : { expertPlacement: model.expertPlacement }),
    };
  }

  /** Null when there is no such conversation. */
  async kv({ conversationId, settled }: KvParams): Promise<KvSnapshot | null> {
    const record = await this.#record(conversationId, settled);
    return record ? record.kv.snapshot(record.requestIds) : null;
  }

  recordsChanged(conversationId: string): RecordsChanged {
    const record = this.#model?.records.get(conversationId);
    return {
      conversationId,
      cachedTokens: record?.kv.length ?? 0,
      recordedTokens: record?.routing?.ring.length ?? 0,
    };
  }

  /** Calls `listener` at every change of a conversation's record; there is one listener. */
  onRecordChange(listener: (conversationId: string) => void): void {
    this.#recordListener = listener;
  }

  state(): EngineState {
    return {
      processId: process.pid,
      uptimeMs: this.#now() - this.#startedAt,
      residentBytes: process.memoryUsage.rss(),
      status: this.#status !== 'idle' ? this.#status : this.#model ? 'ready' : 'empty',
      ...(this.#model ? { model: this.#model.summary } : {}),
      conversations: this.#model?.conversations.list() ?? [],
    };
  }

  async #record(conversationId: string, settled = false): Promise<ConversationRecord | undefined> {
    if (settled && this.#settling?.conversationId === conversationId) await this.#settling.done;
    return this.#model?.records.get(conversationId);
  }

  #loaded(): ResidentModel {
    if (this.#model) return this.#model;
    throw new GlassboxError('model/notLoaded', 'No model is loaded. Load one first.');
  }

  /** Runs a job of the queue that needs the model for itself. */
  async #exclusively<T>(status: 'loading' | 'generating', job: () => Promise<T>): Promise<T> {
    await this.#stopSettling();
    this.#status = status;
    try {
      return await job();
    } finally {
      this.#status = 'idle';
    }
  }

  async #dropModel(): Promise<void> {
    const model = this.#model;
    this.#model = undefined;
    await model?.dispose();
  }

  #settle(model: ResidentModel, conversationId: string, history: AnsweredHistory): void {
    const cancel = new AbortController();
    this.#settling = { conversationId, cancel, done: model.settle(conversationId, history, cancel.signal) };
  }

  async #stopSettling(): Promise<void> {
    this.#settling?.cancel.abort();
    await this.#settling?.done;
    this.#settling = undefined;
  }
}
