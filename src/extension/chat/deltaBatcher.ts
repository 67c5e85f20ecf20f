import type { HostMessage } from '../../protocol/chat.ts';

type Delta = Extract<HostMessage, { type: 'delta' }>;

/** Pieces of text that a delta was joined of, and how long they waited in all. */
export interface TextsSent {
  readonly texts: number;
  readonly waitedMs: number;
}

/** Between two messages with text to the page: one frame at 60 Hz. */
const frameMs = 16;

/**
 * Joins pieces of an answer, so that the page gets at most one message a frame however fast the model writes.
 * The first piece after a pause goes out at once.
 */
export class DeltaBatcher {
  readonly #send: (delta: Delta, sent: TextsSent) => void;
  readonly #now: () => number;
  #pending: Delta | undefined;
  #texts = 0;
  /** Of all texts that wait, when they came. */
  #cameAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param now milliseconds on a steady clock */
  constructor(send: (delta: Delta, sent: TextsSent) => void, now: () => number) {
    this.#send = send;
    this.#now = now;
  }

  /** `thought` and `answer` are appended; counts and times replace the earlier ones. */
  add(delta: Delta): void {
    if (this.#pending !== undefined && this.#pending.answerId !== delta.answerId) this.flush();
    if (delta.thought !== '' || delta.answer !== '') {
      this.#texts++;
      this.#cameAt += this.#now();
    }
    const before = this.#pending;
    this.#pending =
      before === undefined
        ? delta
        : { ...delta, thought: before.thought + delta.thought, answer: before.answer + delta.answer };
    if (this.#timer !== undefined) return;
    this.#sendPending();
    this.#startFrame();
  }

  /** Sends what is waiting; called before any other message about the same answer. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sendPending();
  }

  #startFrame(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#pending === undefined) return;
      this.#sendPending();
      this.#startFrame();
    }, frameMs);
  }

  #sendPending(): void {
    const delta = this.#pending;
    this.#pending = undefined;
    if (delta === undefined) return;
    const sent = { texts: this.#texts, waitedMs: this.#texts * this.#now() - this.#cameAt };
    this.#texts = 0;
    this.#cameAt = 0;
    this.#send(delta, sent);
  }
}
