import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { KeptByWidth } from './keptByWidth.ts';
import type { KvBuffers } from './kvBuffers.ts';
import { LogitsBuffer, type LogitsTensor } from './logitsBuffer.ts';
import type { DraftPass } from './modelPasses.ts';

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
  readonly #runtime: OrtRuntime;
  readonly #kv: KvBuffers;
  readonly #logits: LogitsBuffer;
  /** `[.., width]`: the stream at positions `#rows` and on. */
  readonly #waiting: Float32Array<ArrayBuffer>;
  /** Its first rows, `[1, tokens, width]`. */
  readonly #hidden = new KeptByWidth<OrtTensor>((tensor) => {
    tensor.dispose();
  });
  /** The tokens at these positions. */
  #tokens: number[] = [];
  /** In the cache. */
  #rows = 0;

  constructor(model: DraftModel, runtime: OrtRuntime, kv: KvBuffers) {
    this.#model = model;
    this.#runtime = runtime;
    this.#kv = kv;
    this.#logits = new LogitsBuffer(runtime, model.vocabularySize);
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
    const { width } = this.#model;
    const first = this.#tokens.length;
    return this.#waiting.subarray(first * width, (first + tokens) * width);
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
    const logits = this.#logits.tensor(0, 1);
    await this.#read([next], logits, signal);
    return logits.data;
  }

  rewind(length: number): void {
    this.#tokens.length = Math.max(0, Math.min(this.#tokens.length, length - this.#rows));
    this.#rows = Math.min(this.#rows, length);
  }

  /** Not while a run uses it. */
  dispose(): void {
    this.#kv.dispose();
    this.#logits.dispose();
    this.#hidden.dispose();
  }

  /** Reads what waits and whose next token is known, `next` behind the last. */
  async #read(
    next: readonly number[],
    logits: LogitsTensor | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { chunkTokens, width } = this.#model;
    const following = [...this.#tokens.slice(1), ...next];
    while (following.length > 0) {
      const tokens = following.splice(0, chunkTokens);
      await this.#model.forwardDraft({
        hidden: this.#firstRows(tokens.length),
        tokens,
        past: this.#rows,
        kv: this.#kv,
        logits: following.length === 0 ? logits : undefined,
        signal,
      });
      const read = tokens.length;
      this.#waiting.copyWithin(0, read * width, this.#tokens.length * width);
      this.#tokens.splice(0, read);
      this.#rows += read;
    }
  }

  #firstRows(count: number): OrtTensor {
    const { width } = this.#model;
    return this.#hidden.get(count, () =>
      this.#runtime.tensor(this.#waiting.subarray(0, count * width), [1, count, width]),
    );
  }
}
