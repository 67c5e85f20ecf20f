import { describe, expect, it } from 'vitest';
import { expertTokens } from '../../../../src/engine/records/expertTokens.ts';
import { questionCounts } from '../../../../src/engine/records/questionCounts.ts';
import { RoutingRecord } from '../../../../src/engine/records/routingRecord.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import { Random } from '../../../support/random.ts';
import { randomRouting, routed } from './routings.ts';

const SHAPE: RoutingShape = { layers: [1, 3], experts: 4, topK: 2 };
const COUNT = 40;

/** The first half is the first question's prompt, the second half the second's answer; token ids are 100 + position. */
const random = new Random(3);
const routings = Array.from({ length: COUNT }, () => randomRouting(SHAPE, random));
const record = new RoutingRecord(SHAPE, { maxBytes: 1 << 20 });
record.add(routed(SHAPE, 0, routings), {
  firstPosition: 0,
  tokens: routings.map((_, position) => 100 + position),
  labelAt: (position) =>
    position < COUNT / 2 ? { phase: 'prompt', question: 0 } : { phase: 'answer', question: 1 },
});

describe('the tokens of an expert', () => {
  it('are those that chose it, the latest first, with rank, weight and neighbours', () => {
    const { total, tokens } = expertTokens(record.ring, SHAPE, { layer: 1, expert: 2, limit: 100 });
    const expected = routings.flatMap(({ experts }, position) =>
      experts.subarray(2, 4).includes(2) ? [position] : [],
    );
    expect(total).toBe(expected.length);
    expect(tokens.map(({ index }) => index)).toEqual(expected.toReversed());
    for (const { index, rank, weight, before, after } of tokens) {
      expect(routings[index]?.experts[2 + rank]).toBe(2);
      expect(weight).toBe(routings[index]?.weights[2 + rank]);
      expect(before.at(-1) ?? 99 + index).toBe(99 + index);
      expect(after[0] ?? 101 + index).toBe(101 + index);
      expect(after.length).toBe(Math.min(12, COUNT - 1 - index));
    }
  });

  it('are those of one phase when it is asked for, and no more than asked for', () => {
    const { total, tokens } = expertTokens(record.ring, SHAPE, {
      layer: 0,
      expert: 1,
      phase: 'prompt',
      limit: 3,
    });
    expect(tokens.length).toBe(3);
    expect(total).toBeGreaterThan(3);
    expect(tokens.every(({ index }) => index < COUNT / 2)).toBe(true);
  });
});

describe('the counts of one question', () => {
  it('and those of the other are together the counts of all', () => {
    const [one, other] = [0, 1].map((question) => questionCounts(record.ring, SHAPE, question));
    const sum = one?.counts.map((count, i) => count + (other?.counts[i] ?? 0));
    expect(sum).toEqual(record.counts.counts);
    expect(one?.tokens).toEqual({ prompt: COUNT / 2, thought: 0, answer: 0 });
    expect(questionCounts(record.ring, SHAPE, -1).counts.every((count) => count === 0)).toBe(true);
  });
});
