import { describe, expect, it } from 'vitest';
import { GivingWay } from '../../../../src/engine/backends/onnx/givingWay.ts';

const [SHORT, STALL] = [0.02, 2.5];

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

describe('giving way', () => {
  it('divides every pass while nobody is waited for long', () => {
    divide(new GivingWay(), 1000);
  });

  it('goes alone for a while behind a stall, and for longer while stalls come soon again', () => {
    const way = new GivingWay();
    const counts = [];
    for (let stall = 0; stall < 10; stall++) {
      divide(way, 3);
      expect(way.waited(STALL)).toBe(true);
      counts.push(alone(way));
    }
    expect(counts).toEqual([32, 64, 128, 256, 512, 1024, 2048, 4096, 4096, 4096]);
  });

  it('forgets stalls once many passes were divided without', () => {
    const way = new GivingWay();
    for (let stall = 0; stall < 5; stall++) {
      way.waited(STALL);
      alone(way);
    }
    divide(way, 128);
    way.waited(STALL);
    expect(alone(way)).toBe(32);
  });
});
