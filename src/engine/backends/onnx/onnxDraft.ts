import type { KvBuffers } from './kvBuffers.ts';
import type { DraftPass } from './onnxModel.ts';

/** The passes that a draft needs, of the model it belongs to. */
interface DraftModel {
  readonly chunkTokens: number;
  readonly width: number;
  readonly vocabularySize: number;
  forwardDraft(pass: DraftPass): Promise<void>;
}

/**
 * A sequence's draft and its cache. Row p of the cache is made of the model's last residual stream at position p and the
 * token at p + 1, so the draft is always at least one row behind. What the model computed waits here until it is needed
 * or fills a chunk: a sequence whose draft nobody asks costs little more than one without.
 *
 * After a rewind the last row may have been made with another token than now follows. That can make a proposal worse,
 * never a reply: proposals are checked.
 */
export class OnnxDraft {
  readonly #model: DraftModel;
  readonly #kv: KvBuffers;
  readonly #logits: Float32Array<ArrayBuffer>;
  /** `[.., width]`: the stream at positions `#rows` and on. */
  readonly #waiting: Float32Array<ArrayBuffer>;
  /** The tokens at these positions. */
  #tokens: number[] = [];
  /** In the cache. */
  #rows = 0;

  constructor(model: DraftModel, kv: KvBuffers) {
    this.#model = model;
    this.#kv = kv;
    this.#logits = new Float32Array(model.vocabularySize);
    // A chunk that comes in beside one that waits.
    this.#waiting = new Float32Array(2 * model.chunkTokens * model.width);
  }

  get kvBytes(): number {
    return this.#kv.bytes;
  }

  /** Whether `tokens` more positions, at most a chunk, have no room beside those that wait: `read` makes some. */
  isFull(tokens: number): boolean {
    return (this.#tokens.length + tokens) * this.#model.width > this.#waiting.length;
  }

  /** Where the stream of the next `tokens` positions is to be written: `[tokens, width]`. */
  room(tokens: number): Float32Array<ArrayBuffer> {
    return this.#waitingRows(this.#tokens.length, tokens);
  }

  /** Takes what waits into the cache, but for the last position, whose next token is not known. */
  async read(signal: AbortSignal | undefined): Promise<void> {
    await this.#read([], undefined, signal);
  }

  /** The stream of these tokens has been written. */
  appended(tokens: readonly number[]): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  /** See `SequenceDraft`. */
  async propose(next: number, signal: AbortSignal | undefined): Promise<Float32Array | undefined> {
    if (this.#tokens.length === 0) return undefined;
    await this.#read([next], this.#logits, signal);
    return this.#logits;
  }

  rewind(length: number): void {
    this.#tokens.length = Math.max(0, Math.min(this.#tokens.length, length - this.#rows));
    this.#rows = Math.min(this.#rows, length);
  }

  dispose(): void {
    this.#kv.dispose();
  }

  /** Reads what waits and whose next token is known, `next` behind the last. */
  async #read(
    next: readonly number[],
    logits: Float32Array<ArrayBuffer> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { chunkTokens } = this.#model;
    const following = [...this.#tokens.slice(1), ...next];
    for (let done = 0; done < following.length; done += chunkTokens) {
      const tokens = following.slice(done, done + chunkTokens);
      const isLast = done + tokens.length === following.length;
      await this.#model.forwardDraft({
        hidden: this.#waitingRows(done, tokens.length),
        tokens,
        past: this.#rows + done,
        kv: this.#kv,
        logits: isLast ? logits : undefined,
        signal,
      });
    }
    const read = following.length;
    this.#waiting.copyWithin(0, read * this.#model.width, this.#tokens.length * this.#model.width);
    this.#tokens = this.#tokens.slice(read);
    this.#rows += read;
  }

  #waitingRows(first: number, count: number): Float32Array<ArrayBuffer> {
    const { width } = this.#model;
    return this.#waiting.subarray(first * width, (first + count) * width);
  }
}
