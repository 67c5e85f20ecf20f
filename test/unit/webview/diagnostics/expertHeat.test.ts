import { describe, expect, it } from 'vitest';
import { unpackUint32 } from '../../../../src/protocol/unpackRouting.ts';
import { countsOf, differenceHeat, loadHeat, rangeHeat } from '../../../../webview/diagnostics/expertHeat.ts';
import { heatRamp, paintHeat } from '../../../../webview/diagnostics/heatRamp.ts';
import { expertsOfShape } from '../../../support/diagnosticsState.ts';

describe('counts of phases', () => {
  it('are those of one, or all together, of 61 layers with 256 experts', () => {
    const counts = unpackUint32(expertsOfShape(61, 256).counts);
    const parts = (['prompt', 'thought', 'answer'] as const).map((phase) => countsOf(counts, phase));
    expect(parts.map(({ length }) => length)).toEqual([61 * 256, 61 * 256, 61 * 256]);
    const all = countsOf(counts, 'all');
    expect(all[777]).toBe(parts.reduce((sum, part) => sum + (part[777] ?? 0), 0));
    expect(all.reduce((sum, count) => sum + count, 0)).toBe(3 * 61 * 50);
  });
});

describe('the heat of a load', () => {
  it('is 0 for a dead expert, a half for an even share, and nothing where nothing was counted', () => {
    // Mean 4: never, even, three times as much, never; then a layer without tokens.
    const heat = loadHeat(Uint32Array.of(0, 4, 12, 0, 0, 0, 0, 0), 4);
    expect([...heat]).toEqual([0, 0.5, 0.75, 0, NaN, NaN, NaN, NaN]);
  });

  it('does not change when everything is counted twice', () => {
    const counts = Uint32Array.of(1, 2, 3, 10);
    expect(
      loadHeat(
        counts.map((count) => 2 * count),
        4,
      ),
    ).toEqual(loadHeat(counts, 4));
  });
});

describe('the heat of values', () => {
  it('goes from the least to the largest, and knows none', () => {
    expect([...rangeHeat(Float32Array.of(-1, 3, 1, NaN))]).toEqual([0, 1, 0.5, NaN]);
    expect([...rangeHeat(Float32Array.of(2, 2))]).toEqual([0.5, 0.5]);
  });

  it('of a difference is a half where both answers use an expert alike, however long they are', () => {
    const heat = differenceHeat(Uint32Array.of(1, 1, 2, 0), Uint32Array.of(10, 10, 0, 20), 4);
    expect([...heat]).toEqual([0.5, 0.5, 1, 0]);
  });
});

describe('the ramp of colours', () => {
  const ramp = heatRamp([
    [0, 0, 0],
    [0, 0, 200],
    [255, 255, 255],
  ]);

  it('begins and ends with the theme, and only gets lighter', () => {
    expect(ramp[0]).toBe(0xff000000);
    expect(ramp[255]).toBe(0xffffffff);
    const light = [...ramp].map((pixel) => (pixel & 255) + ((pixel >> 8) & 255) + ((pixel >> 16) & 255));
    expect(light).toEqual([...light].sort((a, b) => a - b));
  });

  it('paints a pixel for each cell, none where there is no value', () => {
    const pixels = new Uint32Array(4);
    paintHeat(Float32Array.of(0, 1, NaN, 7), ramp, pixels);
    expect([...pixels]).toEqual([0xff000000, 0xffffffff, 0, 0xffffffff]);
  });
});
