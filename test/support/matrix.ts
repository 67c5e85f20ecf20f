/** The little linear algebra of the reference model, in double precision and the plain way. */

/** `[rows, columns]`, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export function product(matrix: Matrix, x: Float64Array): Float64Array {
  const result = new Float64Array(matrix.rows);
  for (let r = 0; r < matrix.rows; r++) {
    let sum = 0;
    for (let c = 0; c < matrix.columns; c++)
      sum += (matrix.values[r * matrix.columns + c] ?? 0) * (x[c] ?? 0);
    result[r] = sum;
  }
  return result;
}

/** Rows `first` to `first + count`, without a copy. */
export function rowsOf({ columns, values }: Matrix, first: number, count: number): Matrix {
  return { rows: count, columns, values: values.subarray(first * columns, (first + count) * columns) };
}

export function row({ columns, values }: Matrix, index: number): Float64Array {
  return Float64Array.from(values.subarray(index * columns, (index + 1) * columns));
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

/** Adds `b`, `factor` times, to `a` in place. */
export function add(a: Float64Array, b: Float64Array, factor = 1): Float64Array {
  a.forEach((value, i) => (a[i] = value + factor * (b[i] ?? 0)));
  return a;
}

export function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const exponentials = scores.map((score) => Math.exp(score - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((exponential) => exponential / sum);
}

/** SwiGLU: down(silu(gate(x)) * up(x)). */
export function swiglu(gate: Matrix, up: Matrix, down: Matrix, x: Float64Array): Float64Array {
  const ups = product(up, x);
  const activated = product(gate, x).map((g, i) => (g / (1 + Math.exp(-g))) * (ups[i] ?? 0));
  return product(down, activated);
}
