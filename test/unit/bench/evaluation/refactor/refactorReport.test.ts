import { check, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import {
  describeRefactorFailures,
  refactorReport,
} from '../../../../../bench/evaluation/refactor/refactorReport.ts';
import type {
  CaseResult,
  RefactorResults,
  Verdict,
} from '../../../../../bench/evaluation/refactor/refactorResults.ts';
import type { RejectionReason } from '../../../../../src/refactor/rejection.ts';

const accepted = (kind: 'kept' | 'changed' | 'notRun', followed = true): Verdict => ({
  outcome: 'accepted',
  syntaxChecked: true,
  followed,
  behaviour:
    kind === 'kept' ? { kind } : kind === 'changed' ? { kind, got: '[1]\n' } : { kind, why: 'no test' },
});
const rejected = (outcome: RejectionReason): Verdict => ({ outcome, detail: 'line 1: } is missing' });

const result = (id: string, verdict: Verdict, rest: Partial<CaseResult> = {}): CaseResult => ({
  id,
  language: 'javascript',
  verdict,
  thought: '',
  answer: `the answer to ${id}`,
  finishReason: 'stop',
  ...rest,
});

const results = (some: readonly CaseResult[]): RefactorResults => ({
  version: 1,
  command: 'npm run eval -- refactor',
  model: {
    name: 'A model',
    architecture: 'llama',
    parameters: 1,
    quantization: 'Q8_0',
    bitsPerWeight: 8.5,
    fileBytes: 11e6,
  },
  sampling: { temperature: 0, seed: 1, maxTokens: 100 },
  machine: { cpu: 'a CPU', threads: 2, runtime: 'ONNX Runtime 1.0' },
  results: some,
});

const mixed = [
  result('kept', accepted('kept'), { nanoTask: 'guard' }),
  result('kept-only', accepted('kept', false), { nanoTask: 'const' }),
  result('changed', accepted('changed'), { thought: 'hm' }),
  result('go', accepted('notRun'), { language: 'go' }),
  result('broken', rejected('syntaxErrors')),
  result('broken-too', rejected('syntaxErrors'), { language: 'go' }),
  result('diff', rejected('diff')),
];

describe('The report of the refactor suite', () => {
  const markdown = refactorReport(results(mixed));
  const rows = markdown.split('\n').map((line) => line.replaceAll(/ +/gu, ' '));

  it.each([
    '### 7 cases',
    '| cases | asked | accepted | rejected | could run | behaviour kept | kept and as asked |',
    "| glassbox-nano's tasks | 2 | 2 | 0 | 2 | 2 | 1 |",
    '| all others | 5 | 2 | 3 | 1 | 0 | 0 |',
    '| JavaScript | 5 | 3 | 2 | 3 | 2 | 1 |',
    '| Go | 2 | 1 | 1 | 0 | 0 | 0 |',
    '| all | 7 | 4 | 3 | 3 | 2 | 1 |',
    '| `syntaxErrors` | 2 |',
    '| `diff` | 1 |',
  ])('says %s', (row) => {
    expect(rows).toContain(row);
  });

  it('lists the checks that reject most first', () => {
    expect(markdown.indexOf('`syntaxErrors`')).toBeLessThan(markdown.indexOf('`diff`'));
  });

  it('says so where nothing was rejected', () => {
    expect(refactorReport(results([result('a', accepted('kept'))]))).toContain('No answer was rejected.');
  });

  it('is formatted', async () => {
    const config = { ...(await resolveConfig('docs/refactor.md')), parser: 'markdown' };
    expect(await check(`${markdown}\n`, config)).toBe(true);
  });

  it('shows what went wrong, and why', () => {
    const text = describeRefactorFailures(mixed, 10);
    expect(text).toContain('==== kept-only: accepted, not as asked, behaviour kept');
    expect(text).toContain(
      '==== changed: accepted, as asked, behaviour changed: [1]\n-- thought\nhm\n-- answer\nthe answer to changed',
    );
    expect(text).toContain('==== broken: rejected, syntaxErrors (line 1: } is missing)');
    expect(text).not.toMatch(/==== (?:kept|go):/u);
    expect(describeRefactorFailures(mixed, 1)).not.toContain('broken');
  });
});
