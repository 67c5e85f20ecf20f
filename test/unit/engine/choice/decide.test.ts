import { describe, expect, it } from 'vitest';
import { decide } from '../../../../src/engine/backends/choice/decide.ts';
import type { BackendSpeed, CandidateReport, TrialOutcome } from '../../../../src/protocol/backends.ts';

const speed = (prefill: number, decode: number): BackendSpeed => ({
  loadMs: 1,
  prefillTokensPerSecond: prefill,
  decodeTokensPerSecond: decode,
});
const agreement = { positions: 64, error: 1e-4, limit: 1e-2, divergence: 1e-5, sameTop: 1 };
const cpu = speed(100, 20);

function report(device: string, outcome: TrialOutcome): CandidateReport {
  return { id: 'gpu', device, isSoftware: false, outcome };
}
const agreeing = (device: string, prefill: number, decode: number): CandidateReport =>
  report(device, { kind: 'agrees', speed: speed(prefill, decode), agreement });

describe('the decision between backends', () => {
  it('weighs prefill and decode as a typical question does', () => {
    // The CPU takes 512 / 100 + 256 / 20 = 17.9 s.
    const quickReader = agreeing('reads', 10_000, 10); // 25.7 s
    const quickWriter = agreeing('writes', 60, 80); // 11.7 s
    const { candidate, reason } = decide('auto', cpu, [quickReader, quickWriter]);
    expect(candidate?.device).toBe('writes');
    expect(reason).toContain('would take 12 s there and 18 s on the CPU');
  });

  it('stays on the CPU within the tenth that two runs of one backend differ by', () => {
    expect(decide('auto', cpu, [agreeing('even', 105, 21)]).candidate).toBeUndefined();
    expect(decide('auto', cpu, [agreeing('ahead', 115, 23)]).candidate?.device).toBe('ahead');
  });

  it('tells of each candidate why it is not the one', () => {
    const { candidate, reason } = decide('auto', cpu, [
      report('A', { kind: 'hung', afterMs: 60_000 }),
      report('B', { kind: 'crashed' }),
      report('C', { kind: 'disagrees', agreement: { ...agreement, error: null } }),
      report('D', { kind: 'failed', reason: 'No memory.' }),
    ]);
    expect(candidate).toBeUndefined();
    expect(reason).toMatch(
      /^gpu on A did nothing for 60 s\. gpu on B ended the engine .* gpu on C computes other numbers than the CPU\. gpu on D failed: No memory\.$/,
    );
  });

  it('says that what was asked for cannot be used', () => {
    const { candidate, reason } = decide('gpu', cpu, [report('A', { kind: 'crashed' })]);
    expect(candidate).toBeUndefined();
    expect(reason).toMatch(/^gpu was asked for, but cannot be used\. gpu on A ended the engine/);
  });
});
