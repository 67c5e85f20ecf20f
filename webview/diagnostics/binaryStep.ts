const MOST_MARKS = 6;

/** How far the marks of an axis up to so many bytes are apart: a power of two, so that they are round in KiB and MiB. */
export function binaryStep(bytes: number): number {
  return 2 ** Math.max(0, Math.ceil(Math.log2(bytes / MOST_MARKS)));
}
