/**
 * What rendering may cost. A chat template comes from a model file and is hostile until it has proved otherwise;
 * the defaults are far above what any published template needs.
 */
export interface TemplateLimits {
  /** Milliseconds for parsing and rendering together. */
  readonly timeMs: number;
  /** Evaluated nodes of the template: loops count once for each iteration. */
  readonly steps: number;
  /** Nodes being evaluated inside one another. */
  readonly depth: number;
  /** Characters of the template itself. */
  readonly sourceCharacters: number;
  /** Characters of any one value, written out in full; the rendered prompt is one. */
  readonly valueCharacters: number;
  /** Characters of all values that were made, taken together: bounds the memory they can hold. */
  readonly producedCharacters: number;
  /** Elements of a `range`, or of a string that is split. */
  readonly elements: number;
}

/** Limits for a conversation whose messages have `contentCharacters` in all. */
export function templateLimits(contentCharacters: number): TemplateLimits {
  const room = contentCharacters + 1_000_000;
  return {
    timeMs: 5_000,
    steps: 2_000_000,
    depth: 500,
    sourceCharacters: 500_000,
    valueCharacters: 4 * room,
    producedCharacters: 64 * room,
    elements: 100_000,
  };
}
