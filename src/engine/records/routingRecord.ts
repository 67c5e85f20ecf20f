import type { RoutedTokens } from '../backends/backend.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { ExpertCounts } from './expertCounts.ts';
import { ReuseDistances } from './reuseDistances.ts';
import { type RoutingEntry, RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';
import type { TokenLabel } from './tokenLabel.ts';

/**
 * Between two forward passes the weights have pushed everything else out of the caches, so code that runs once a token costs
 * many times what it costs in a loop. A token is only copied; many are entered and counted together: while a pass computes on
 * other threads, when somebody asks, or when there is no room for more. A small model computes on this thread, and most of its replies are
 * over before so many wait.
 */
const ENTERED_AT_ONCE = 256;
const MOST_WAITING = 512;

/** What is neither entered nor counted yet. */
interface WaitingEntry extends RoutingEntry {
  /** Its pass was run and taken back: only `distances` remembers it. */
  isTakenBack: boolean;
}

/** Tokens that are being read, so that their routing can be labelled. */
export interface ReadTokens {
  /** Position of the first one in the cache. */
  readonly firstPosition: number;
  readonly tokens: readonly number[];
  readonly labelAt: (position: number) => TokenLabel;
}

/**
 * Which experts the tokens of one conversation went to. There is one entry for each token of the conversation: that of the
 * last forward pass that read it. What a pass taught that was taken back (a token that is computed again, a draft that was
 * rejected, a question that was changed) goes; a thought that only left the cache stays, marked as evicted.
 *
 * The entry at position p belongs to the pass that read the token at p, not to the one that chose it.
 */
export class RoutingRecord {
  readonly shape: RoutingShape;
  readonly #ring: RoutingRing;
  readonly #counts: ExpertCounts;
  readonly #distances: ReuseDistances;
  /** Tokens that are in neither of them yet, oldest first. */
  readonly #waiting: WaitingEntry[] = [];
  /** Theirs: `[MOST_WAITING, layers * topK]` */
  readonly #choices: { readonly experts: Int32Array; readonly weights: Float32Array };

  constructor(shape: RoutingShape, { maxBytes }: { readonly maxBytes: number }) {
    this.shape = shape;
    const choices = shape.layers.length * shape.topK;
    this.#ring = new RoutingRing(choices, maxBytes);
    this.#choices = {
      experts: new Int32Array(MOST_WAITING * choices),
      weights: new Float32Array(MOST_WAITING * choices),
    };
    this.#counts = new ExpertCounts(shape);
    this.#distances = new ReuseDistances(shape);
  }

  get ring(): RoutingRing {
    this.enter();
    return this.#ring;
  }

  get counts(): ExpertCounts {
    this.enter();
    return this.#counts;
  }

  get distances(): ReuseDistances {
    this.enter();
    return this.#distances;
  }

  /** @throws GlassboxError `internal` when the routing is of other tokens or of another model */
  add(routing: RoutedTokens, read: ReadTokens): void {
    const { layers, topK } = this.shape;
    const first = routing.firstPosition - read.firstPosition;
    if (routing.layers !== layers.length || routing.topK !== topK) {
      throw new GlassboxError('internal', 'The routing of another model was recorded.');
    }
    if (first < 0 || first + routing.tokens > read.tokens.length) {
      throw new GlassboxError('internal', 'The routing of tokens was recorded that were not read.');
    }
    const choices = layers.length * topK;
    for (let done = 0; done < routing.tokens;) {
      const copied = Math.min(routing.tokens - done, MOST_WAITING - this.#waiting.length);
      const to = this.#waiting.length * choices;
      // A lone token is all there is: no views are made for it.
      const [from, end] = [done * choices, (done + copied) * choices];
      const isAll = copied === routing.tokens;
      this.#choices.experts.set(isAll ? routing.experts : routing.experts.subarray(from, end), to);
      this.#choices.weights.set(isAll ? routing.weights : routing.weights.subarray(from, end), to);
      for (; done * choices < end; done++) {
        const position = routing.firstPosition + done;
        this.#waiting.push({
          position,
          token: read.tokens[first + done] ?? 0,
          label: read.labelAt(position),
          isTakenBack: false,
        });
      }
      if (this.#waiting.length === MOST_WAITING) this.enter();
    }
  }

  /** Whether so many tokens wait that it pays to `enter` them. */
  get isWorthEntering(): boolean {
    return this.#waiting.length >= ENTERED_AT_ONCE;
  }

  /** Enters and counts the tokens that wait. */
  enter(): void {
    const choices = this.shape.layers.length * this.shape.topK;
    const { experts } = this.#choices;
    let first = 0;
    for (const entry of this.#waiting) {
      const { phase } = entry.label;
      if (!entry.isTakenBack) {
        this.#ring.push(entry, this.#choices, first);
        this.#counts.add(phase, experts, first);
      }
      this.#distances.add(phase, experts, first);
      first += choices;
    }
    this.#waiting.length = 0;
  }

  /** The cache forgot what is behind the first `length` tokens, and so does the record. */
  truncate(length: number): void {
    if (this.#takeBackWaiting(length)) return;
    this.#remove((index) => this.#isCachedBehind(index, length), this.#firstBehind(length));
  }

  /** As `truncate`, but the routing of thoughts stays. */
  evict(length: number): void {
    const { ring } = this;
    this.#remove((index) => {
      if (!this.#isCachedBehind(index, length)) return false;
      if (ring.phase(index) !== 'thought') return true;
      ring.evict(index);
      return false;
    }, this.#firstBehind(length));
  }

  /** Forgets the evicted thoughts of questions that are no longer part of the conversation. */
  keepThoughtsOf(isPart: (question: number) => boolean): void {
    this.#remove((index) => this.ring.isEvicted(index) && !isPart(this.ring.question(index)));
  }

  /**
   * Guesses that were wrong still wait when they are taken back, and are better not entered at all: the next pass waits for this.
   * @returns whether nothing else is behind `length`
   */
  #takeBackWaiting(length: number): boolean {
    const [oldest] = this.#waiting;
    if (!oldest || oldest.position >= length) return false;
    // Where they would have made an older entry go, they must.
    if (this.#ring.length + this.#waiting.length > this.#ring.maxEntries) return false;
    for (const entry of this.#waiting) if (entry.position >= length) entry.isTakenBack = true;
    return true;
  }

  #isCachedBehind(index: number, length: number): boolean {
    return !this.ring.isEvicted(index) && this.ring.position(index) >= length;
  }

  /** No entry before this one is in the cache behind `length`: positions in the cache ascend. */
  #firstBehind(length: number): number {
    const { ring } = this;
    let first = ring.length;
    while (first > 0 && (ring.isEvicted(first - 1) || ring.position(first - 1) >= length)) first--;
    return first;
  }

  #remove(isRemoved: (index: number) => boolean, from = 0): void {
    const { ring, counts } = this;
    ring.filter(from, (index) => {
      if (!isRemoved(index)) return true;
      counts.remove(ring.phase(index), ring.experts(index));
      return false;
    });
  }
}
