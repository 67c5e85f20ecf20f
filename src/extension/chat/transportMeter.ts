import type { BatchReceived, TransportTimes } from '../../protocol/transport.ts';
import type { TextsSent } from './deltaBatcher.ts';

/** The page is asked this often at most when it has drawn what was sent. */
const MARK_INTERVAL_MS = 250;

/** How long some pieces of text took, all together. */
interface Sum {
  texts: number;
  ms: number;
}

/** Follows the texts of one answer from the engine to the page. Times are milliseconds on one steady clock. */
export class TransportMeter {
  readonly #batching: Sum = { texts: 0, ms: 0 };
  readonly #rpc: Sum = { texts: 0, ms: 0 };
  readonly #host: Sum = { texts: 0, ms: 0 };
  readonly #page: Sum = { texts: 0, ms: 0 };
  readonly #drawing: Sum = { texts: 0, ms: 0 };
  #sendingMs = 0;
  #marks = 0;
  #marked: { readonly mark: number; readonly atMs: number } | undefined;

  /** A batch came from the engine. */
  received({ texts, waitedMs, atMs, receivedAtMs, sendingMs }: BatchReceived): void {
    this.#sendingMs = sendingMs;
    if (texts === 0) return;
    add(this.#batching, texts, waitedMs);
    add(this.#rpc, texts, texts * (receivedAtMs - atMs));
  }

  /** What is to be sent with the next texts, if anything: the page gives it back when it has drawn them. */
  mark(nowMs: number): number | undefined {
    if (this.#marked && nowMs - this.#marked.atMs < MARK_INTERVAL_MS) return undefined;
    this.#marks++;
    this.#marked = { mark: this.#marks, atMs: nowMs };
    return this.#marks;
  }

  /** Texts went to the page. */
  posted({ texts, waitedMs }: TextsSent): void {
    add(this.#host, texts, waitedMs);
  }

  /** The page has drawn what came with a mark, `heldMs` after it had received it. Late or unknown marks say nothing. */
  drawn(mark: number, heldMs: number, nowMs: number): void {
    const marked = this.#marked;
    if (marked?.mark !== mark || heldMs > nowMs - marked.atMs) return;
    add(this.#page, 1, (nowMs - marked.atMs - heldMs) / 2);
    add(this.#drawing, 1, heldMs);
  }

  /** Absent before the first text. */
  get times(): TransportTimes | undefined {
    if (this.#rpc.texts === 0) return undefined;
    const [hostMs, pageMs, drawingMs] = [this.#host, this.#page, this.#drawing].map(mean);
    return {
      texts: this.#rpc.texts,
      batchingMs: mean(this.#batching) ?? 0,
      rpcMs: mean(this.#rpc) ?? 0,
      ...(hostMs === undefined ? {} : { hostMs }),
      ...(pageMs === undefined ? {} : { pageMs }),
      ...(drawingMs === undefined ? {} : { drawingMs }),
      sendingMs: this.#sendingMs,
    };
  }
}

function add(sum: Sum, texts: number, ms: number): void {
  sum.texts += texts;
  // Rounding must not make a time negative.
  sum.ms += Math.max(0, ms);
}

function mean({ texts, ms }: Sum): number | undefined {
  return texts === 0 ? undefined : ms / texts;
}
