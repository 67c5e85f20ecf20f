import { describe, expect, it } from 'vitest';
import { questionAbout, questionOfLength } from '../../../bench/promptText.ts';

describe('questionOfLength', () => {
  const code = 'a'.repeat(1000);
  /** A token for every three characters, and ten for the template. */
  const count = (question: string): Promise<number> => Promise.resolve(10 + Math.ceil(question.length / 3));

  it('is the longest question whose prompt fits', async () => {
    const question = await questionOfLength(code, 200, count);
    expect(await count(question)).toBe(200);
    expect(await count(`${question}a`)).toBe(201);
  });

  it('says when there is not enough code', async () => {
    await expect(questionOfLength(code, 2000, count)).rejects.toThrow('not enough code');
  });

  it('is about the beginning of the code', () => {
    expect(questionAbout('const a = 1;', 7).endsWith('\n\nconst a')).toBe(true);
  });
});
