import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { ContextOffer } from './contextSource.ts';

const keptCounts = 200;

/** How many tokens offers take, counted by the engine's tokenizer and remembered per version and model. */
export class ContextTokens {
  readonly #counts = new Map<string, number>();

  /** Undefined until `count` has run for this version of the offer. */
  of(offer: ContextOffer, modelId: number): number | undefined {
    return this.#counts.get(keyOf(offer, modelId));
  }

  /** Counts the offers that are not counted yet. Returns whether any was. */
  async count(offers: readonly ContextOffer[], modelId: number, engine: EngineHost): Promise<boolean> {
    const missing = offers.filter((offer) => this.of(offer, modelId) === undefined);
    if (missing.length === 0) return false;
    const texts = await Promise.all(missing.map((offer) => offer.content()));
    const { texts: counts } = await engine.count({ texts });
    missing.forEach((offer, index) => {
      const count = counts[index];
      if (count !== undefined) this.#counts.set(keyOf(offer, modelId), count);
    });
    for (const key of this.#counts.keys()) {
      if (this.#counts.size <= keptCounts) break;
      this.#counts.delete(key);
    }
    return true;
  }
}

function keyOf({ id, version }: ContextOffer, modelId: number): string {
  return `${modelId}\u0000${id}\u0000${version}`;
}
