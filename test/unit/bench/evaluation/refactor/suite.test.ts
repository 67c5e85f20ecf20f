import { describe, expect, it } from 'vitest';
import { judgeCase } from '../../../../../bench/evaluation/refactor/judgeCase.ts';
import {
  parseCases,
  readCases,
  type RefactorCase,
} from '../../../../../bench/evaluation/refactor/refactorCase.ts';
import { runPrograms } from '../../../../../bench/evaluation/refactor/runPrograms.ts';
import { patientSyntax } from '../../../../support/syntaxFiles.ts';

const cases = await readCases(new URL('../../../../fixtures/refactor/cases/', import.meta.url).pathname);
const syntax = patientSyntax();
const canRunPython = (await runPrograms('python', ['print(1)']))[0]?.kind === 'ran';

const answerWith = (each: RefactorCase, code: string) => ({
  answer: `\`\`\`${each.language}\n${code}\n\`\`\``,
  finishReason: 'stop' as const,
});

/** Small damages, of which tests should notice one: comparisons and sums turned round, results lost. */
const DAMAGES: readonly (readonly [RegExp, string])[] = [
  [/ === /u, ' !== '],
  [/ !== /u, ' === '],
  [/ == /u, ' != '],
  [/ <= /u, ' > '],
  [/ >= /u, ' < '],
  [/ < /u, ' >= '],
  [/ > /u, ' <= '],
  [/ \+= /u, ' -= '],
  [/ \* /u, ' + '],
  [/ \+ /u, ' * '],
  [/\breturn\b[^;\n]+/u, 'return 0'],
  [/\d+/u, '4242'],
  [/console\.log\(/u, 'String('],
];

describe('The refactor suite', () => {
  it('has at least 60 cases over five languages, and the embedded model’s tasks among them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(60);
    expect(new Set(cases.map(({ language }) => language)).size).toBeGreaterThanOrEqual(5);
    expect(new Set(cases.flatMap(({ nanoTask }) => nanoTask ?? []))).toEqual(
      new Set(['guard', 'const', 'equality', 'forOf', 'template', 'constant', 'deadCode', 'rename']),
    );
  });

  it('has a test for every case whose language is run', () => {
    const untested = cases.filter(
      ({ language, test }) => ['javascript', 'typescript', 'python'].includes(language) && test === undefined,
    );
    expect(untested.map(({ id }) => id)).toEqual([]);
  });
});

describe.each(cases.map((each) => ({ id: each.id, each })))('$id', ({ each }) => {
  const runs = each.test !== undefined && (each.language !== 'python' || canRunPython);
  const damaged = runs
    ? DAMAGES.map(([from, to]) => each.solution.replace(from, to)).filter((code) => code !== each.solution)
    : [];

  it(`has a solution that is accepted and follows the instruction${runs ? ', keeps behaviour, and a test that notices damage' : ''}`, async () => {
    const answers = [each.solution, ...damaged].map((code) => answerWith(each, code));
    const [solved, ...others] = await judgeCase(each, answers, syntax);
    expect(solved).toMatchObject({
      outcome: 'accepted',
      syntaxChecked: true,
      followed: true,
      behaviour: { kind: runs ? 'kept' : 'notRun' },
    });
    if (!runs) return;
    const kinds = others.map((verdict) =>
      verdict.outcome === 'accepted' ? verdict.behaviour.kind : verdict.outcome,
    );
    expect(kinds).toContain('changed');
  });
});

describe('A case that is written wrong', () => {
  const section = (settings: string, blocks = '```js\na();\n```\n\n```js answer\nb();\n```\n') =>
    `# T\n\n## one\n\n${settings}\n\n${blocks}`;

  it.each([
    ['- ask: Do.\n- lines: 2-3', 'there are no lines 2-3'],
    ['- nano: guard', 'it asks nothing'],
    ['- ask: Do.\n- nano: fly', 'there is no task fly'],
    ['- ask: Do.\n- colour: red', 'what is "- colour: red"?'],
    ['- ask: Do.\n- fixes: yes', 'text output'],
  ])('is refused with its name: %j', (settings, problem) => {
    expect(() => parseCases(section(settings), 'javascript')).toThrow(`javascript.md, case one: `);
    expect(() => parseCases(section(settings), 'javascript')).toThrow(problem);
  });

  it('is refused without its code or its solution', () => {
    expect(() => parseCases(section('- ask: Do.', '```js answer\nb();\n```\n'), 'javascript')).toThrow(
      'no block "js"',
    );
    expect(() => parseCases(section('- ask: Do.', '```js\nb();\n```\n'), 'javascript')).toThrow(
      'no block "js answer"',
    );
  });
});
