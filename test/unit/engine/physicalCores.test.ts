import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { countCores, physicalCores } from '../../../src/engine/physicalCores.ts';

const processor = (socket: number, core: number): string =>
  `processor\t: 0\nphysical id\t: ${socket}\ncore id\t\t: ${core}\n`;

describe('physical cores', () => {
  it('counts the two hardware threads of a core once', () => {
    expect(countCores([processor(0, 0), processor(0, 1), processor(0, 0), processor(0, 1)].join('\n'))).toBe(
      2,
    );
  });

  it('tells the sockets apart', () => {
    expect(countCores([processor(0, 0), processor(1, 0)].join('\n'))).toBe(2);
  });

  it('does not know where /proc/cpuinfo is silent about cores', () => {
    expect(countCores('processor\t: 0\nBogoMIPS\t: 50.00\n')).toBeUndefined();
  });

  it('is never more than this process may use', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
    expect(physicalCores()).toBeLessThanOrEqual(availableParallelism());
  });
});
