/** Deterministic random numbers for models and mutations made from a seed. Not for secrets. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // xorshift stands still at 0.
    this.state = (Math.imul(seed, 0x9e3779b1) ^ 0x6a09e667) | 0 || 1;
  }

  /** 32 random bits (xorshift32: Marsaglia, "Xorshift RNGs", 2003). */
  uint32(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.state = state;
    return state >>> 0;
  }

  /** From 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * end);
  }

  pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  /** Normally distributed (Box and Muller). */
  normals(length: number, deviation: number, mean = 0): Float32Array {
    const values = new Float32Array(length);
    for (let i = 0; i < length; i += 2) {
      const radius = deviation * Math.sqrt(-2 * Math.log((this.uint32() + 1) / 0x1_0000_0001));
      const angle = (2 * Math.PI * this.uint32()) / 0x1_0000_0000;
      values[i] = mean + radius * Math.cos(angle);
      // Beyond an odd end, where a typed array takes nothing.
      values[i + 1] = mean + radius * Math.sin(angle);
    }
    return values;
  }

  /** Fills whole 32-bit words of `bytes`, a 4-byte aligned array, and leaves up to 3 last bytes. */
  fill(bytes: Uint8Array): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
    let state = this.state;
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    this.state = state;
  }
}
