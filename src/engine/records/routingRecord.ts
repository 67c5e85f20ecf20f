import type { RoutedTokens } from '../backends/backend.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import { ExpertCounts } from './expertCounts.ts';
import { ReuseDistances } from './reuseDistances.ts';
import { type RoutingEntry, RoutingRing } from './routingRing.ts';
import type { RoutingShape } from './routingShape.ts';
import type { TokenLabel } from './tokenLabel.ts';

/**
 * Between two forward passes the weights have pushed everything else out of the caches, so code that runs once a token costs
 * many times what it costs in a loop. A token is only copied; many are entered and counted together, or when somebody asks.
 */
const ENTERED_AT_ONCE = 64;

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
  readonly #waiting: RoutingEntry[] = [];
  /** Theirs: `[ENTERED_AT_ONCE, layers * topK]` */
  readonly #choices: { readonly experts: Int32Array; readonly weights: Float32Array };

  constructor(shape: RoutingShape, { maxBytes }: { readonly maxBytes: number }) {
    this.shape = shape;
    const choices = shape.layers.length * shape.topK;
    this.#ring = new RoutingRing(choices, maxBytes);
    this.#choices = {
      experts: new Int32Array(ENTERED_AT_ONCE * choices),
      weights: new Float32Array(ENTERED_AT_ONCE * choices),
    };
    this.#counts = new ExpertCounts(shape);
    this.#distances = new ReuseDistances(shape);
  }

  get ring(): RoutingRing {
    this.#enter();
    return this.#ring;
  }

  get counts(): ExpertCounts {
    this.#enter();
    return this.#counts;
  }

  get distances(): ReuseDistances {
    this.#enter();
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
    const { experts, weights } = routing;
    for (let i = 0; i < routing.tokens; i++) {
      const position = routing.firstPosition + i;
      const to = this.#waiting.length * choices;
      const [from, end] = [i * choices, (i + 1) * choices];
      this.#choices.experts.set(routing.tokens === 1 ? experts : experts.subarray(from, end), to);
      this.#choices.weights.set(routing.tokens === 1 ? weights : weights.subarray(from, end), to);
      this.#waiting.push({ position, token: read.tokens[first + i] ?? 0, label: read.labelAt(position) });
      if (this.#waiting.length === ENTERED_AT_ONCE) this.#enter();
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
    ring.filter(from, (index) => {
      if (!isRemoved(index)) return true;
      counts.remove(ring.phase(index), ring.experts(index));
      return false;
    });
  }

  #enter(): void {
    const ring = this.#ring;
    for (const [index, entry] of this.#waiting.entries()) {
      ring.push(entry, this.#choices, index * this.shape.layers.length * this.shape.topK);
      const experts = ring.experts(ring.length - 1);
      this.#counts.add(entry.label.phase, experts);
      this.#distances.add(entry.label.phase, experts);
    }
    this.#waiting.length = 0;
  }
}
