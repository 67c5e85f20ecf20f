import type { GenerationEvent } from '../protocol/generation.ts';

/** One frame at 60 Hz: a reader cannot see more, and the receiver does less work. */
const BATCH_MS = 16;

/**
 * Collects the events of one answer and sends them at most once per 16 ms. Neighbouring pieces of text of one
 * channel become one piece. The first event of a quiet stream leaves at once.
 */
export class EventBatch {
  readonly #send: (events: readonly GenerationEvent[]) => void;
  readonly #now: () => number;
  #events: GenerationEvent[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(send: (events: readonly GenerationEvent[]) => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  push(event: GenerationEvent): void {
    const last = this.#events.at(-1);
    if (event.type === 'text' && last?.type === 'text' && last.channel === event.channel) {
      this.#events[this.#events.length - 1] = {
        ...last,
        text: last.text + event.text,
        tokens: last.tokens + event.tokens,
      };
    } else if (event.type === 'tokens' && last?.type === 'tokens') {
      this.#events[this.#events.length - 1] = { ...last, details: [...last.details, ...event.details] };
    } else {
      this.#events.push(event);
    }
    const wait = BATCH_MS - (this.#now() - this.#sentAt);
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
    this.#sentAt = this.#now();
    this.#send(events);
  }
}
