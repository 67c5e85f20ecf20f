import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RoutingRing } from '../../../../src/engine/records/routingRing.ts';
import type { Phase } from '../../../../src/protocol/records.ts';
import { halfToFloat } from '../../../../src/protocol/unpackRouting.ts';

const CHOICES = 3;
/** What an entry takes: 14 bytes of labels and 4 for each choice. */
const ENTRY_BYTES = 14 + 4 * CHOICES;

interface Entry {
  readonly position: number;
  readonly token: number;
  readonly question: number;
  readonly phase: Phase;
  readonly experts: readonly number[];
  readonly weights: readonly number[];
}

const entries = fc.record<Entry>({
  position: fc.nat(1e6),
  token: fc.nat(200_000),
  question: fc.nat(100),
  phase: fc.constantFrom('prompt', 'thought', 'answer'),
  experts: fc.array(fc.nat(0xffff), { minLength: CHOICES, maxLength: CHOICES }),
  // Exact in half precision.
  weights: fc.array(
    fc.nat(1024).map((n) => n / 1024),
    { minLength: CHOICES, maxLength: CHOICES },
  ),
});

function contentOf(ring: RoutingRing): Entry[] {
  return Array.from({ length: ring.length }, (_, index) => ({
    position: ring.position(index),
    token: ring.token(index),
    question: ring.question(index),
    phase: ring.phase(index),
    experts: [...ring.experts(index)],
    weights: [...ring.weights(index)].map(halfToFloat),
  }));
}

function push(ring: RoutingRing, entry: Entry): void {
  const choices = { experts: Uint16Array.from(entry.experts), weights: Float32Array.from(entry.weights) };
  ring.push({ position: entry.position, token: entry.token, label: entry }, choices);
}

describe('the ring of routings', () => {
  it('holds what a list would hold whose oldest entries go when it is too long', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('push' as const), entry: entries }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('filter' as const),
          from: fc.nat(20),
          modulus: fc.integer({ min: 1, max: 4 }),
        }),
      },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(step, { maxLength: 60 }), (maxEntries, steps) => {
        const ring = new RoutingRing(CHOICES, maxEntries * ENTRY_BYTES);
        let list: Entry[] = [];
        let dropped = 0;
        for (const each of steps) {
          if (each.kind === 'push') {
            push(ring, each.entry);
            list.push(each.entry);
            if (list.length > maxEntries) {
              list.shift();
              dropped++;
            }
          } else {
            const { from, modulus } = each;
            ring.filter(from, (index) => ring.position(index) % modulus === 0);
            list = list.filter(({ position }, index) => index < from || position % modulus === 0);
          }
        }
        expect(contentOf(ring)).toEqual(list);
        expect(ring.dropped).toBe(dropped);
      }),
    );
  });

  it('never takes more memory than it may, and no more than it needs', () => {
    const ring = new RoutingRing(CHOICES, 1000 * ENTRY_BYTES + 5);
    const entry: Entry = {
      position: 0,
      token: 0,
      question: 0,
      phase: 'prompt',
      experts: [1, 2, 3],
      weights: [0, 0, 1],
    };
    expect(ring.bytes).toBe(0);
    for (let position = 0; position < 300; position++) push(ring, { ...entry, position });
    expect(ring.bytes).toBe(512 * ENTRY_BYTES);
    for (let position = 300; position < 1500; position++) push(ring, { ...entry, position });
    expect(ring.bytes).toBe(1000 * ENTRY_BYTES);
    expect(ring.length).toBe(1000);
    expect(ring.position(0)).toBe(500);
    expect(ring.dropped).toBe(500);
  });

  it('keeps the mark of an evicted entry with it when others go', () => {
    const ring = new RoutingRing(CHOICES, 1e6);
    const entry: Entry = {
      position: 0,
      token: 0,
      question: 0,
      phase: 'thought',
      experts: [1, 2, 3],
      weights: [0, 0, 1],
    };
    for (let position = 0; position < 4; position++) push(ring, { ...entry, position });
    ring.evict(2);
    ring.filter(0, (index) => index !== 1);
    expect([0, 1, 2].map((index) => [ring.position(index), ring.isEvicted(index)])).toEqual([
      [0, false],
      [2, true],
      [3, false],
    ]);
    push(ring, entry);
    expect(ring.isEvicted(3)).toBe(false);
  });
});
