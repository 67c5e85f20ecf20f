import { describe, expect, it } from 'vitest';
import { GivingWay } from '../../../../src/engine/backends/onnx/givingWay.ts';

const [SHORT, STALL] = [0.02, 3];

/** How many passes go alone until one is divided again. */
function alone(way: GivingWay): number {
  let passes = 0;
  while (!way.mayDivide()) passes++;
  return passes;
}

function divide(way: GivingWay, passes: number): void {
  for (let pass = 0; pass < passes; pass++) {
    expect(way.mayDivide()).toBe(true);
    expect(way.waited(SHORT)).toBe(false);
  }
}

/** @returns stalls until passes go alone, with so many passes before each */
function stalls(way: GivingWay, passes: number): number {
  for (let count = 1; ; count++) {
    divide(way, passes);
    if (way.waited(STALL)) return count;
  }
}

describe('giving way', () => {
  it('divides every pass while stalls are rare', () => {
    const way = new GivingWay();
    for (let stall = 0; stall < 100; stall++) {
      divide(way, 200);
      expect(way.waited(STALL)).toBe(false);
    }
  });

  it('goes alone when stalls take more than is saved, sooner and for longer each time', () => {
    const way = new GivingWay();
    expect(stalls(way, 10)).toBe(4);
    const counts = [alone(way)];
    for (let time = 0; time < 9; time++) {
      expect(stalls(way, 10)).toBe(2);
      counts.push(alone(way));
    }
    expect(counts).toEqual([32, 64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
  });

  it('forgets it once enough was saved', () => {
    const way = new GivingWay();
    for (let time = 0; time < 5; time++) {
      stalls(way, 0);
      alone(way);
    }
    divide(way, 1000);
    // What was saved is used up first.
    expect(stalls(way, 0)).toBe(7);
    expect(alone(way)).toBe(32);
  });

  it('goes alone where the other thread loses its core before it has work', () => {
    const way = new GivingWay();
    for (let time = 0; time < 11; time++) {
      expect(way.goesAlone).toBe(false);
      way.lostCore();
    }
    expect(alone(way)).toBe(32);
  });
});
