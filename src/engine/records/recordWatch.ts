/** At most ten times a second: faster than that nobody reads figures. */
const INTERVAL_MS = 100;

/**
 * Tells a watcher of conversations that something changed, at most ten times a second for each. The first change after a
 * quiet time is told at once, the last one always.
 */
export class RecordWatch {
  readonly #tell: (conversationId: string) => void;
  readonly #now: () => number;
  readonly #watched = new Map<string, { toldAt: number; timer?: NodeJS.Timeout }>();

  constructor(tell: (conversationId: string) => void, now: () => number) {
    this.#tell = tell;
    this.#now = now;
  }

  watch(conversationId: string): void {
    if (!this.#watched.has(conversationId))
      this.#watched.set(conversationId, { toldAt: Number.NEGATIVE_INFINITY });
  }

  unwatch(conversationId: string): void {
    clearTimeout(this.#watched.get(conversationId)?.timer);
    this.#watched.delete(conversationId);
  }

  changed(conversationId: string): void {
    const watched = this.#watched.get(conversationId);
    if (!watched || watched.timer) return;
    const tell = (): void => {
      delete watched.timer;
      watched.toldAt = this.#now();
      this.#tell(conversationId);
    };
    const wait = INTERVAL_MS - (this.#now() - watched.toldAt);
    if (wait <= 0) tell();
    else watched.timer = setTimeout(tell, wait);
  }
}
