import { describe, expect, it } from 'vitest';
import { coveredLines } from '../../../src/refactor/coveredLines.ts';
import { growingEdit } from '../../../src/refactor/growingEdit.ts';
import { hunksOf } from '../../../src/refactor/hunks.ts';
import { CART, METHOD_TARGET, NEW_METHOD, recorded, targetAt } from './cart.ts';

const selected = CART.slice(METHOD_TARGET.start, METHOD_TARGET.end);

/** The preview after each unit of an answer, without those equal to the one before. */
function previews(name: string) {
  const { answer } = recorded(name);
  return Array.from({ length: answer.length + 1 }, (_, length) =>
    growingEdit(METHOD_TARGET, answer.slice(0, length)),
  ).filter((each) => each !== undefined);
}

describe('A preview', () => {
  it('begins when the code block does', () => {
    expect(growingEdit(METHOD_TARGET, '')).toBeUndefined();
    expect(growingEdit(METHOD_TARGET, 'Here is the new method:\n\n``')).toBeUndefined();
    expect(growingEdit(METHOD_TARGET, 'Here is the new method:\n\n```ts\n')).toEqual({
      hunks: [],
      coveredLines: 0,
      writtenLines: 0,
      unfinishedLine: '',
    });
  });

  it('shows the line that is being written apart from the whole ones', () => {
    expect(growingEdit(METHOD_TARGET, '```ts\n  total(member: boolean): number {\n    let s')).toMatchObject({
      hunks: [],
      coveredLines: 1,
      writtenLines: 1,
      unfinishedLine: '    let s',
    });
  });

  it.each(['block', 'dedented', 'tabs', 'text-around'])(
    'of “%s” never takes away lines that the model has not come to',
    (name) => {
      for (const { hunks, coveredLines: covered, writtenLines } of previews(name)) {
        const removed = hunks.flatMap(({ originalLines }) => originalLines).length;
        // Whatever is taken away has a line behind it that the model wrote as it was, or it is the end of what is written.
        expect(removed).toBeLessThanOrEqual(covered);
        const last = hunks.at(-1);
        if (last && writtenLines < NEW_METHOD.split('\n').length - 1) {
          const reachesEnd = last.originalStart + last.originalLines.length === covered;
          expect(reachesEnd && last.originalLines.length > 0).toBe(false);
        }
      }
    },
  );

  it.each(['block', 'dedented', 'four-spaces', 'tabs', 'text-around'])(
    'of “%s” ends as the whole proposal',
    (name) => {
      expect(previews(name).at(-1)).toMatchObject({
        hunks: hunksOf(selected, NEW_METHOD),
        coveredLines: 7,
        writtenLines: 7,
      });
    },
  );

  it('finds the last line of a selection that ends without a line break', () => {
    const target = targetAt('f() {\n  var a;\n}', 'f() {\n  var a;\n}');
    expect(growingEdit(target, '```js\nf() {\n  let a;\n}\n```')).toMatchObject({
      coveredLines: 3,
      hunks: [{ originalLines: ['  var a;\n'], proposedLines: ['  let a;\n'] }],
    });
  });
});

describe('The lines that are covered', () => {
  it('are none while nothing that was written stands in the original', () => {
    expect(coveredLines(['a', 'b', 'c'], ['x', 'y'])).toBe(0);
  });

  it('reach to the last line that was kept', () => {
    expect(coveredLines(['a', 'b', 'c', 'd'], ['a', 'x', 'c'])).toBe(3);
    expect(coveredLines(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe(3);
  });

  it('do not jump to a bracket far below', () => {
    expect(coveredLines(['f {', '1', '2', '3', '}'], ['g {', '}'])).toBe(0);
  });

  it('are found without comparing everything in a very long selection', () => {
    const long = Array.from({ length: 3000 }, (_, i) => String(i));
    expect(coveredLines(long, long.slice(0, 1000))).toBe(1000);
  });
});
