import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { withComparison, withSetReport } from '../../../../bench/evaluation/nanoPage.ts';

let page: string;
beforeAll(async () => {
  page = await readFile(new URL('../../../../docs/nano.md', import.meta.url), 'utf8');
});

describe('docs/nano.md', () => {
  it('takes the tables of a set, again and again, and keeps all else', () => {
    const once = withSetReport(page, 'second', 'TABLES');
    expect(withSetReport(withSetReport(page, 'second', 'OTHERS'), 'second', 'TABLES')).toBe(once);
    expect(once.match(/TABLES/gu)).toHaveLength(1);
    const [before = '', after = ''] = once.split(
      /(?<=, second: begin -->)[^]*(?=<!-- measured by npm run eval, second: end)/u,
    );
    expect(page.startsWith(before) && page.endsWith(after)).toBe(true);
  });

  it('has a place for each set', () => {
    const full = withSetReport(withSetReport(page, 'second', 'TWO'), 'heldout', 'ONE');
    expect(full.indexOf('ONE')).toBeLessThan(full.indexOf('TWO'));
  });

  it('adds a comparison, and replaces the one of the same title', () => {
    const one = withComparison(page, 'Before -- after', 'FIRST');
    const two = withComparison(one, 'Float', 'SECOND');
    const three = withComparison(two, 'Before -- after', 'THIRD');
    expect(three).not.toContain('FIRST');
    expect(three.indexOf('THIRD')).toBeLessThan(three.indexOf('SECOND'));
    // Two hyphens could end the comment early.
    expect(three).not.toMatch(/compare "[^"\n]*--[^"\n]*"/u);
  });

  it('is refused without its lines', () => {
    expect(() => withSetReport('# Page', 'second', '')).toThrow('has no lines');
    expect(() => withComparison('# Page', 'Title', '')).toThrow('has no line');
  });
});
