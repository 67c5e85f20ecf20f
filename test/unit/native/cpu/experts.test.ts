import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openExpertCrew, type ExpertCrew, type ExpertShape } from '../../../../native/cpu/experts.ts';
import { packedExpert } from '../../../support/packedExpert.ts';
import { Random } from '../../../support/random.ts';
import { swiglu } from '../../../support/matrix.ts';

const SHAPE: ExpertShape = { gateType: 'Q4_0', downType: 'Q8_0', inner: 96, width: 64 };
const TOKENS = 5;

let crew: ExpertCrew;
beforeAll(async () => {
  crew = await openExpertCrew();
});
afterAll(() => {
  crew.dispose();
});

/** Three experts with a row or more each, tokens in no order. */
function rows(): Parameters<ExpertCrew['run']>[1] {
  const random = new Random(7);
  return {
    images: Array.from({ length: 3 }, () => packedExpert(crew, SHAPE, random)),
    starts: [0, 1, 4, 6],
    tokens: [4, 0, 2, 4, 1, 1],
    x: random.normals(TOKENS * SHAPE.width, 1),
    y: new Float32Array(6 * SHAPE.width).fill(NaN),
  };
}

describe('A crew', () => {
  it('computes what the packed matrices say, as plain arithmetic does', async () => {
    const { images, starts, tokens, x, y } = rows();
    await crew.run(SHAPE, { images, starts, tokens, x, y }, 1);
    const { inner, width } = SHAPE;
    for (let expert = 0; expert < 3; expert++) {
      const image = images[expert] ?? new Uint8Array();
      const gateBytes = crew.library.packedBytes('Q4_0', inner, width);
      const matrix = (type: 'Q4_0' | 'Q8_0', rowCount: number, columns: number, at: number) => {
        const packed = image.subarray(at, at + crew.library.packedBytes(type, rowCount, columns));
        const values = new Float32Array(rowCount * columns);
        for (let row = 0; row < rowCount; row++)
          values.set(crew.library.unpackRow({ type, rows: rowCount, columns, packed }, row), row * columns);
        return { rows: rowCount, columns, values };
      };
      const plain = (token: number): Float64Array =>
        swiglu(
          matrix('Q4_0', inner, width, 0),
          matrix('Q4_0', inner, width, gateBytes),
          matrix('Q8_0', width, inner, 2 * gateBytes),
          Float64Array.from(x.subarray(token * width, (token + 1) * width)),
        );
      for (let row = starts[expert] ?? 0; row < (starts[expert + 1] ?? 0); row++) {
        const expected = plain(tokens[row] ?? 0);
        const size = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0));
        const found = y.subarray(row * width, (row + 1) * width);
        const error = Math.sqrt(
          expected.reduce((sum, value, i) => sum + (value - (found[i] ?? NaN)) ** 2, 0),
        );
        // Two products of inputs with 12 bits a block (native/cpu/README.md): each off by 3 / 4078 / sqrt(3) of its size, and
        // the gate's error counts twice at most, in the sigmoid and beside it.
        expect(error / size).toBeLessThan((4 * 3) / 4078 / Math.sqrt(3));
      }
    }
  });

  it('gives the same bits with any number of threads, and whatever rows are beside a row', async () => {
    const given = rows();
    await crew.run(SHAPE, given, 1);
    const expected = given.y.slice();
    for (const threads of [2, 3, 9]) {
      // Again and again: helpers come early and late.
      for (let turn = 0; turn < 20; turn++) {
        given.y.fill(NaN);
        await crew.run(SHAPE, given, threads);
        expect(given.y).toEqual(expected);
      }
    }
    const alone = new Float32Array(SHAPE.width);
    await crew.run(
      SHAPE,
      { ...given, images: given.images.slice(1, 2), starts: [0, 1], tokens: [2], y: alone },
      2,
    );
    expect(alone).toEqual(expected.subarray(2 * SHAPE.width, 3 * SHAPE.width));
  });

  it('refuses rows that do not fit, types that are none, and two layers at once, and goes on', async () => {
    const given = rows();
    const refused = expect.objectContaining({ code: 'refused' }) as Error;
    await expect(crew.run(SHAPE, { ...given, starts: [0, 1, 1, 6] }, 1)).rejects.toEqual(refused);
    await expect(crew.run(SHAPE, { ...given, tokens: [4, 0, 2, 4, 1, TOKENS] }, 1)).rejects.toEqual(refused);
    await expect(crew.run(SHAPE, { ...given, y: new Float32Array(10) }, 1)).rejects.toEqual(refused);
    await expect(crew.run(SHAPE, { ...given, images: given.images.slice(1) }, 1)).rejects.toEqual(refused);
    expect(() => crew.expertBytes({ ...SHAPE, inner: 95 })).toThrow(/95 x 64/);
    const running = crew.run(SHAPE, given, 2);
    await expect(crew.run(SHAPE, given, 1)).rejects.toEqual(refused);
    await running;
    expect(given.y.every((value) => Number.isFinite(value))).toBe(true);
  });
});
