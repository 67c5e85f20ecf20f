import { describe, expect, it } from 'vitest';
import { recordsReport, type RecordsRound } from '../../../bench/recordsReport.ts';

const round = (on: number, off: number): RecordsRound => ({
  on: { tokens: 100, elapsedMs: on },
  off: { tokens: 100, elapsedMs: off },
});

describe('the report about records', () => {
  it('takes the median of the rounds, so that a disturbed one does not count', () => {
    const report = recordsReport([round(102, 100), round(404, 400), round(900, 100)], 'experts');
    expect(report).toContain('| with experts | 4.040 |');
    expect(report).toContain('| without | 1.000 |');
    expect(report).toContain(
      'Recording experts costs 2.0 % of decode (median of 3 rounds; 95 % interval 1.0 % to 800.0 %), under the limit',
    );
  });

  it('says when they cost too much', () => {
    expect(recordsReport([round(104, 100)], 'tokens')).toContain('over the limit of 3.0 %');
  });
});
