/** Experts of a layer and the slots on the GPU that they share. */
export interface CachedLayer {
  readonly experts: number;
  readonly slots: number;
  /** Of one slot. */
  readonly slotBytes: number;
}

/** An expert that is to be written to a slot, in place of whichever lies there. */
export interface ExpertUpload {
  /** Of the layers with experts, in their order. */
  readonly layer: number;
  readonly expert: number;
  readonly slot: number;
}

/** What a use counts for after as many tokens is half of what it was: about a paragraph. */
const HALF_LIFE_TOKENS = 128;
/** How much more an expert must have been used than the one it replaces: near equals would take turns for nothing. */
const LEAST_GAIN = 1.5;

/**
 * Which experts lie in slots, by how often tokens chose each of late. Nothing that a model computes depends on it: an
 * expert gives the same bits wherever it is.
 */
export class ExpertCache {
  readonly #layers: readonly CachedLayer[];
  /** `[layers][experts]`: uses, each with what it still counts for. */
  readonly #uses: readonly Float64Array[];
  /** `[layers][slots]`: the expert that lies there; -1 for none. */
  readonly #residents: readonly Int32Array[];
  /** `[layers][experts]`: where it lies; -1 for nowhere. */
  readonly #slots: readonly Int32Array[];

  constructor(layers: readonly CachedLayer[]) {
    this.#layers = layers;
    this.#uses = layers.map(({ experts }) => new Float64Array(experts));
    this.#slots = layers.map(({ experts }) => new Int32Array(experts).fill(-1));
    this.#residents = layers.map(({ slots }) => new Int32Array(slots).fill(-1));
  }

  /** Undefined where the expert is not on the GPU. */
  slotOf(layer: number, expert: number): number | undefined {
    const slot = this.#slots[layer]?.[expert] ?? -1;
    return slot < 0 ? undefined : slot;
  }

  /** Experts on the GPU, by slot, empty ones left out. */
  residents(layer: number): readonly number[] {
    return [...(this.#residents[layer] ?? [])].filter((expert) => expert >= 0);
  }

  /** A token chose an expert. */
  use(layer: number, expert: number): void {
    const uses = this.#uses[layer];
    if (uses !== undefined) uses[expert] = (uses[expert] ?? 0) + 1;
  }

  /** A pass of so many tokens is over: what was used before it counts for less. */
  age(tokens: number): void {
    const factor = 0.5 ** (tokens / HALF_LIFE_TOKENS);
    for (const uses of this.#uses) uses.forEach((count, expert) => (uses[expert] = count * factor));
  }

  /**
   * The replacements that gain most, of all layers, while they take no more than `bytes` together. They count as done: whoever asks
   * writes the slots before anything reads them.
   */
  replace(bytes: number): ExpertUpload[] {
    const uploads: ExpertUpload[] = [];
    let left = bytes;
    for (;;) {
      let best: (ExpertUpload & { readonly gain: number }) | undefined;
      for (let layer = 0; layer < this.#layers.length; layer++) {
        if ((this.#layers[layer]?.slotBytes ?? Infinity) > left) continue;
        const found = this.#bestOf(layer);
        if (found !== undefined && found.gain > (best?.gain ?? 0)) best = found;
      }
      if (best === undefined) return uploads;
      const { layer, expert, slot } = best;
      this.#put(layer, expert, slot);
      uploads.push({ layer, expert, slot });
      left -= this.#layers[layer]?.slotBytes ?? 0;
    }
  }

  #bestOf(layer: number): (ExpertUpload & { readonly gain: number }) | undefined {
    const [uses, slots, residents] = [this.#uses[layer], this.#slots[layer], this.#residents[layer]];
    if (uses === undefined || slots === undefined || residents === undefined || residents.length === 0)
      return undefined;
    let expert = -1;
    uses.forEach((count, candidate) => {
      if ((slots[candidate] ?? -1) < 0 && count > 0 && count > (uses[expert] ?? 0)) expert = candidate;
    });
    if (expert < 0) return undefined;
    let [slot, least] = [0, Infinity];
    residents.forEach((resident, at) => {
      const count = resident < 0 ? -1 : (uses[resident] ?? 0);
      if (count < least) [slot, least] = [at, count];
    });
    const count = uses[expert] ?? 0;
    if (least >= 0 && count <= least * LEAST_GAIN) return undefined;
    return { layer, expert, slot, gain: count - Math.max(0, least) };
  }

  #put(layer: number, expert: number, slot: number): void {
    const [slots, residents] = [this.#slots[layer], this.#residents[layer]];
    if (slots === undefined || residents === undefined) return;
    const before = residents[slot] ?? -1;
    if (before >= 0) slots[before] = -1;
    residents[slot] = expert;
    slots[expert] = slot;
  }
}
