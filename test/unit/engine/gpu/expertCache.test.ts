import { expect, it } from 'vitest';
import { ExpertCache } from '../../../../src/engine/backends/gpu/expertCache.ts';

const LAYER = { experts: 8, slots: 2, slotBytes: 100 };

function use(cache: ExpertCache, layer: number, experts: readonly number[]): void {
  for (const expert of experts) cache.use(layer, expert);
}

it('Experts that were used most are the first in slots', () => {
  const cache = new ExpertCache([LAYER]);
  expect(cache.replace(1000)).toEqual([]);
  use(cache, 0, [3, 5, 5, 6, 6, 6]);
  expect(cache.replace(1000)).toEqual([
    { layer: 0, expert: 6, slot: 0 },
    { layer: 0, expert: 5, slot: 1 },
  ]);
  expect([cache.slotOf(0, 6), cache.slotOf(0, 5), cache.slotOf(0, 3)]).toEqual([0, 1, undefined]);
  expect(cache.residents(0)).toEqual([6, 5]);
});

it('Uploads take no more than the bytes that are given, and go where they gain most', () => {
  const cache = new ExpertCache([LAYER, { ...LAYER, slotBytes: 300 }]);
  use(cache, 0, [1, 2]);
  use(cache, 1, [7, 7, 7]);
  expect(cache.replace(99)).toEqual([]);
  expect(cache.replace(250).map(({ layer }) => layer)).toEqual([0, 0]);
  expect(cache.replace(300)).toEqual([{ layer: 1, expert: 7, slot: 0 }]);
});

it('An expert gives way to one that is used clearly more, not to its equal', () => {
  const cache = new ExpertCache([{ ...LAYER, slots: 1 }]);
  use(cache, 0, [1, 1]);
  cache.replace(100);
  use(cache, 0, [2, 2, 2]);
  expect(cache.replace(100)).toEqual([]);
  use(cache, 0, [2]);
  expect(cache.replace(100)).toEqual([{ layer: 0, expert: 2, slot: 0 }]);
  expect(cache.slotOf(0, 1)).toBeUndefined();
});

it('What was used long ago counts for little', () => {
  const cache = new ExpertCache([{ ...LAYER, slots: 1 }]);
  use(cache, 0, Array<number>(100).fill(1));
  cache.replace(100);
  cache.age(2000);
  use(cache, 0, [4, 4]);
  expect(cache.replace(100)).toEqual([{ layer: 0, expert: 4, slot: 0 }]);
});

it('A layer without slots keeps none', () => {
  const cache = new ExpertCache([{ ...LAYER, slots: 0 }]);
  use(cache, 0, [1, 1, 1]);
  expect(cache.replace(1000)).toEqual([]);
  expect(cache.residents(0)).toEqual([]);
});
