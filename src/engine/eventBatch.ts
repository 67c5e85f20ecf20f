import type { GenerationEvent } from '../protocol/generation.ts';

/** One frame at 60 Hz: a reader cannot see more, and the receiver does less work. */
const BATCH_MS = 16;

/** The pieces of text of a batch, and how long they waited for it in all. */
export interface BatchWait {
  readonly texts: number;
  readonly waitedMs: number;
}

type Growing<Event> = { -readonly [Key in keyof Event]: Event[Key] };
type TextEvent = Extract<GenerationEvent, { type: 'text' }>;

/**
 * Collects the events of one answer and sends them at most once per 16 ms. Neighbouring pieces of text of one
 * channel become one piece. The first event of a quiet stream leaves at once.
 */
export class EventBatch {
  readonly #send: (events: readonly GenerationEvent[], wait: BatchWait) => void;
  readonly #now: () => number;
  #events: GenerationEvent[] = [];
  /** The last of them, where it is text: more of it is added here. */
  #text: Growing<TextEvent> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;
  #texts = 0;
  /** Of all texts that wait, when they came. */
  #cameAt = 0;

  constructor(send: (events: readonly GenerationEvent[], wait: BatchWait) => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  push(event: GenerationEvent): void {
    const now = this.#now();
    if (event.type === 'text') this.#addText(event, now);
    else this.#add(event);
    const wait = BATCH_MS - (now - this.#sentAt);
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Sends what is left, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#text = undefined;
    this.#sentAt = this.#now();
    const wait = { texts: this.#texts, waitedMs: this.#texts * this.#sentAt - this.#cameAt };
    this.#texts = 0;
    this.#cameAt = 0;
    this.#send(events, wait);
  }

  #addText({ type, channel, text, tokens }: TextEvent, cameAt: number): void {
    this.#texts++;
    this.#cameAt += cameAt;
    if (this.#text?.channel === channel) {
      this.#text.text += text;
      this.#text.tokens += tokens;
    } else {
      this.#text = { type, channel, text, tokens };
      this.#events.push(this.#text);
    }
  }

  #add(event: Exclude<GenerationEvent, TextEvent>): void {
    this.#text = undefined;
    const last = this.#events.at(-1);
    if (event.type === 'tokens' && last?.type === 'tokens')
      this.#events[this.#events.length - 1] = { ...last, details: [...last.details, ...event.details] };
    else this.#events.push(event);
  }
}
