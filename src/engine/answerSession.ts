import { randomInt } from 'node:crypto';
import { StreamingDetokenizer } from '../models/tokenizer/streamingDetokenizer.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type {
  ChatMessage,
  GenerateParams,
  GenerateResult,
  GenerationEvent,
  ResolvedSampling,
} from '../protocol/generation.ts';
import { checkPrefix } from './checkPrefix.ts';
import { contextOverflow } from './contextOverflow.ts';
import { Generation, type GenerationOutcome } from './generation.ts';
import type { KvCache } from './kvCache.ts';
import { prefixMismatch } from './prefixMismatch.ts';
import { routingPages } from './records/routingPages.ts';
import { replyReserve } from './replyReserve.ts';
import type { AnsweredHistory, ResidentModel } from './residentModel.ts';
import { Sampler } from './sampling/sampler.ts';
import type { Decoder } from './speculation/decoder.ts';
import { DraftedLookupGuesser } from './speculation/draftedLookupGuesser.ts';
import { DraftGuesser } from './speculation/draftGuesser.ts';
import type { Guesser } from './speculation/guesser.ts';
import { LookupGuesser } from './speculation/lookupGuesser.ts';
import { LookupPredictor } from './speculation/lookupPredictor.ts';
import { rowCostOf } from './speculation/rowCost.ts';
import { lookupTokens } from './speculation/lookupTokens.ts';
import { NgramPredictor } from './speculation/ngramPredictor.ts';
import { PlainDecoder } from './speculation/plainDecoder.ts';
import { SpeculativeDecoder } from './speculation/speculativeDecoder.ts';
import { StopTexts } from './stopTexts.ts';
import { thoughtBudget } from './thoughtBudget.ts';

export interface AnswerSessionOptions {
  readonly signal: AbortSignal;
  readonly emit: (event: GenerationEvent) => void;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
}

interface DecoderParts {
  readonly cache: KvCache;
  /** The reply's. */
  readonly sampler: Sampler;
  readonly promptTokens: readonly number[];
}

/** One request for an answer, from its arrival to its result. */
export class AnswerSession {
  readonly #params: GenerateParams;
  readonly #options: AnswerSessionOptions;
  readonly #arrivedAt: number;
  readonly #startedAtMs: number;
  readonly #seed = randomInt(2 ** 32);
  #generation: Generation | undefined;
  #answerNow = false;

  constructor(params: GenerateParams, options: AnswerSessionOptions) {
    this.#params = params;
    this.#options = options;
    this.#arrivedAt = options.now();
    this.#startedAtMs = options.unixNow();
  }

  /** Closes the thought at its next token, also when the answer still waits. */
  answerNow(): void {
    this.#answerNow = true;
    this.#generation?.answerNow();
  }

  /**
   * Answers with `model`.
   * @returns the result, and the tokens that the conversation's cache should hold for its next question (absent
   * when there is nothing to add to the question)
   */
  async answer(
    model: ResidentModel,
  ): Promise<{ readonly result: GenerateResult; readonly history: AnsweredHistory | undefined }> {
    const { messages, reasoning, maxTokens, conversationId, requestId, records = true } = this.#params;
    const capacity = model.summary.contextCapacity;
    const prompt = await model.prompts.prompt(messages, reasoning.mode);
    const { replyPrefix } = this.#params;
    if (replyPrefix) checkPrefix(replyPrefix, model.tokenizer);
    const reserve = Math.max(replyReserve(capacity, maxTokens), 1 + (replyPrefix?.tokens.length ?? 0));
    if (prompt.tokens.length + reserve > capacity) {
      model.records.get(conversationId)?.refused(messages);
      throw await contextOverflow(model.prompts, messages, reasoning.mode, {
        promptTokens: prompt.tokens.length,
        capacity,
        reservedTokens: reserve,
      });
    }
    const cache = await model.conversations.open(conversationId);
    const record = model.records.open(conversationId);
    const recording = record.ask({ requestId, messages, promptTokens: prompt.tokens, routing: records });
    const track = record.answers.start({
      requestId,
      arrivedAt: this.#arrivedAt,
      startedAtMs: this.#startedAtMs,
      promptTokens: prompt.tokens.length,
      cachedTokens: cache.length,
      mismatch: prefixMismatch(cache.tokens, prompt.tokens, {
        tokenizer: model.tokenizer,
        reason: recording.cutReason,
      }),
    });
    const sampling = this.#sampling(model);
    const sampler = new Sampler(model.summary.vocabularySize, sampling, model.vocabularyPasses);
    const decoder = await this.#decoder(model, { cache, sampler, promptTokens: prompt.tokens });
    const replyTokens = Math.min(maxTokens ?? Number.POSITIVE_INFINITY, capacity - prompt.tokens.length);
    const generation = new Generation({
      cache,
      decoder,
      promptTokens: prompt.tokens,
      ...(replyPrefix ? { prefix: replyPrefix } : {}),
      chunkTokens: model.chunkTokens,
      tokenizer: model.tokenizer,
      detokenizer: new StreamingDetokenizer(model.tokenizer),
      stopTexts: new StopTexts(model.prompts.stopTexts),
      sampler,
      passes: model.vocabularyPasses,
      tokenDetails: this.#params.tokenDetails === true,
      thought: {
        open: prompt.thoughtOpen,
        forced: prompt.thoughtForced,
        budgetTokens: thoughtBudget(reasoning, prompt.thoughtForced, replyTokens),
        closingTokens: await model.prompts.closingTokens(),
      },
      maxTokens: maxTokens ?? Number.POSITIVE_INFINITY,
      recording,
      track,
      emit: this.#options.emit,
      signal: this.#options.signal,
      now: this.#options.now,
    });
    this.#generation = generation;
    if (this.#answerNow) generation.answerNow();
    let outcome: GenerationOutcome;
    model.backendChanges.listen((message) => this.#options.emit({ type: 'backendChanged', message }));
    try {
      outcome = await generation.run();
      track.ended(outcome.finishReason, decoder.counts);
    } catch (error) {
      track.ended();
      throw error;
    } finally {
      model.backendChanges.listen(undefined);
    }
    const { reply } = outcome;
    // Before the thought leaves the cache: the answer's routing goes with it.
    const routing = this.#params.replyRouting === true ? record.routing : undefined;
    const replyRange = { first: prompt.tokens.length, end: cache.length };
    const pages = routing && routingPages(routing, record.requestIds, replyRange);

    const history = await this.#history(model, reply.answer);
    if (!history) cache.evict(Math.min(cache.length, prompt.tokens.length), 'thought');
    const result: GenerateResult = {
      requestId: this.#params.requestId,
      thought: reply.thought,
      answer: reply.answer,
      thoughtTokens: reply.thoughtTokens,
      answerTokens: reply.answerTokens,
      ...(reply.thoughtEnd === undefined ? {} : { thoughtEnd: reply.thoughtEnd }),
      finishReason: outcome.finishReason,
      sampling,
      timings: {
        promptTokens: prompt.tokens.length + outcome.replayedTokens,
        reusedTokens: outcome.reusedTokens,
        prefillMs: outcome.prefillMs,
        decodedTokens: outcome.decodedTokens,
        decodeMs: outcome.decodeMs,
        timeToFirstTokenMs: (outcome.firstTokenAt ?? this.#options.now()) - this.#arrivedAt,
        backendMs: outcome.backendMs,
        ...(decoder.counts ? { speculation: decoder.counts } : {}),
      },
      contextTokens: history?.length ?? cache.length,
      contextCapacity: capacity,
      ...(pages ? { routing: { firstPosition: replyRange.first, pages } } : {}),
    };
    if (!history) return { result, history };
    const endsTurn = (token: number): boolean => model.tokenizer.isEndOfGeneration(token);
    return {
      result,
      history: { tokens: history, recording: record.answered(history, { endsTurn, routing: records }) },
    };
  }

  /** The result of an answer that was cancelled before its turn came. */
  cancelledResult(model: ResidentModel): GenerateResult {
    return {
      requestId: this.#params.requestId,
      thought: '',
      answer: '',
      thoughtTokens: 0,
      answerTokens: 0,
      finishReason: 'cancelled',
      sampling: this.#sampling(model),
      timings: {
        promptTokens: 0,
        reusedTokens: 0,
        prefillMs: 0,
        decodedTokens: 0,
        decodeMs: 0,
        timeToFirstTokenMs: this.#options.now() - this.#arrivedAt,
        backendMs: 0,
      },
      contextTokens: model.conversations.get(this.#params.conversationId)?.length ?? 0,
      contextCapacity: model.summary.contextCapacity,
    };
  }

  async #decoder(model: ResidentModel, parts: DecoderParts): Promise<Decoder> {
    const { cache, sampler } = parts;
    const { speculation, lookup, replyPrefix } = this.#params;
    const guesser = speculation === 'off' ? undefined : await this.#guesser(model, parts);
    if (!guesser) {
      const couldGuess = lookup !== undefined || cache.draft !== undefined;
      return new PlainDecoder(cache, { exactRows: couldGuess, need: sampler.need });
    }
    guesser.accept(replyPrefix?.tokens.slice(0, -1) ?? []);
    return new SpeculativeDecoder(cache, guesser, sampler.need);
  }

  async #guesser(
    { tokenizer, summary, ngrams }: ResidentModel,
    { cache, sampler, promptTokens }: DecoderParts,
  ): Promise<Guesser | undefined> {
    const { lookup } = this.#params;
    const draft = cache.draft && new DraftGuesser(cache.draft, sampler);
    if (lookup === undefined) return draft;
    const tokens = await lookupTokens(lookup, promptTokens, tokenizer);
    const predictor = ngrams
      ? new NgramPredictor(ngrams, {
          prompt: promptTokens,
          text: tokens,
          thoughtEnd: tokenizer.thinkCloseTokenId,
        })
      : new LookupPredictor(tokens);
    const text = new LookupGuesser(predictor, rowCostOf(summary.runtime, summary.experts !== undefined));
    return draft ? new DraftedLookupGuesser(text, draft) : text;
  }

  /** What the next question's prompt will begin with, whatever that question is. */
  async #history(model: ResidentModel, answer: string): Promise<readonly number[] | undefined> {
    if (answer === '') return undefined;
    const messages: ChatMessage[] = [...this.#params.messages, { role: 'assistant', content: answer }];
    try {
      const history = await model.prompts.history(messages, this.#params.reasoning.mode);
      return history.length <= model.summary.contextCapacity ? history : undefined;
    } catch (error) {
      // A template may refuse what the model wrote. This answer is good all the same; the next question tells.
      if (!GlassboxError.from(error).code.startsWith('template/')) throw error;
      return undefined;
    }
  }

  #sampling(model: ResidentModel): ResolvedSampling {
    const asked = this.#params.sampling ?? {};
    const recommended = model.summary.sampling;
    return {
      temperature: asked.temperature ?? recommended.temperature,
      topK: asked.topK ?? recommended.topK,
      topP: asked.topP ?? recommended.topP,
      minP: asked.minP ?? recommended.minP,
      repetitionPenalty: asked.repetitionPenalty ?? recommended.repetitionPenalty,
      repetitionWindow: asked.repetitionWindow ?? recommended.repetitionWindow,
      seed: asked.seed ?? this.#seed,
    };
  }
}
