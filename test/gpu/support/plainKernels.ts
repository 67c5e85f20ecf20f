/** The plain twins of what several kernels have folded in, in double precision. */

/** RMSNorm (arXiv 1910.07467). */
export function plainRmsNorm(x: ArrayLike<number>, norm: ArrayLike<number>, epsilon: number): Float64Array {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += (x[i] ?? 0) ** 2;
  const factor = 1 / Math.sqrt(squares / x.length + epsilon);
  return Float64Array.from({ length: x.length }, (_, i) => (x[i] ?? 0) * factor * (norm[i] ?? 0));
}

export function plainSilu(x: number): number {
  return x / (1 + Math.exp(-x));
}
