import { describe, expect, it } from 'vitest';
import { differenceTable } from '../../../../webview/diagnostics/differenceTable.ts';
import { pairTable } from '../../../../webview/diagnostics/pairTable.ts';

describe('pairs of experts as a table', () => {
  it('have the most frequent first, with their share of all', () => {
    const counts = Uint32Array.of(0, 6, 2, 0, 0, 0, 0, 1, 1);
    const { rows, caption } = pairTable({ counts, experts: 3, layers: [1, 4] });
    expect(rows).toEqual([
      ['0 + 1', '6', '60 %'],
      ['0 + 2', '2', '20 %'],
      ['2 + 1', '1', '10 %'],
      ['2 + 2', '1', '10 %'],
    ]);
    expect(caption).toContain('4');
  });

  it('of a layer with itself stand there once, and no expert beside itself', () => {
    const counts = Uint32Array.of(9, 5, 5, 9);
    expect(pairTable({ counts, experts: 2, layers: [3, 3] }).rows).toEqual([['0 + 1', '5', '100 %']]);
  });

  it('are not listed by the ten thousand', () => {
    const counts = Uint32Array.from({ length: 256 * 256 }, (_, at) => 1 + (at % 7));
    const { rows, caption } = pairTable({ counts, experts: 256, layers: [1, 2] });
    expect(rows).toHaveLength(100);
    expect(caption).toContain('65,536');
  });
});

describe('what differs between two answers', () => {
  it('is listed by how much of a layer’s choices it is, largest first', () => {
    const { rows } = differenceTable({
      left: Uint32Array.of(3, 1, 5, 5),
      right: Uint32Array.of(1, 3, 20, 20),
      layers: [1, 2],
      experts: 2,
    });
    // In the second layer both have a half each, however much was chosen.
    expect(rows).toEqual([
      ['layer 1, expert 0', '75 %', '25 %', '-50'],
      ['layer 1, expert 1', '25 %', '75 %', '50'],
    ]);
  });

  it('is known where one of them chose nothing in a layer', () => {
    const { rows } = differenceTable({
      left: Uint32Array.of(0, 0),
      right: Uint32Array.of(0, 4),
      layers: [7],
      experts: 2,
    });
    expect(rows).toEqual([['layer 7, expert 1', '0 %', '100 %', '100']]);
  });
});
