import type { RoutedTokens } from '../backends/backend.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { ExpertCounts } from './expertCounts.ts';
import { ReuseDistances } from './reuseDistances.ts';
import { RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';
import type { TokenLabel } from './tokenLabel.ts';

/**
 * Between two forward passes the weights have pushed everything else out of the caches, so code that runs once a token costs
 * many times what it costs in a loop. A token is only copied; many are counted together, or when somebody asks.
 */
const COUNTED_AT_ONCE = 64;

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
  readonly ring: RoutingRing;
  readonly #counts: ExpertCounts;
  readonly #distances: ReuseDistances;
  /** How many of the newest entries are in the ring, but not in the counts and distances yet. */
  #uncounted = 0;

  constructor(shape: RoutingShape, { maxBytes }: { readonly maxBytes: number }) {
    this.shape = shape;
    this.ring = new RoutingRing(shape.layers.length * shape.topK, maxBytes);
    this.#counts = new ExpertCounts(shape);
    this.#distances = new ReuseDistances(shape);
  }

  get counts(): ExpertCounts {
    this.#count();
    return this.#counts;
  }

  get distances(): ReuseDistances {
    this.#count();
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
    const batch = Math.min(COUNTED_AT_ONCE, this.ring.maxEntries);
    for (let i = 0; i < routing.tokens; i++) {
      const position = routing.firstPosition + i;
      const token = read.tokens[first + i] ?? 0;
      this.ring.push({ position, token, label: read.labelAt(position) }, routing, i * choices);
      if (++this.#uncounted === batch) this.#count();
    }
  }

  /** The cache forgot what is behind the first `length` tokens, and so does the record. */
  truncate(length: number): void {
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
    // `counts` counts what is to be taken back before it is.
    ring.filter(from, (index) => {
      if (!isRemoved(index)) return true;
      counts.remove(ring.phase(index), ring.experts(index));
      return false;
    });
  }

  #count(): void {
    const { ring } = this;
    for (let index = ring.length - this.#uncounted; index < ring.length; index++) {
      const experts = ring.experts(index);
      this.#counts.add(ring.phase(index), experts);
      this.#distances.add(ring.phase(index), experts);
    }
    this.#uncounted = 0;
  }
}
