import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { problemsOf, samplesIn } from '../../../training/second_generator/check.mjs';
import { makeSamples } from '../../../training/second_generator/samples.mjs';

const evaluation = new URL('../../../training/evaluation/', import.meta.url);
const samples = samplesIn(new URL('second.jsonl', evaluation));
const first = (task: string, index = 0) => {
  const found = samples.filter((sample) => sample.task === task)[index];
  if (!found) throw new Error(`there is no ${task}`);
  return found;
};

describe('the second evaluation set', () => {
  it('expects only what is so', () => {
    expect(problemsOf(samples)).toEqual([]);
  }, 300_000);

  it('has as many questions of each task', () => {
    const counts = new Map<string, number>();
    for (const { task } of samples) counts.set(task, (counts.get(task) ?? 0) + 1);
    expect([...counts.values()]).toEqual(Array.from({ length: 12 }, () => 60));
  });

  it('is what its generator writes', async () => {
    const written = makeSamples('second', 60).map((sample) => `${JSON.stringify(sample)}\n`);
    expect(written.join('')).toBe(await readFile(new URL('second.jsonl', evaluation), 'utf8'));
  }, 300_000);
});

describe('both evaluation sets', () => {
  const heldOut = new URL('heldout.jsonl', evaluation);

  it.skipIf(!existsSync(heldOut))('expect the same words of a model that is asked for something else', () => {
    const sentences = [...samples, ...samplesIn(heldOut)]
      .filter(({ task }) => task === 'other')
      .map(({ check }) => check.sentence);
    expect(new Set(sentences).size).toBe(1);
  });
});

describe('its check sees', () => {
  const changed = (task: string, check: object, answer?: string, index?: number) => {
    const sample = first(task, index);
    return problemsOf([{ ...sample, check: { ...sample.check, ...check }, answer: answer ?? sample.answer }]);
  };
  const rewritten = (task: string, rewrite: (code: string) => string, index?: number) => {
    const { check, answer } = first(task, index);
    const code = rewrite(check.code);
    expect(code).not.toBe(check.code);
    return changed(task, { code }, answer.replace(check.code, code), index);
  };

  it('a wrong output', () => {
    const { lines } = first('trace').check;
    const wrong = ['0', ...lines.slice(1)];
    expect(
      changed('trace', { lines: wrong }, `It prints:\n\n\`\`\`\n${wrong.join('\n')}\n\`\`\``)[0],
    ).toMatch(/it does/);
  });

  it('a repair that repairs nothing, and one that is not the same', () => {
    const { answer, check } = first('bug');
    const other = check.fixed.replace('let ', 'var ');
    expect(changed('bug', { fixed: other }, answer.replace(check.fixed, other))).toEqual([]);
    const wrong = check.fixed.replace('<', '<=');
    expect(changed('bug', { fixed: wrong }, answer.replace(check.fixed, wrong))[0]).toMatch(/not wrong/);
    expect(changed('bug', { also: [check.fixed.replace('= 0', '= 1')] })[0]).toMatch(/does not do the same/);
  });

  it('a name that was left', () => {
    const { question } = first('rename');
    const [, from] = /identifier (\w+) to/.exec(question) ?? [];
    expect(
      rewritten('rename', (code) => code.replace(/\w+Areas\.length/, `${from ?? ''}.length`))[0],
    ).toMatch(/renames otherwise/);
  });

  it('const where it has to be let', () => {
    expect(rewritten('const', (code) => code.replace('let', 'const'))[0]).toMatch(/expected/);
  });

  it('a comparison that is still loose', () => {
    expect(rewritten('equality', (code) => code.replace('===', '=='))[0]).toMatch(
      /expected|nothing is to do/,
    );
  });

  it.each([
    ['forOf', (code: string) => code.replace('+=', '-=')],
    ['guard', (code: string) => code.replace('return ', 'return 1 + ')],
    ['template', (code: string) => code.replace('}', '} ')],
    ['deadCode', (code: string) => code.replace(/.*\n/, '')],
  ] as const)('a %s that does something else', (task, rewrite) => {
    expect(rewritten(task, rewrite)).not.toEqual([]);
  });

  it('another number behind the constant', () => {
    expect(rewritten('constant', (code) => code.replace(/= \d+/, '= 99'))[0]).toMatch(/nobody asked for 99/);
  });

  it('dead code that was left', () => {
    const { answer, check, question } = first('deadCode', 1);
    const line = question
      .split('\n')
      .find((each: string) => each.startsWith(' ') && !check.code.includes(each));
    const code = check.code.replace('\n', `\n${line ?? ''}\n`);
    expect(changed('deadCode', { code }, answer.replace(check.code, code), 1)).not.toEqual([]);
  });
});
