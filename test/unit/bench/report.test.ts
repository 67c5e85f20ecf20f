import { describe, expect, it } from 'vitest';
import { report, withReport, type Environment, type Round } from '../../../bench/report.ts';

const environment: Environment = {
  command: 'npm run bench -- cpu',
  date: '2026-01-31',
  cpu: 'A CPU',
  versions: 'Node 20',
  plan: { contextTokens: 2048, threads: 2, promptTokens: 512, decodeTokens: 128 },
  rounds: 1,
  memoryBandwidth: 10e9,
};
const session = {
  loadMs: 100,
  prefillTokens: 512,
  prefillMs: 1000,
  decodeTokens: 127,
  decodeMs: 1270,
  peakBytes: 2e8,
};
const round: Round = {
  glassbox: {
    ...session,
    aboveBackend: 0.02,
    secondQuestionMs: 50,
    reprocessedMs: 500,
    secondPromptTokens: 700,
    secondReusedTokens: 650,
    runtime: 'ONNX Runtime 1',
  },
  llamaCpp: { ...session, decodeMs: 2540 },
  backend: { ...session, decodeMs: 1200 },
};
const model = { path: 'm.gguf', description: 'A model, Q4_0', fileBytes: 1e8, bytesPerToken: 5e7 };

describe('report', () => {
  const markdown = report(environment, [{ model, rounds: [round] }]);

  it.each([
    '| prefill 512 | 512.0 tokens/s | 512.0 tokens/s | 1.00 |',
    '| decode 128 | 100.0 tokens/s | 50.0 tokens/s | 2.00 |',
    '| memory bandwidth used by decode | 50.0 % | 25.0 % |  |',
    '| warm load | 100 ms | 100 ms | 1.00 |',
    '| peak resident memory | 200 MB | 200 MB | 1.00 |',
    '50 ms; reprocessed 500 ms, 10.0 times as long',
    '| decode time above the backend, as the engine counts it | 2.0 % |',
    '| decode speed of the whole engine, as a share of the bare backend | 94.5 % |',
  ])('says %s', (line) => {
    expect(markdown).toContain(line);
  });
});

describe('withReport', () => {
  const page = (between: string) =>
    `# Page\n<!-- measured by npm run bench: begin -->${between}<!-- measured by npm run bench: end -->\nEnd\n`;

  it('replaces what stands between the markers, again and again', () => {
    const once = withReport(page('\n'), 'new');
    expect(once).toBe(page('\n\nnew\n\n'));
    expect(withReport(once, 'newer')).toBe(page('\n\nnewer\n\n'));
  });

  it('refuses a page without markers', () => {
    expect(() => withReport('# Page', 'new')).toThrow('has no lines');
  });
});
