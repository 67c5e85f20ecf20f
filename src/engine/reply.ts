import type { StreamingDetokenizer } from '../models/tokenizer/streamingDetokenizer.ts';
import type { Channel, GenerationEvent, ThoughtEnd } from '../protocol/generation.ts';
import { ReasoningStream, type StreamEvent } from '../reasoning/reasoningStream.ts';
import type { StopTexts } from './stopTexts.ts';

export interface ReplyOptions {
  readonly detokenizer: StreamingDetokenizer;
  readonly stopTexts: StopTexts;
  /** The prompt ended inside the thought. */
  readonly startsInThought: boolean;
  /** Glassbox opened the thought, not the template. */
  readonly forced: boolean;
  /** Milliseconds on any steady clock. */
  readonly now: () => number;
}

/** One reply as it grows: from tokens to the texts of thought and answer, their counts and their events. */
export class Reply {
  readonly #detokenizer: StreamingDetokenizer;
  readonly #stopTexts: StopTexts;
  readonly #stream: ReasoningStream;
  readonly #startsInThought: boolean;
  readonly #forced: boolean;
  readonly #now: () => number;
  readonly #texts: Record<Channel, string> = { thought: '', answer: '' };
  readonly #tokens: Record<Channel, number> = { thought: 0, answer: 0 };
  /** Tokens whose text is held back until more of it is known. */
  #undecidedTokens = 0;
  #thoughtStartedAt: number;
  #thoughtEnd: ThoughtEnd | undefined;

  constructor(options: ReplyOptions) {
    this.#detokenizer = options.detokenizer;
    this.#stopTexts = options.stopTexts;
    this.#stream = new ReasoningStream({ startsInThought: options.startsInThought });
    this.#startsInThought = options.startsInThought;
    this.#forced = options.forced;
    this.#now = options.now;
    this.#thoughtStartedAt = options.now();
  }

  /** Where the next text goes, as far as is known. */
  get channel(): Channel {
    return this.#stream.channel;
  }

  /** A text was reached with which the reply is over. */
  get stopped(): boolean {
    return this.#stopTexts.reached;
  }

  get thought(): string {
    return this.#texts.thought;
  }

  get answer(): string {
    return this.#texts.answer;
  }

  get thoughtTokens(): number {
    return this.#tokens.thought;
  }

  get answerTokens(): number {
    return this.#tokens.answer;
  }

  /** Absent while the thought is open or when there was none. */
  get thoughtEnd(): ThoughtEnd | undefined {
    return this.#thoughtEnd;
  }

  push(token: number): GenerationEvent[] {
    this.#undecidedTokens++;
    return this.#pushText(this.#stopTexts.push(this.#detokenizer.push(token)));
  }

  /** Ends an open thought for the model. */
  closeThought(reason: ThoughtEnd): GenerationEvent[] {
    const held = this.#releaseHeld();
    return [...held, ...this.#record(this.#stream.closeThought(), reason)];
  }

  /** The reply is complete. */
  end(): GenerationEvent[] {
    const held = this.#releaseHeld();
    const channel = this.#stream.channel;
    const rest = this.#record(this.#stream.end(), 'unfinished');
    // White space and tags at the very end make no text, but they were computed.
    this.#tokens[channel] += this.#undecidedTokens;
    this.#undecidedTokens = 0;
    return [...held, ...rest];
  }

  #releaseHeld(): GenerationEvent[] {
    return this.#pushText(this.#stopTexts.push(this.#detokenizer.flush()) + this.#stopTexts.end());
  }

  #pushText(text: string): GenerationEvent[] {
    return text === '' ? [] : this.#record(this.#stream.push(text), 'model');
  }

  #record(events: readonly StreamEvent[], reason: ThoughtEnd): GenerationEvent[] {
    return events.map((event) => this.#recordEvent(event, reason));
  }

  #recordEvent(event: StreamEvent, reason: ThoughtEnd): GenerationEvent {
    switch (event.type) {
      case 'thoughtStart':
        if (!this.#startsInThought) this.#thoughtStartedAt = this.#now();
        return { type: 'thoughtStart', forced: this.#forced };
      case 'text': {
        const { type, channel, text } = event;
        this.#texts[channel] += text;
        return { type, channel, text, tokens: this.#settleTokens(channel) };
      }
      case 'thoughtEnd': {
        this.#settleTokens('thought');
        this.#thoughtEnd = event.closed ? reason : 'unfinished';
        return {
          type: 'thoughtEnd',
          reason: this.#thoughtEnd,
          tokens: this.#tokens.thought,
          elapsedMs: this.#now() - this.#thoughtStartedAt,
        };
      }
    }
  }

  #settleTokens(channel: Channel): number {
    const tokens = this.#undecidedTokens;
    this.#tokens[channel] += tokens;
    this.#undecidedTokens = 0;
    return tokens;
  }
}
