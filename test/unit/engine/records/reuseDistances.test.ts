import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hitRates, ReuseDistances } from '../../../../src/engine/records/reuseDistances.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import { PHASES, type Phase } from '../../../../src/protocol/records.ts';
import { Random } from '../../../support/random.ts';
import { randomRouting } from './routings.ts';

const SHAPE: RoutingShape = { layers: [1, 2, 3], experts: 7, topK: 2 };

/** How many of a layer's choices find their expert in a cache of so many that drops the one used longest ago. */
function hitsOfCache(
  choices: readonly (readonly [Phase, number])[],
  size: number,
  phases: readonly Phase[],
): number {
  let cache: number[] = [];
  let hits = 0;
  for (const [phase, expert] of choices) {
    if (cache.includes(expert) && phases.includes(phase)) hits++;
    cache = [expert, ...cache.filter((each) => each !== expert)].slice(0, size);
  }
  return hits;
}

describe('reuse distances', () => {
  it('give the hit rate of a cache of every size, as the cache itself would have it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(40), fc.subarray([...PHASES]), (seed, tokens, phases) => {
        const random = new Random(seed);
        const distances = new ReuseDistances(SHAPE);
        const choices: [Phase, number][][] = SHAPE.layers.map(() => []);
        for (let token = 0; token < tokens; token++) {
          const phase = random.pick(PHASES);
          const { experts } = randomRouting(SHAPE, random);
          distances.add(phase, experts);
          experts.forEach((expert, i) => choices[Math.floor(i / SHAPE.topK)]?.push([phase, expert]));
        }
        choices.forEach((ofLayer, layer) => {
          const rates = hitRates(distances.histogram(layer, phases));
          const counted = ofLayer.filter(([phase]) => phases.includes(phase)).length;
          rates.forEach((rate, size) => {
            const hits = hitsOfCache(ofLayer, size, phases);
            expect(rate).toBe(Math.fround(counted === 0 ? 0 : hits / counted));
          });
        });
      }),
    );
  });

  it('count the experts used since: the same again is at 0, and a first use has none', () => {
    const distances = new ReuseDistances({ layers: [0], experts: 4, topK: 1 });
    for (const expert of [2, 2, 1, 3, 2]) distances.add('answer', Uint16Array.of(expert));
    expect([...distances.histogram(0)]).toEqual([1, 0, 1, 0, 3]);
    expect([...hitRates(distances.histogram(0))]).toEqual([0, 0.2, 0.2, 0.4, 0.4].map(Math.fround));
  });
});
