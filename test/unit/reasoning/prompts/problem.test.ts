import { describe, expect, it } from 'vitest';
import { renderProblems } from '../../../../src/reasoning/prompts/problem.ts';

describe('Problems', () => {
  it('are rendered one a line, with the line of code that each is about', () => {
    const rendered = renderProblems('cart.ts', [
      {
        severity: 'error',
        line: 16,
        column: 12,
        message: "Property 'push'\ndoes not exist.",
        code: 'ts(2339)',
        sourceLine: '  this.push(item);',
      },
      { severity: 'warning', line: 1, column: 1, message: 'Unused.', sourceLine: '' },
    ]);
    expect(rendered).toBe(
      [
        'Problems reported in `cart.ts`:',
        '',
        '```',
        "16:12 error ts(2339): Property 'push' does not exist.",
        '    this.push(item);',
        '1:1 warning: Unused.',
        '```',
      ].join('\n'),
    );
  });
});
