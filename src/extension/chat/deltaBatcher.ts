import type { HostMessage } from '../../protocol/chat.ts';

type Delta = Extract<HostMessage, { type: 'delta' }>;

/** Between two messages with text to the page: one frame at 60 Hz. */
const frameMs = 16;

/**
 * Joins pieces of an answer, so that the page gets at most one message a frame however fast the model writes.
 * The first piece after a pause goes out at once.
 */
export class DeltaBatcher {
  readonly #send: (delta: Delta) => void;
  #pending: Delta | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (delta: Delta) => void) {
    this.#send = send;
  }

  /** `thought` and `answer` are appended; counts and times replace the earlier ones. */
  add(delta: Delta): void {
    if (this.#pending !== undefined && this.#pending.answerId !== delta.answerId) this.flush();
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
    if (delta !== undefined) this.#send(delta);
  }
}
