import type { OutlineStep } from '../../src/reasoning/outline/outline.ts';
import type { OpenedTrace } from './openedTrace.ts';

/** Indices of steps that stand beside each other; one of the two is missing where a step has no partner. */
export type StepPair = readonly [left: number | undefined, right: number | undefined];

/** Beyond this, steps are paired by their place: the table of costs grows with the product. */
const MAX_STEPS = 1500;
const GAP = 0.6;

/** The steps of two thoughts in order, those that say the most alike beside each other. */
export function stepPairs(one: OpenedTrace, other: OpenedTrace): readonly StepPair[] {
  const left = one.outline.steps;
  const right = other.outline.steps;
  if (left.length > MAX_STEPS || right.length > MAX_STEPS) return byPlace(left.length, right.length);
  const leftWords = left.map(wordsOf);
  const rightWords = right.map(wordsOf);
  const cost = (i: number, j: number): number =>
    (left[i]?.kind === right[j]?.kind ? 0 : 0.5) +
    distance(leftWords[i] ?? new Set(), rightWords[j] ?? new Set());
  // [left + 1, right + 1]: the least cost of what is behind.
  const width = right.length + 1;
  const least = new Float64Array((left.length + 1) * width);
  const at = (i: number, j: number): number => least[i * width + j] ?? 0;
  for (let i = left.length; i >= 0; i--) {
    for (let j = right.length; j >= 0; j--) {
      if (i === left.length || j === right.length) {
        least[i * width + j] = GAP * (left.length - i + right.length - j);
        continue;
      }
      least[i * width + j] = Math.min(cost(i, j) + at(i + 1, j + 1), GAP + at(i + 1, j), GAP + at(i, j + 1));
    }
  }
  const pairs: StepPair[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const best = at(i, j);
    if (best === cost(i, j) + at(i + 1, j + 1)) pairs.push([i++, j++]);
    else if (best === GAP + at(i + 1, j)) pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  while (i < left.length) pairs.push([i++, undefined]);
  while (j < right.length) pairs.push([undefined, j++]);
  return pairs;
}

function byPlace(left: number, right: number): StepPair[] {
  return Array.from({ length: Math.max(left, right) }, (_, step): StepPair => [
    step < left ? step : undefined,
    step < right ? step : undefined,
  ]);
}

function wordsOf({ title }: OutlineStep): ReadonlySet<string> {
  return new Set(title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

/** 0 for the same words, 1 for none in common. */
function distance(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  if (one.size === 0 && other.size === 0) return 0;
  let common = 0;
  for (const word of one) if (other.has(word)) common++;
  return 1 - common / (one.size + other.size - common);
}
