/**
 * The best of a token's logits, and sums over all of them: what most choices need, where bringing back a whole vocabulary costs
 * more than finding these.
 */
export interface BestLogits {
  /** Best first, of equal logits the lower id first: at most as many as were asked for. */
  readonly ids: Uint32Array;
  /** Of `ids`. */
  readonly logits: Float32Array;
  /** Sum over the vocabulary of exp(logit - best). In single precision: `massError` bounds how far it is off. */
  readonly mass: number;
  /** Sum over the vocabulary of exp(logit - best) * (best - logit), to the same. */
  readonly distance: number;
  /** Tokens of the vocabulary. */
  readonly vocabularySize: number;
}

/** A token's logits, `[vocabulary]`, or the best of them. */
export type Logits = Float32Array | BestLogits;

/** Which logits a choice can do with. */
export interface BestNeed {
  /** How many of the best. */
  readonly count: number;
  /** Whether these are enough; else all are brought back. */
  readonly suffices: (best: BestLogits) => boolean;
}

/** Of `logits`, or NaN where the token is not among the best. */
export function logitOf({ ids, logits }: BestLogits, token: number): number {
  return logits[ids.indexOf(token)] ?? NaN;
}

/**
 * How far `mass` may be off, as a share of it. A term exp(-x) is right to 3 + 2 x units in the last place (WGSL, 15.7.4), so to
 * twice as many roundings of 2^-24; the terms' mean x is `distance / mass`. It is taken once within a slice and once as a part of all.
 * Each addition of positive numbers adds a rounding. With slices of 2048 and 128 invocations at most, a vocabulary of a million has
 * 276 in a row: 16 or more of an invocation, 127 between them, and as many again between slices. 512 covers all of our sizes.
 */
export function massError({ mass, distance }: BestLogits): number {
  return (4 * (3 + (2 * distance) / mass) + 512) * 2 ** -24;
}
