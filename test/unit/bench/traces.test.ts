import { describe, expect, it } from 'vitest';
import { tracesReport } from '../../../bench/tracesReport.ts';
import { tracesSession } from '../../../bench/tracesSession.ts';

const plan = { tokens: 3000, layers: 2, experts: 64, topK: 2, rounds: 1 };

describe('the cost of a trace', () => {
  it('is measured of a trace as the host saves it', async () => {
    const rounds = await tracesSession(plan);
    expect(rounds).toHaveLength(1);
    const [round] = rounds;
    // 58 bytes a token, and for each layer two of a scale, and an expert and a weight for each choice; then texts.
    expect(round?.fileBytes).toBeGreaterThan(3000 * (58 + 2 * (2 + 2 * 2)));
    expect(round?.saveMs).toBeGreaterThan(0);
    expect(round?.parseMs).toBeGreaterThan(0);
  });

  it('is over the limit where one block is, however short the others are', () => {
    const round = { parseMs: 10, saveMs: 200, blockedMs: 12, fileBytes: 1e6 };
    expect(tracesReport(plan, [round, round])).toContain(
      'more than 12.0 ms (2 rounds), within the limit of 50 ms',
    );
    expect(tracesReport(plan, [round, { ...round, parseMs: 60 }])).toContain(
      '60.0 ms (2 rounds), over the limit',
    );
    expect(tracesReport(plan, [round])).toContain('1.00 MB');
  });
});
