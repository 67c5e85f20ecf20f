import type { StreamingDetokenizer } from '../models/tokenizer/streamingDetokenizer.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { FinishReason, GenerationEvent, ReplyPrefix } from '../protocol/generation.ts';
import { RepetitionDetector } from '../reasoning/repetition.ts';
import { ThinkingBudget, type ThoughtInterruption } from '../reasoning/thinkingBudget.ts';
import { describeGiven } from './describeChoice.ts';
import type { KvCache } from './kvCache.ts';
import { prefill } from './prefill.ts';
import type { AnswerTrack } from './records/answerTrack.ts';
import type { QuestionRecording } from './records/conversationRecord.ts';
import type { Recording } from './records/tokenLabel.ts';
import { replayPrefix, type ReplayedToken } from './replayPrefix.ts';
import { Reply } from './reply.ts';
import { ReplyDetails } from './replyDetails.ts';
import type { Logits } from './sampling/bestLogits.ts';
import type { Sampler } from './sampling/sampler.ts';
import type { VocabularyPasses } from './sampling/vocabularyPasses.ts';
import type { Decoder } from './speculation/decoder.ts';
import type { StopTexts } from './stopTexts.ts';

/** Speed is reported at most ten times a second. */
const SPEED_INTERVAL_MS = 100;

export interface GenerationOptions {
  readonly cache: KvCache;
  readonly decoder: Decoder;
  readonly promptTokens: readonly number[];
  /** What the reply begins with. */
  readonly prefix?: ReplyPrefix;
  readonly chunkTokens: number;
  readonly tokenizer: Tokenizer;
  readonly detokenizer: StreamingDetokenizer;
  readonly stopTexts: StopTexts;
  /** Of this reply alone. */
  readonly sampler: Sampler;
  /** Over the model's logits. */
  readonly passes: VocabularyPasses;
  /** Whether to describe each choice. */
  readonly tokenDetails: boolean;
  readonly thought: {
    /** The prompt ended inside the thought. */
    readonly open: boolean;
    readonly forced: boolean;
    /** 0: no limit. */
    readonly budgetTokens: number;
    /** What the model is given to read when its thought is closed for it. */
    readonly closingTokens: readonly number[];
  };
  /** Thought and answer together. */
  readonly maxTokens: number;
  readonly recording: QuestionRecording;
  /** Is told where the time goes. */
  readonly track: AnswerTrack;
  readonly emit: (event: GenerationEvent) => void;
  readonly signal: AbortSignal;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
}

export interface GenerationOutcome {
  readonly reply: Reply;
  readonly finishReason: FinishReason;
  readonly reusedTokens: number;
  /** Of the prefix: those that were computed with the prompt. */
  readonly replayedTokens: number;
  readonly prefillMs: number;
  readonly decodedTokens: number;
  readonly decodeMs: number;
  readonly backendMs: number;
  /** On the clock of `now`; absent when no token was made. */
  readonly firstTokenAt: number | undefined;
}

/**
 * One answer: prefill, then token after token until the model, a limit or the user ends it. Cancelling is an
 * outcome, not an error, and keeps what was written. Whatever happens, the cache holds what was computed.
 */
export class Generation {
  readonly #options: GenerationOptions;
  readonly #budget: ThinkingBudget;
  readonly #answerLoops = new RepetitionDetector();
  readonly #reply: Reply;
  #reusedTokens = 0;
  #prefillMs = 0;
  /** Tokens of the prefix that are computed with the prompt. */
  #replayed: readonly ReplayedToken[] = [];
  /** Of them, those that count against `maxTokens`. */
  #replayedReply = 0;
  #decodedTokens = 0;
  /** Tokens of the reply so far, those that it was given among them. */
  #place = 0;
  #decodeStartedAt: number | undefined;
  #backendMs = 0;
  #firstTokenAt: number | undefined;
  #speedReportedAt: number;
  /** Absent where nobody asked for them. */
  readonly #details: ReplyDetails | undefined;
  /** Sent beside the next pass, or at the end. */
  readonly #waiting: GenerationEvent[] = [];
  /** A model that ends its reply inside the thought is asked once for an answer. */
  #answerWasAskedFor = false;

  constructor(options: GenerationOptions) {
    this.#options = options;
    this.#budget = new ThinkingBudget({ budgetTokens: options.thought.budgetTokens });
    this.#speedReportedAt = options.now();
    if (options.tokenDetails) this.#details = new ReplyDetails(options);
    this.#reply = new Reply({
      detokenizer: options.detokenizer,
      stopTexts: options.stopTexts,
      startsInThought: options.thought.open,
      forced: options.thought.forced,
      now: options.now,
    });
  }

  /** Closes the thought at its next token. */
  answerNow(): void {
    this.#budget.answerNow();
  }

  /** @throws GlassboxError of the backend, except `request/cancelled` */
  async run(): Promise<GenerationOutcome> {
    let finishReason: FinishReason;
    try {
      const events = this.#replay();
      const logits = await this.#prefill();
      this.#emit(events);
      this.#decodeStartedAt = this.#options.now();
      this.#details?.begin(this.#decodeStartedAt);
      finishReason = await this.#decode(logits);
    } catch (error) {
      if (!(error instanceof GlassboxError && error.code === 'request/cancelled')) throw error;
      finishReason = 'cancelled';
    } finally {
      this.#options.decoder.end();
      this.#emitWaiting();
      this.#details?.describe();
    }
    this.#emit(this.#reply.end());
    return {
      reply: this.#reply,
      finishReason,
      reusedTokens: this.#reusedTokens,
      replayedTokens: this.#replayed.length,
      prefillMs: this.#prefillMs,
      decodedTokens: this.#decodedTokens,
      decodeMs: this.#decodeStartedAt === undefined ? 0 : this.#options.now() - this.#decodeStartedAt,
      backendMs: this.#backendMs,
      firstTokenAt: this.#firstTokenAt,
    };
  }

  /** Brings the reply, its budget and its loops to where the given tokens end. */
  #replay(): readonly GenerationEvent[] {
    const { prefix, thought, tokenizer, tokenDetails } = this.#options;
    if (!prefix) return [];
    const { events, replayed } = replayPrefix(this.#reply, prefix, {
      closingTokens: thought.closingTokens,
      onToken: (token, channelBefore) => {
        // A limit that was not reached then is not reached now, before the new token.
        this.#watchThought(token, channelBefore);
        if (channelBefore === 'answer' && this.#reply.channel === 'answer') this.#answerLoops.push(token);
      },
    });
    this.#replayed = replayed;
    this.#place = replayed.length;
    this.#replayedReply = replayed.filter(({ closesThought }) => !closesThought).length;
    if (!tokenDetails) return events;
    const details = replayed.map(({ token, channel }) => describeGiven(tokenizer, token, channel));
    return [...events, { type: 'tokens', details }];
  }

  /** Of the prompt and the given tokens behind it. */
  get #givenRecording(): Recording {
    const { promptTokens, recording } = this.#options;
    return {
      routing: recording.prompt.routing,
      labelAt: (position) => {
        const replayed = this.#replayed[position - promptTokens.length];
        return recording[replayed?.channel ?? 'prompt'].labelAt(position);
      },
    };
  }

  async #prefill(): Promise<Float32Array> {
    const { cache, chunkTokens, sampler, recording, track, signal, emit, now } = this.#options;
    const promptTokens = [...this.#options.promptTokens, ...this.#replayed.map(({ token }) => token)];
    const startedAt = now();
    this.#reusedTokens = cache.reuse(promptTokens, recording.cutReason);
    emit({ type: 'prompt', promptTokens: promptTokens.length, reusedTokens: this.#reusedTokens });
    for (const token of promptTokens) sampler.accept(token);
    track.reused(this.#reusedTokens, now());
    const tokens = promptTokens.slice(this.#reusedTokens);
    const report = (done: number): void => {
      const at = now();
      this.#prefillMs = at - startedAt;
      track.prefilled(done, at);
      emit({ type: 'prefill', done, total: tokens.length, elapsedMs: this.#prefillMs });
      // Early enough for the first step to find what it needs.
      if (tokens.length - done <= chunkTokens) this.#options.decoder.prepare();
    };
    report(0);
    const options = { chunkTokens, signal, recording: this.#givenRecording, onProgress: report };
    const logits = await prefill(cache, tokens, options);
    if (!logits)
      throw new GlassboxError('request/invalid', 'The prompt has no tokens, so there is nothing to answer.');
    return logits;
  }

  async #decode(promptLogits: Float32Array): Promise<FinishReason> {
    const { cache, decoder, tokenizer, sampler, recording, track, signal, maxTokens, thought, now } =
      this.#options;
    let logits: Logits = promptLogits;
    /** The last of the prefix is given, but its logits are there, as for a token that is chosen. */
    let given = this.#options.prefix?.tokens.at(-1);
    let sampledFrom = now();
    for (;;) {
      if (signal.aborted) return 'cancelled';
      sampler.goTo(this.#place);
      const token = given ?? sampler.sample(logits);
      const isGiven = given !== undefined;
      given = undefined;
      const sampledAt = now();
      track.sampled(sampledAt - sampledFrom, sampledAt);
      this.#countToken(sampledAt);
      let next = [token];
      let channel = this.#reply.channel;
      let events: GenerationEvent[];
      let finish: FinishReason | undefined;
      if (tokenizer.isEndOfGeneration(token)) {
        if (this.#reply.channel !== 'thought' || this.#answerWasAskedFor) return 'stop';
        this.#answerWasAskedFor = true;
        // The end token stays out of the cache: after it no model goes on.
        next = [...thought.closingTokens];
        events = this.#reply.closeThought('model');
        this.#details?.addClosing(thought.closingTokens);
      } else {
        const channelBefore = channel;
        events = this.#reply.push(token);
        // The tags of a thought belong to it.
        channel = channelBefore === 'thought' ? 'thought' : this.#reply.channel;
        if (this.#details) {
          const wasGuessed = decoder.hasComputed(token, recording[channel]);
          const origin = isGiven ? 'forced' : wasGuessed ? 'guessed' : 'sampled';
          this.#details.addChoice(logits, token, channel, origin);
        }
        const interruption = this.#watchThought(token, channelBefore);
        if (interruption) {
          next.push(...thought.closingTokens);
          events.push(...this.#reply.closeThought(interruption));
          this.#details?.addClosing(thought.closingTokens);
        } else if (this.#reply.stopped) {
          finish = 'stop';
        } else if (this.#reply.channel === 'answer' && this.#answerLoops.push(token)) {
          finish = 'loop';
        }
      }
      if (finish === undefined && this.#replyTokens >= maxTokens) finish = 'length';
      if (finish === undefined && decoder.length + next.length > cache.capacity) finish = 'contextFull';
      for (const event of events) this.#waiting.push(event);
      if (finish !== undefined) return finish;
      for (const each of next) sampler.accept(each);
      this.#place += next.length;
      // Before a guess: it takes the number that the next choice will take.
      sampler.goTo(this.#place);
      const startedAt = now();
      const computing = decoder.advance({
        tokens: next,
        recording: recording[channel],
        nextRecording: recording[this.#reply.channel],
        room: maxTokens - this.#replyTokens - 1,
        signal,
      });
      if (!(computing instanceof Promise)) {
        // Computed ahead. What can wait is done beside the next pass.
        logits = computing;
        sampledFrom = now();
        continue;
      }
      // The backend computes on its own threads meanwhile. It writes other logits only when this thread waits.
      this.#details?.read();
      this.#emitWaiting();
      this.#details?.describeIfDue(startedAt);
      this.#reportSpeed(startedAt);
      logits = await computing;
      const computedAt = now();
      this.#backendMs += computedAt - startedAt;
      track.computed(computedAt - startedAt, computedAt);
      sampledFrom = computedAt;
    }
  }

  #watchThought(token: number, channelBefore: Reply['channel']): ThoughtInterruption | undefined {
    // The token that closes the thought was the model's own decision: nothing is left to interrupt.
    if (this.#reply.channel !== 'thought' && channelBefore !== 'thought') return undefined;
    const interruption = this.#budget.push(token);
    return this.#reply.channel === 'thought' ? interruption : undefined;
  }

  get #replyTokens(): number {
    return this.#replayedReply + this.#decodedTokens;
  }

  #countToken(at: number): void {
    this.#decodedTokens++;
    this.#firstTokenAt ??= at;
  }

  #reportSpeed(now: number): void {
    if (this.#decodeStartedAt === undefined || now - this.#speedReportedAt < SPEED_INTERVAL_MS) return;
    this.#speedReportedAt = now;
    this.#options.emit({
      type: 'speed',
      tokensPerSecond: (this.#decodedTokens * 1000) / Math.max(1, now - this.#decodeStartedAt),
      contextTokens: this.#options.decoder.length,
    });
  }

  #emitWaiting(): void {
    this.#emit(this.#waiting);
    this.#waiting.length = 0;
  }

  #emit(events: readonly GenerationEvent[]): void {
    for (const event of events) this.#options.emit(event);
  }
}
