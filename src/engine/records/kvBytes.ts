import type { KvLayer } from '../backends/backend.ts';

/** What a token takes in the caches of some layers. */
export function storedBytesPerToken(layers: readonly KvLayer[]): number {
  return sum(layers.flatMap(({ parts }) => parts.map(({ bytesPerToken }) => bytesPerToken)));
}

/** What keys and values of all heads would take. */
export function plainBytesPerToken(layers: readonly KvLayer[]): number {
  return sum(layers.map((layer) => layer.plainBytesPerToken));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
