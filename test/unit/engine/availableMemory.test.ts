import { describe, expect, it } from 'vitest';
import {
  availableMemory,
  controlGroupRemainder,
  parseControlGroupPath,
  parseMemAvailable,
  parseVmStat,
} from '../../../src/engine/availableMemory.ts';

describe('available memory', () => {
  it('is MemAvailable on Linux, not MemFree', () => {
    const meminfo = 'MemTotal:       16000000 kB\nMemFree:          500000 kB\nMemAvailable:    9000000 kB\n';
    expect(parseMemAvailable(meminfo)).toBe(9_000_000 * 1024);
    expect(parseMemAvailable('MemTotal: 1 kB\nMemFree: 1 kB\n')).toBeUndefined();
  });

  it('finds the version 2 control group among the others', () => {
    expect(parseControlGroupPath('12:cpu:/old\n0::/user.slice/app.scope\n')).toBe('/user.slice/app.scope');
    expect(parseControlGroupPath('4:memory:/docker/x\n')).toBeUndefined();
  });

  it('counts file pages of a control group as free', () => {
    const stat = 'anon 300\nfile 600\nactive_file 200\ninactive_file 400\n';
    expect(controlGroupRemainder('1000\n', '900\n', stat)).toBe(1000 - (900 - 200 - 400));
  });

  it('knows no limit where the group has none', () => {
    expect(controlGroupRemainder('max\n', '900\n', '')).toBeUndefined();
    expect(controlGroupRemainder(undefined, undefined, undefined)).toBeUndefined();
  });

  it('adds up what macOS can reclaim', () => {
    const output =
      'Mach Virtual Memory Statistics: (page size of 16384 bytes)\n' +
      'Pages free:                               10.\nPages active:                            999.\n' +
      'Pages inactive:                           20.\nPages speculative:                         3.\n' +
      'Pages purgeable:                           4.\n';
    expect(parseVmStat(output)).toBe(37 * 16384);
    expect(parseVmStat('nonsense')).toBeUndefined();
  });

  it('measures this machine', async () => {
    // Any machine that runs this test has at least 1 MiB left.
    expect(await availableMemory()).toBeGreaterThan(1 << 20);
  });
});
