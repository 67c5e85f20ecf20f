import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GpuError } from '../../../../native/webgpu/errors.ts';
import { planShards, type ShardedMatrix } from '../../../../native/webgpu/planShards.ts';
import type { ShardLimits } from '../../../../native/webgpu/weightSpan.ts';

const matrix = (name: string, rows: number, change: Partial<ShardedMatrix> = {}): ShardedMatrix => ({
  ...{ name, rows, grainRows: 4, grainQuantBytes: 64, grainScaleBytes: 8, grainHighBytes: 0 },
  ...change,
});

/** One buffer of quants and one of scales at a time. */
const NARROW: ShardLimits = { bindingBytes: 256, buffers: 2 };
const spanOfOne = { quants: 1, scales: 1, bytes: 256 };

test('matrices share a shard while they fit, in their order', () => {
  const { shards, pieces } = planShards([matrix('a', 8), matrix('b', 4), matrix('c', 8)], NARROW, 1000);
  expect(shards).toEqual([
    { quantBytes: 192, scaleBytes: 24, span: spanOfOne },
    { quantBytes: 128, scaleBytes: 16, span: spanOfOne },
  ]);
  expect(pieces).toEqual([
    { name: 'a', shard: 0, firstRow: 0, rows: 8, quants: 0, scales: 0, high: 4 },
    { name: 'b', shard: 0, firstRow: 0, rows: 4, quants: 8, scales: 4, high: 6 },
    { name: 'c', shard: 1, firstRow: 0, rows: 8, quants: 0, scales: 0, high: 4 },
  ]);
});

test('a matrix is cut only where no shard holds it whole', () => {
  const { pieces } = planShards([matrix('small', 4), matrix('large', 26)], NARROW, 1000);
  expect(pieces.map(({ shard, firstRow, rows }) => [shard, firstRow, rows])).toEqual([
    [0, 0, 4],
    [1, 0, 16],
    [2, 16, 10],
  ]);
});

const groups = (rows: number, limits = NARROW): (readonly number[])[] =>
  planShards(
    [
      matrix('before', 8),
      matrix('gate', rows, { group: 'g' }),
      matrix('up', rows, { group: 'g' }),
      matrix('x', 4),
    ],
    limits,
    1000,
  ).pieces.map(({ shard, rows: pieceRows }) => [shard, pieceRows]);

test('a group lies in one shard where one holds it, and else like others', () => {
  expect(groups(8)).toEqual([
    [0, 8],
    [1, 8],
    [1, 8],
    [2, 4],
  ]);
  expect(groups(12)).toEqual([
    [0, 8],
    [1, 12],
    [2, 12],
    [2, 4],
  ]);
});

test('a group that no buffer holds lies over several of them, alone', () => {
  expect(groups(12, { ...NARROW, buffers: 4 })).toEqual([
    [0, 8],
    [1, 12],
    [1, 12],
    [2, 4],
  ]);
});

test('a matrix that no buffer holds lies over several of them, and is cut where there are too few', () => {
  const planned = (buffers: number) =>
    planShards([matrix('small', 4), matrix('large', 60), matrix('x', 4)], { ...NARROW, buffers }, 1000);
  const whole = planned(5);
  expect(whole.pieces.map(({ shard, rows }) => [shard, rows])).toEqual([
    [0, 4],
    [1, 60],
    [2, 4],
  ]);
  expect(whole.shards[1]).toEqual({ quantBytes: 960, scaleBytes: 120, span: { ...spanOfOne, quants: 4 } });
  const cut = planned(3);
  expect(cut.pieces.map(({ shard, rows, high }) => [shard, rows, high])).toEqual([
    [0, 4, 2],
    [1, 32, 16],
    [2, 28, 14],
    [3, 4, 2],
  ]);
});

test('experts are found by their number: a piece may have more rows than a dispatch has workgroups for', () => {
  const { pieces } = planShards([matrix('experts', 64, { grainRows: 8, grainQuantBytes: 8 })], NARROW, 16);
  expect(pieces.map(({ rows }) => rows)).toEqual([64]);
});

test('an expert stays whole', () => {
  const experts = matrix('experts', 24, { grainRows: 8, grainQuantBytes: 120 });
  const { pieces } = planShards([experts], NARROW, 1000);
  expect(pieces.map(({ rows }) => rows)).toEqual([16, 8]);
});

test('a piece has no more rows than a dispatch reaches', () => {
  const { pieces } = planShards([matrix('logits', 40)], { ...NARROW, bindingBytes: 1 << 20 }, 16);
  expect(pieces.map(({ firstRow, rows }) => [firstRow, rows])).toEqual([
    [0, 16],
    [16, 16],
    [32, 8],
  ]);
});

test('rows that fit into no shard are an error that names the matrix', () => {
  expect(() => planShards([matrix('wide', 4, { grainQuantBytes: 512 })], NARROW, 1000)).toThrow(GpuError);
  expect(() => planShards([matrix('wide', 4, { grainQuantBytes: 512 })], NARROW, 1000)).toThrow(/wide/);
});

test('pieces cover each matrix once, lie within their shards and never overlap', () => {
  const matrices = fc.array(
    fc.record({
      rows: fc.integer({ min: 1, max: 80 }),
      grainRows: fc.constantFrom(4, 8),
      quants: fc.integer({ min: 1, max: 8 }),
      scales: fc.integer({ min: 0, max: 8 }),
      high: fc.integer({ min: 0, max: 4 }),
    }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(
      matrices,
      fc.integer({ min: 8, max: 64 }),
      fc.integer({ min: 2, max: 6 }),
      (shapes, sixteens, buffers) => {
        const bindingBytes = sixteens * 16;
        const wanted = shapes.map(({ rows, grainRows, quants, scales, high }, index) =>
          matrix(`m${String(index)}`, rows, {
            ...{
              grainRows,
              grainQuantBytes: quants * 16,
              grainScaleBytes: scales * 4,
              grainHighBytes: high * 4,
            },
          }),
        );
        const { shards, pieces } = planShards(wanted, { bindingBytes, buffers }, 40);
        for (const { quantBytes, scaleBytes, span } of shards) {
          expect(quantBytes).toBeLessThanOrEqual(span.quants * bindingBytes);
          expect(scaleBytes).toBeLessThanOrEqual(span.scales * bindingBytes);
          expect(span.quants + span.scales).toBeLessThanOrEqual(buffers);
        }
        for (const { name, rows } of wanted) {
          const own = pieces.filter((piece) => piece.name === name);
          expect(own[0]?.firstRow).toBe(0);
          own.forEach((piece, i) => {
            expect(piece.firstRow + piece.rows).toBe(own[i + 1]?.firstRow ?? rows);
          });
        }
        const used = new Set<string>();
        let vectors = 0;
        for (const piece of pieces) {
          const of = wanted.find(({ name }) => name === piece.name);
          const grains = Math.ceil(piece.rows / (of?.grainRows ?? 1));
          for (let i = 0; i < (grains * (of?.grainQuantBytes ?? 0)) / 16; i++) {
            used.add(`${String(piece.shard)}:${String(piece.quants + i)}`);
            vectors += 1;
          }
        }
        expect(used.size).toBe(vectors);
      },
    ),
    { numRuns: 200 },
  );
});
