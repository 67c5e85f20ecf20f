import { describe, expect, it } from 'vitest';
import { expertsReport } from '../../../bench/expertsReport.ts';
import type { ExpertsRound } from '../../../bench/expertsSession.ts';
import type { SessionResult } from '../../../bench/session.ts';

const result = (decodeMs: number, prefillMs: number): SessionResult => ({
  loadMs: 1,
  prefillTokens: 512,
  prefillMs,
  decodeTokens: 100,
  decodeMs,
  peakBytes: 1e8,
});

function reportOf(rounds: readonly ExpertsRound[]): string {
  return expertsReport(
    {
      command: 'npm run bench -- experts',
      date: '2026-01-31',
      cpu: 'a CPU',
      versions: 'Node 20',
      plan: { contextTokens: 612, threads: 2, promptTokens: 512, decodeTokens: 101, rounds: rounds.length },
    },
    [
      {
        size: 'wide',
        parameters: { experts: 428e6, active: 76e6, total: 428e6 },
        activeParameters: 76e6,
        rounds,
      },
    ],
  );
}

describe('the report about experts', () => {
  it('compares times within each round', () => {
    const report = reportOf([
      { experts: result(110, 60), active: result(100, 50), total: result(400, 300) },
      { experts: result(900, 600), active: result(750, 500), total: result(3000, 3000) },
      { experts: result(360, 240), active: result(300, 200), total: result(1200, 1200) },
    ]);
    expect(report).toContain(
      '| decode 101 | 3.60 ms a token | 3.00 ms a token | 1.20 | 12.00 ms a token | 4.00 |',
    );
    expect(report).toContain('| prefill 512 | 240 ms | 200 ms | 1.20 | 1200 ms | 6.00 |');
    expect(report).toContain('| weights (a token meets) | 428 M (76 M) | 76 M |  | 428 M |  |');
    expect(report).toContain(
      'Decode costs 1.20 times a dense model of the active size: within the limit of 1.3.',
    );
  });

  it('says when they cost too much', () => {
    const report = reportOf([{ experts: result(140, 60), active: result(100, 50), total: result(400, 300) }]);
    expect(report).toContain('1.40 times a dense model of the active size: over the limit of 1.3');
  });
});
