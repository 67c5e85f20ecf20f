import type { TensorData } from './runtime.ts';

/** @throws RangeError when a tensor of `shape` has another number of elements than `data` */
export function checkShape(data: TensorData, shape: readonly number[]): void {
  const elements = shape.reduce((product, dimension) => product * dimension, 1);
  if (elements === data.length) return;
  throw new RangeError(`A tensor of shape [${shape.join(', ')}] cannot have ${data.length} elements.`);
}
