import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coactivation } from '../../../../src/engine/records/coactivation.ts';
import { RoutingRecord } from '../../../../src/engine/records/routingRecord.ts';
import { ReuseDistances } from '../../../../src/engine/records/reuseDistances.ts';
import type { RoutingShape } from '../../../../src/engine/records/routingShape.ts';
import type { TokenLabel } from '../../../../src/engine/records/tokenLabel.ts';
import { PHASES, type Phase } from '../../../../src/protocol/records.ts';
import { Random } from '../../../support/random.ts';
import { randomRouting, routed, type TokenRouting } from './routings.ts';

const SHAPE: RoutingShape = { layers: [1, 4], experts: 6, topK: 2 };
const ENTRY_BYTES = 14 + 4 * SHAPE.layers.length * SHAPE.topK;

interface Entry extends TokenLabel {
  readonly position: number;
  readonly token: number;
  readonly routing: TokenRouting;
  evicted: boolean;
}

/** The plain twin of the record: a list that is filtered. */
class PlainRecord {
  entries: Entry[] = [];
  /** That made room for later ones: they count, and can no longer be taken back. */
  readonly gone: Entry[] = [];
  /** All that were ever added. */
  readonly passes: Entry[] = [];
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get cached(): number {
    return this.entries.reduce(
      (length, each) => (each.evicted ? length : Math.max(length, each.position + 1)),
      0,
    );
  }

  add(entry: Entry): void {
    this.entries.push(entry);
    this.passes.push(entry);
    const [oldest] = this.entries;
    if (oldest && this.entries.length > this.#maxEntries) {
      this.entries.shift();
      this.gone.push(oldest);
    }
  }

  truncate(length: number): void {
    this.entries = this.entries.filter((each) => each.evicted || each.position < length);
  }

  evict(length: number): void {
    for (const each of this.entries)
      if (each.phase === 'thought' && each.position >= length) each.evicted = true;
    this.truncate(length);
  }

  keepThoughtsOf(isPart: (question: number) => boolean): void {
    this.entries = this.entries.filter((each) => !each.evicted || isPart(each.question));
  }

  countsOf(layer: number, phase: Phase): number[] {
    const counts = new Array<number>(SHAPE.experts).fill(0);
    for (const { routing, phase: own } of [...this.gone, ...this.entries]) {
      if (own !== phase) continue;
      for (const expert of routing.experts.subarray(layer * SHAPE.topK, (layer + 1) * SHAPE.topK)) {
        counts[expert] = (counts[expert] ?? 0) + 1;
      }
    }
    return counts;
  }

  coactivationOf(row: number, column: number): number[] {
    const chosen = ({ routing }: Entry, layer: number): number[] => [
      ...routing.experts.subarray(layer * SHAPE.topK, (layer + 1) * SHAPE.topK),
    ];
    return Array.from({ length: SHAPE.experts ** 2 }, (_, at) => {
      const [a, b] = [Math.floor(at / SHAPE.experts), at % SHAPE.experts];
      return this.entries.filter((each) => chosen(each, row).includes(a) && chosen(each, column).includes(b))
        .length;
    });
  }
}

const steps = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('enter' as const) }),
    fc.record({
      kind: fc.constant('add' as const),
      tokens: fc.integer({ min: 1, max: 6 }),
      phase: fc.constantFrom(...PHASES),
      question: fc.nat(3),
    }),
    fc.record({
      kind: fc.constantFrom('truncate' as const, 'evict' as const),
      share: fc.float({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({ kind: fc.constant('keepThoughtsOf' as const), question: fc.nat(3) }),
  ),
  { maxLength: 30 },
);

const TWO_TOKENS = { kind: 'add', tokens: 2, phase: 'answer', question: 0 } as const;

/** Lets the record and its twin live through the same; positions in the cache go on where it was cut. */
function liveThrough(
  record: RoutingRecord,
  plain: PlainRecord,
  life: typeof steps extends fc.Arbitrary<infer T> ? T : never,
  random: Random,
): void {
  let length = 0;
  for (const step of life) {
    switch (step.kind) {
      case 'add': {
        const { phase, question } = step;
        const firstPosition = length;
        const routings = Array.from({ length: step.tokens }, () => randomRouting(SHAPE, random));
        const tokens = routings.map(() => random.below(1000));
        record.add(routed(SHAPE, firstPosition, routings), {
          firstPosition,
          tokens,
          labelAt: () => ({ phase, question }),
        });
        routings.forEach((routing, i) =>
          plain.add({
            phase,
            question,
            position: firstPosition + i,
            token: tokens[i] ?? 0,
            routing,
            evicted: false,
          }),
        );
        length += step.tokens;
        break;
      }
      case 'enter':
        // The twin does at once what the record may put off.
        record.enter();
        break;
      case 'truncate':
      case 'evict':
        length = Math.floor(length * step.share);
        record[step.kind](length);
        plain[step.kind](length);
        break;
      case 'keepThoughtsOf':
        record.keepThoughtsOf((question) => question === step.question);
        plain.keepThoughtsOf((question) => question === step.question);
    }
  }
}

function contentOf({ ring }: RoutingRecord): unknown[] {
  return Array.from({ length: ring.length }, (_, index) => [
    ring.position(index),
    ring.token(index),
    ring.question(index),
    ring.phase(index),
    ring.isEvicted(index),
    ...ring.experts(index),
  ]);
}

describe('the routing record', () => {
  it('holds what a list would hold that is filtered at every change', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 40 }), (life, seed, maxEntries) => {
        const record = new RoutingRecord(SHAPE, { maxBytes: maxEntries * ENTRY_BYTES });
        const plain = new PlainRecord(maxEntries);
        liveThrough(record, plain, life, new Random(seed));
        expect(contentOf(record)).toEqual(
          plain.entries.map(({ position, token, question, phase, evicted, routing }) => [
            ...[position, token, question, phase, evicted],
            ...routing.experts,
          ]),
        );
        expect(record.ring.dropped).toBe(plain.gone.length);
      }),
    );
  });

  it('counts what it holds and what made room, however often it went around', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 40 }), (life, seed, maxEntries) => {
        const record = new RoutingRecord(SHAPE, { maxBytes: maxEntries * ENTRY_BYTES });
        const plain = new PlainRecord(maxEntries);
        liveThrough(record, plain, life, new Random(seed));
        for (const phase of PHASES) {
          expect(record.counts.tokens[phase]).toBe(
            [...plain.gone, ...plain.entries].filter((each) => each.phase === phase).length,
          );
          for (const layer of [0, 1]) {
            expect([...record.counts.of(layer, [phase])]).toEqual(plain.countsOf(layer, phase));
          }
        }
        for (const [row, column] of [
          [0, 1],
          [1, 0],
          [1, 1],
        ] as const) {
          expect([...coactivation(record.ring, SHAPE, [row, column])]).toEqual(
            plain.coactivationOf(row, column),
          );
        }
      }),
    );
  });

  it('knows the reuse of experts by every pass that was run, also of those that were taken back or made room', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.integer({ min: 1, max: 40 }), (life, seed, maxEntries) => {
        const record = new RoutingRecord(SHAPE, { maxBytes: maxEntries * ENTRY_BYTES });
        const plain = new PlainRecord(maxEntries);
        liveThrough(record, plain, life, new Random(seed));
        const distances = new ReuseDistances(SHAPE);
        for (const { phase, routing } of plain.passes) distances.add(phase, routing.experts);
        for (const layer of [0, 1]) {
          for (const phase of PHASES)
            expect(record.distances.histogram(layer, [phase])).toEqual(distances.histogram(layer, [phase]));
        }
      }),
      // A guess that was wrong, taken back before it is entered.
      { examples: [[[TWO_TOKENS, { kind: 'truncate', share: 0.5 }], 0, 2]] },
    );
  });

  it('keeps what comes in one piece, however large, as if it came token by token', () => {
    const random = new Random(5);
    // More than wait at once, some of them behind others that wait already.
    const routings = Array.from({ length: 300 }, () => randomRouting(SHAPE, random));
    const tokens = routings.map(() => random.below(1000));
    const labelAt = (position: number): TokenLabel => ({
      phase: PHASES[position % PHASES.length] ?? 'prompt',
      question: position % 7,
    });
    const [whole, single] = [1, 2].map(() => new RoutingRecord(SHAPE, { maxBytes: 1e6 }));
    for (const [first, end] of [
      [0, 50],
      [50, 300],
    ] as const)
      whole?.add(routed(SHAPE, first, routings.slice(first, end)), { firstPosition: 0, tokens, labelAt });
    routings.forEach((routing, position) =>
      single?.add(routed(SHAPE, position, [routing]), { firstPosition: 0, tokens, labelAt }),
    );
    expect(whole && contentOf(whole)).toEqual(single && contentOf(single));
    expect(whole && contentOf(whole)).toEqual(
      routings.map(({ experts }, position) => [
        ...[position, tokens[position], position % 7, labelAt(position).phase, false],
        ...experts,
      ]),
    );
  });

  it('keeps the counts of entries that made room for later ones', () => {
    const record = new RoutingRecord(SHAPE, { maxBytes: 3 * ENTRY_BYTES });
    const random = new Random(1);
    const routings = Array.from({ length: 5 }, () => randomRouting(SHAPE, random));
    const label: TokenLabel = { phase: 'answer', question: 0 };
    record.add(routed(SHAPE, 0, routings), {
      firstPosition: 0,
      tokens: [1, 2, 3, 4, 5],
      labelAt: () => label,
    });
    expect(record.ring.length).toBe(3);
    expect(record.ring.dropped).toBe(2);
    expect(record.counts.tokens.answer).toBe(5);
    expect(record.counts.of(0).reduce((sum, count) => sum + count, 0)).toBe(5 * SHAPE.topK);
  });

  it('refuses the routing of tokens that were not read, and of another model', () => {
    const record = new RoutingRecord(SHAPE, { maxBytes: 1e6 });
    const routing = routed(SHAPE, 7, [randomRouting(SHAPE, new Random(1))]);
    const read = { tokens: [5], labelAt: (): TokenLabel => ({ phase: 'prompt', question: 0 }) };
    expect(() => record.add(routing, { ...read, firstPosition: 6 })).toThrow(/not read/);
    expect(() => record.add(routing, { ...read, firstPosition: 8 })).toThrow(/not read/);
    expect(() => record.add({ ...routing, topK: 3 }, { ...read, firstPosition: 7 })).toThrow(/another model/);
    record.add(routing, { ...read, firstPosition: 7 });
    expect(record.ring.position(0)).toBe(7);
  });

  it('takes a draft back that was rejected, also behind an evicted thought', () => {
    const record = new RoutingRecord(SHAPE, { maxBytes: 1e6 });
    const random = new Random(3);
    const add = (firstPosition: number, phases: readonly Phase[]): void =>
      record.add(
        routed(
          SHAPE,
          firstPosition,
          phases.map(() => randomRouting(SHAPE, random)),
        ),
        {
          firstPosition,
          tokens: phases.map((_, i) => i),
          labelAt: (position) => ({ phase: phases[position - firstPosition] ?? 'prompt', question: 0 }),
        },
      );
    add(0, ['prompt', 'prompt', 'thought', 'thought', 'answer']);
    record.evict(2);
    // The last token of a prompt is computed once more together with a lone one.
    record.truncate(1);
    add(1, ['prompt', 'answer', 'answer']);
    record.truncate(3);
    expect(
      contentOf(record).map((entry) => (entry as unknown[]).filter((_, i) => [0, 3, 4].includes(i))),
    ).toEqual([
      [0, 'prompt', false],
      [2, 'thought', true],
      [3, 'thought', true],
      [1, 'prompt', false],
      [2, 'answer', false],
    ]);
    expect(record.counts.tokens).toEqual({ prompt: 2, thought: 2, answer: 1 });
  });
});
