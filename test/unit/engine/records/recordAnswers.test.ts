import { describe, expect, it } from 'vitest';
import { expertsResult, routingResult } from '../../../../src/engine/records/recordAnswers.ts';
import { RoutingRecord } from '../../../../src/engine/records/routingRecord.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import type { Phase } from '../../../../src/protocol/records.ts';
import { unpackFloat32, unpackRouting, unpackUint32 } from '../../../../src/protocol/unpackRouting.ts';
import { Random } from '../../../support/random.ts';
import { randomRouting, routed, type TokenRouting } from './routings.ts';

const SHAPE: RoutingShape = { layers: [1, 3], experts: 5, topK: 2 };

function recordOf(
  shape: RoutingShape,
  phases: readonly Phase[],
): { readonly record: RoutingRecord; readonly routings: readonly TokenRouting[] } {
  const random = new Random(5);
  const record = new RoutingRecord(shape, { maxBytes: 1 << 26 });
  const routings = phases.map(() => randomRouting(shape, random));
  record.add(routed(shape, 0, routings), {
    firstPosition: 0,
    tokens: phases.map((_, i) => 100 + i),
    labelAt: (position) => ({ phase: phases[position] ?? 'prompt', question: 0 }),
  });
  return { record, routings };
}

describe('an answer about routing', () => {
  const { record, routings } = recordOf(SHAPE, ['prompt', 'prompt', 'thought', 'answer']);

  it('gives after unpacking what was recorded', () => {
    const result = routingResult(record, {}, ['q0']);
    expect(result).toMatchObject({ layers: [1, 3], experts: 5, topK: 2, dropped: 0, endPosition: 4 });
    const routing = unpackRouting(result);
    expect([...routing.positions]).toEqual([0, 1, 2, 3]);
    expect([...routing.tokens]).toEqual([100, 101, 102, 103]);
    expect(routing.phases).toEqual(['prompt', 'prompt', 'thought', 'answer']);
    expect(routing.evicted).toEqual([false, false, false, false]);
    expect([...routing.chosen]).toEqual(routings.flatMap(({ experts }) => [...experts]));
    expect([...routing.weights]).toEqual(routings.flatMap(({ weights }) => [...weights]));
  });

  it('is limited to the positions that were asked for', () => {
    const routing = unpackRouting(routingResult(record, { firstPosition: 1, endPosition: 3 }, ['q0']));
    expect([...routing.positions]).toEqual([1, 2]);
    expect([...routing.chosen.subarray(0, 4)]).toEqual([...(routings[1]?.experts ?? [])]);
    const none = routingResult(record, { firstPosition: 9 }, ['q0']);
    expect(none).toMatchObject({ entries: 0, endPosition: 9 });
  });

  it('comes in pages when it is large, and the pages together are all', () => {
    const { record: large, routings: all } = recordOf(SHAPE, new Array<Phase>(50).fill('prompt'));
    const pages: number[][] = [];
    const chosen: number[] = [];
    for (let firstPosition = 0; firstPosition < 50;) {
      // Room for 20 entries of two layers with two experts each.
      const page = routingResult(large, { firstPosition }, ['q0'], 20 * 4 * 4);
      const routing = unpackRouting(page);
      pages.push([...routing.positions]);
      chosen.push(...routing.chosen);
      firstPosition = page.endPosition;
    }
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 10]);
    expect(pages.flat()).toEqual(Array.from({ length: 50 }, (_, position) => position));
    expect(chosen).toEqual(all.flatMap(({ experts }) => [...experts]));
  });

  it('holds one position at least, with the thoughts that were there', () => {
    const { record: thought } = recordOf(SHAPE, ['thought', 'thought']);
    thought.evict(0);
    const random = new Random(6);
    thought.add(routed(SHAPE, 0, [randomRouting(SHAPE, random), randomRouting(SHAPE, random)]), {
      firstPosition: 0,
      tokens: [7, 8],
      labelAt: () => ({ phase: 'answer', question: 0 }),
    });
    const page = routingResult(thought, {}, ['q0'], 1);
    expect(unpackRouting(page)).toMatchObject({
      entries: 2,
      phases: ['thought', 'answer'],
      evicted: [true, false],
    });
    expect(page.endPosition).toBe(1);
  });

  it('is refused when an array is not as long as it says', () => {
    const result = routingResult(record, {}, ['q0']);
    expect(() => unpackRouting({ ...result, entries: 5 })).toThrow(RangeError);
    expect(() =>
      unpackRouting({ ...result, packed: { ...result.packed, phases: btoa('\u0000\u0001\u0002\u0007') } }),
    ).toThrow(/phase 7/);
  });
});

describe('an answer about experts', () => {
  const { record, routings } = recordOf(SHAPE, ['prompt', 'answer', 'answer']);

  it('counts by phase, layer and expert, and says how even the load is', () => {
    const result = expertsResult(record, {});
    expect(result.tokens).toEqual({ prompt: 1, thought: 0, answer: 2 });
    const counts = unpackUint32(result.counts);
    const expected = new Uint32Array(3 * 2 * 5);
    routings.forEach(({ experts }, token) => {
      const phase = token === 0 ? 0 : 2;
      experts.forEach((expert, i) => {
        const at = (phase * 2 + (i < 2 ? 0 : 1)) * 5 + expert;
        expected[at] = (expected[at] ?? 0) + 1;
      });
    });
    expect(counts).toEqual(expected);
    expect(result.load.thought).toEqual([null, null]);
    expect(result.load.prompt[0]).toMatchObject({ entropyBits: 1, dead: { length: 3 } });
    expect(result.hitRates).toBeUndefined();
    expect(result.coactivation).toBeUndefined();
  });

  it('adds hit rates and co-activation when they are asked for', () => {
    const result = expertsResult(record, {
      hitRates: true,
      coactivation: { layers: [3, 1], phase: 'answer' },
    });
    const rates = unpackFloat32(result.hitRates?.all ?? '');
    expect(rates).toHaveLength(2 * 6);
    expect(rates[0]).toBe(0);
    // Each pair of one of two experts here and there, for two tokens.
    const together = unpackUint32(result.coactivation ?? '');
    expect(together).toHaveLength(25);
    expect(together.reduce((sum, count) => sum + count, 0)).toBe(2 * 2 * 2);
  });

  it('refuses a layer without experts by name', () => {
    expect(() => expertsResult(record, { coactivation: { layers: [0, 1] } })).toThrow(
      /those with experts are 1, 3/,
    );
  });
});
