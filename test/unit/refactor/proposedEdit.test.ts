import { describe, expect, it } from 'vitest';
import type { FinishReason } from '../../../src/protocol/generation.ts';
import { applyReplacement } from '../../../src/refactor/editTarget.ts';
import { proposedEdit, type Adjustment } from '../../../src/refactor/proposedEdit.ts';
import type { RejectionReason } from '../../../src/refactor/rejection.ts';
import { asked, CART, METHOD_TARGET, NEW_CART, NEW_METHOD, recorded, targetAt } from './cart.ts';

/** The document after an answer, and how it came about; or why there is none. */
function outcome(target: Parameters<typeof proposedEdit>[0], reply: Parameters<typeof proposedEdit>[1]) {
  const proposal = proposedEdit(target, reply);
  return proposal.kind === 'rejected'
    ? { rejected: proposal.reason }
    : {
        document: applyReplacement(target.document, proposal.edit),
        adjustments: proposal.adjustments,
        needsSyntaxCheck: proposal.needsSyntaxCheck,
      };
}

describe('A recorded answer becomes the same edit', () => {
  const good: readonly (readonly [
    name: string,
    adjustments: readonly Adjustment[],
    needsSyntaxCheck: boolean,
  ])[] = [
    ['block', [], false],
    ['text-around', [], false],
    ['tildes', [], false],
    ['crlf', [], false],
    ['dedented', ['reindented'], false],
    ['four-spaces', ['reindented'], false],
    ['tabs', ['reindented'], false],
    ['whole-file', ['cutFromFile'], false],
    ['unclosed', ['unclosedBlock'], true],
    ['bare', ['bare'], true],
  ];
  it.each(good)('when it is “%s”', (name, adjustments, needsSyntaxCheck) => {
    expect(outcome(METHOD_TARGET, recorded(name))).toEqual({
      document: NEW_CART,
      adjustments,
      needsSyntaxCheck,
    });
  });

  it('when the selection begins inside its line, whether the answer has the first indentation or not', () => {
    const piece = CART.slice(METHOD_TARGET.start + 2, METHOD_TARGET.end - 1);
    const target = targetAt(CART, piece);
    for (const name of ['block', 'first-indent-lost', 'dedented', 'four-spaces', 'tabs']) {
      expect(outcome(target, recorded(name)), name).toMatchObject({ document: NEW_CART });
    }
  });

  it('when the document has CRLF, which stays', () => {
    const document = CART.replaceAll('\n', '\r\n');
    const target = targetAt(
      document,
      METHOD_TARGET.document.slice(METHOD_TARGET.start, METHOD_TARGET.end).replaceAll('\n', '\r\n'),
    );
    for (const name of ['block', 'crlf', 'tabs', 'whole-file']) {
      expect(outcome(target, recorded(name)), name).toMatchObject({
        document: NEW_CART.replaceAll('\n', '\r\n'),
      });
    }
  });

  it('when the document is indented with tabs, which stay', () => {
    const tabbed = (text: string): string =>
      text.replaceAll(/^(?: {2})+/gmu, (spaces) => '\t'.repeat(spaces.length / 2));
    const target = targetAt(tabbed(CART), tabbed(CART.slice(METHOD_TARGET.start, METHOD_TARGET.end)));
    for (const name of ['block', 'dedented', 'four-spaces', 'tabs']) {
      expect(outcome(target, recorded(name)), name).toMatchObject({ document: tabbed(NEW_CART) });
    }
  });

  it('when the selection has blank lines around it, which stay', () => {
    const target = { ...METHOD_TARGET, start: METHOD_TARGET.start - 1, end: METHOD_TARGET.end + 1 };
    expect(outcome(target, recorded('block'))).toMatchObject({ document: NEW_CART });
  });

  it('when the file has no final line break, and then it gets none', () => {
    const document = 'var a = 1;\nvar b = 2;';
    expect(outcome(targetAt(document, 'var b = 2;'), asked('```js\nconst b = 2;\n```'))).toMatchObject({
      document: 'var a = 1;\nconst b = 2;',
    });
    expect(
      outcome(targetAt(`${document}\n`, `${document}\n`), asked('```\nconst a = 1;\nconst b = 2;```\n```')),
    ).toMatchObject({
      document: 'const a = 1;\nconst b = 2;```\n',
    });
  });
});

describe('A piece inside a line', () => {
  it('takes the place of just this piece', () => {
    const target = targetAt('  if (a == b && c) run();\n', 'a == b');
    expect(outcome(target, asked('```js\n  a === b\n```'))).toMatchObject({
      document: '  if (a === b && c) run();\n',
    });
  });

  it('may become several lines, the others indented as the line it stands in', () => {
    const target = targetAt('  run({ a: 1 });\n', '{ a: 1 }');
    expect(outcome(target, asked('```js\n{\n  a: 1,\n  b: 2,\n}\n```'))).toMatchObject({
      document: '  run({\n    a: 1,\n    b: 2,\n  });\n',
    });
  });
});

describe('Indentation', () => {
  it('of comments keeps the space before their stars', () => {
    const target = targetAt(
      'class A {\n\tf() {\n\t\treturn 1;\n\t}\n}\n',
      '\tf() {\n\t\treturn 1;\n\t}\n',
      'javascript',
    );
    const answer = '```js\n/**\n * Gives one.\n */\nf() {\n    return 1;\n}\n```';
    expect(outcome(target, asked(answer))).toMatchObject({
      document: 'class A {\n\t/**\n\t * Gives one.\n\t */\n\tf() {\n\t\treturn 1;\n\t}\n}\n',
    });
  });

  it('inside of strings is content and stays, where a parser says which lines these are', () => {
    const document = 'function f() {\n  var text = `\na\n    b`;\n}\n';
    const target = targetAt(document, '  var text = `\na\n    b`;\n', 'javascript');
    const answer = '```js\nconst text = `\na\n    b`;\n```';
    const proposal = proposedEdit(target, asked(answer), () => new Set([1, 2]));
    expect(proposal).toMatchObject({ edit: { text: '  const text = `\na\n    b`;\n' } });
  });

  it('that is aligned with something, and not a level, stays', () => {
    const target = targetAt('  call(one);\n', '  call(one);\n', 'javascript');
    expect(outcome(target, asked('```js\ncall(one,\n     two,\n       three);\n```'))).toMatchObject({
      document: '  call(one,\n       two,\n         three);\n',
    });
  });
});

describe('A recorded answer is rejected', () => {
  const bad: readonly (readonly [name: string, reason: RejectionReason, finishReason?: FinishReason])[] = [
    ['empty', 'empty'],
    ['empty-block', 'empty'],
    ['text', 'noCode'],
    ['truncated', 'truncated', 'length'],
    ['truncated', 'truncated', 'contextFull'],
    ['block', 'truncated', 'length'],
    ['truncated', 'loop', 'loop'],
    ['truncated', 'cancelled', 'cancelled'],
    ['two-blocks', 'severalBlocks'],
    ['diff', 'diff'],
    ['diff-untagged', 'diff'],
    ['whole-file-changed', 'wholeFile'],
    ['whole-class', 'wholeFile'],
    ['thought-before', 'thoughtInside'],
    ['thought-in-code', 'thoughtInside'],
    ['special-token', 'specialToken'],
    ['other-language', 'otherLanguage'],
    ['elided', 'elided'],
    ['unchanged', 'unchanged'],
  ];
  const cases = bad.map(([name, reason, finishReason]) => ({
    name,
    reason,
    finishReason: finishReason ?? ('stop' as const),
  }));
  it.each(cases)(
    'when it is “$name” and ended by $finishReason: $reason',
    ({ name, reason, finishReason }) => {
      const reply = recorded(name, finishReason);
      const proposal = proposedEdit(METHOD_TARGET, reply);
      expect(proposal).toMatchObject({ kind: 'rejected', reason, text: reply.answer });
      if (proposal.kind !== 'rejected') return;
      expect(proposal.forUser).toMatch(/^[A-Z].+\.$/su);
      expect(proposal.forModel).toMatch(/^[A-Z].+\.$/su);
    },
  );

  it('with what was found', () => {
    const details = ['two-blocks', 'other-language', 'elided', 'special-token'].map((name) => {
      const proposal = proposedEdit(METHOD_TARGET, recorded(name));
      return proposal.kind === 'rejected' ? proposal.detail : '';
    });
    expect(details).toEqual([
      '2',
      'Python',
      '// ... rest of the loop stays the same',
      '<｜end▁of▁sentence｜>',
    ]);
  });
});

describe('What stands in the selected code already', () => {
  it('is no sign of a thought', () => {
    const document = "const OPEN = '<think>';\n";
    expect(
      outcome(targetAt(document, document), asked("```ts\nexport const OPEN = '<think>';\n```")),
    ).toMatchObject({
      document: "export const OPEN = '<think>';\n",
    });
    expect(
      outcome(targetAt(document, document), asked("Hm.</think>\n```ts\nexport const OPEN = '<think>';\n```")),
    ).toEqual({
      rejected: 'thoughtInside',
    });
  });

  it('is no sign that code was left out', () => {
    const document = 'f(); // ... and so on\n// ... existing code\n';
    expect(
      outcome(targetAt(document, document), asked('```ts\ng(); // ... and so on\n// ... existing code\n```')),
    ).toMatchObject({
      document: 'g(); // ... and so on\n// ... existing code\n',
    });
  });

  it('is no sign of a diff', () => {
    const document = '- one\n+ two\n';
    expect(
      outcome(targetAt(document, document, 'markdown'), asked('```\n- one\n+ three\n```')),
    ).toMatchObject({
      document: '- one\n+ three\n',
    });
  });
});

describe('Code that may pass', () => {
  it('can spread arguments, and Python can say “...”', () => {
    expect(outcome(targetAt('f(a);\n', 'f(a);\n'), asked('```js\nf(...a);\n```'))).toMatchObject({
      document: 'f(...a);\n',
    });
    expect(outcome(targetAt('pass\n', 'pass\n', 'python'), asked('```python\n...\n```'))).toMatchObject({
      document: '...\n',
    });
  });

  it('can have a tag that says another language of its family, or none', () => {
    for (const tag of ['', 'js', 'tsx', 'text', 'something', 'typescript title="a.ts"']) {
      expect(outcome(targetAt('a();\n', 'a();\n'), asked(`\`\`\`${tag}\nb();\n\`\`\``)), tag).toMatchObject({
        document: 'b();\n',
      });
    }
  });

  it('can repeat a line or two from elsewhere in the file', () => {
    const target = targetAt(CART, '    this.items = [];\n');
    expect(
      outcome(target, asked('```ts\n    let sum = 0;\n    this.items = [sum].slice(1);\n```')),
    ).toMatchObject({
      adjustments: [],
    });
  });
});

it('An edit never reaches outside its selection, whatever the answer is', () => {
  for (const name of ['block', 'dedented', 'tabs', 'whole-file', 'bare', 'crlf']) {
    const proposal = proposedEdit(METHOD_TARGET, recorded(name));
    expect(proposal).toMatchObject({
      edit: { start: METHOD_TARGET.start, end: METHOD_TARGET.end, text: NEW_METHOD },
    });
  }
});
