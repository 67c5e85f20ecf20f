import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyHunks } from '../../../../src/refactor/hunks.ts';
import {
  acceptedIds,
  acceptedText,
  currentText,
  decide,
  follow,
  newReview,
  pendingHunks,
  pendingPlaces,
  settle,
} from '../../../../src/extension/refactor/review.ts';

const original = 'var a = 1;\nkeep();\nvar b = 2;\nkeep();\nvar c = 3;';
const proposed = 'const a = 1;\nkeep();\nlet b = 2;\nkeep();\nconst c = 3;';
const ids = ['line-1', 'line-3', 'line-5'];

describe('A review', () => {
  it('has a hunk for each change, and waits for a decision of each', () => {
    const review = newReview(original, proposed);
    expect(pendingHunks(review).map(({ id }) => id)).toEqual(ids);
    expect(currentText(review)).toBe(original);
    expect(acceptedText(review)).toBe(proposed);
  });

  it('says what the range holds after each decision, and where the rest stands in it', () => {
    const review = decide(
      decide(newReview(original, proposed), ['line-1'], 'accepted'),
      ['line-3'],
      'rejected',
    );
    const text = 'const a = 1;\nkeep();\nvar b = 2;\nkeep();\nvar c = 3;';
    expect(currentText(review)).toBe(text);
    expect(pendingPlaces(review).map(({ start, end }) => text.slice(start, end))).toEqual(['var c = 3;']);
    expect(acceptedText(review)).toBe('const a = 1;\nkeep();\nvar b = 2;\nkeep();\nconst c = 3;');
  });

  it('decides nothing twice, and nothing that it does not know', () => {
    const review = decide(newReview(original, proposed), ['line-1'], 'rejected');
    expect(decide(review, ['line-1', 'line-2', 'constructor'], 'accepted')).toBe(review);
  });

  it('is the same for every mixture and order of decisions as applying the accepted hunks at once', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', '\n', 'd');
    const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''));
    fc.assert(
      fc.property(
        text,
        text,
        fc.array(fc.tuple(fc.nat(8), fc.boolean()), { maxLength: 8 }),
        (before, after, choices) => {
          let review = newReview(before, after);
          for (const [index, isAccepted] of choices) {
            const hunk = pendingHunks(review)[index];
            if (hunk !== undefined) review = decide(review, [hunk.id], isAccepted ? 'accepted' : 'rejected');
          }
          expect(currentText(review)).toBe(applyHunks(before, review.hunks, acceptedIds(review.decisions)));
          const all = decide(
            review,
            pendingHunks(review).map(({ id }) => id),
            'accepted',
          );
          expect(currentText(all)).toBe(acceptedText(review));
          if (choices.length === 0) expect(currentText(all)).toBe(after);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('Following a document', () => {
  const review = decide(newReview(original, proposed), ['line-1'], 'accepted');

  it('finds the range where it has moved to', () => {
    const document = `// new\n${currentText(review)}\n`;
    expect(follow(review, document, [7, 0])).toEqual({ review, start: 7 });
  });

  it('takes an undo of an accept as a decision that is open again, and a redo as made again', () => {
    const undone = follow(review, `${original}\n`, [0]);
    expect(undone?.review.decisions.size).toBe(0);
    const redone = undone && follow(undone.review, `${currentText(review)}\n`, [0]);
    expect(redone?.review.decisions).toEqual(review.decisions);
  });

  it('sees lines that an undone accept had added before the range or behind it', () => {
    const adding = decide(
      newReview('body();\n', 'head();\nbody();\ntail();\n'),
      ['line-1', 'line-2'],
      'accepted',
    );
    const undone = follow(adding, 'body();\n', [0]);
    expect(undone && currentText(undone.review)).toBe('body();\n');
    // The redo adds outside of what the range is now; it is found all the same.
    const redone = undone && follow(undone.review, 'head();\nbody();\ntail();\n', [8, 0]);
    expect(redone).toMatchObject({ start: 0 });
    expect(redone && currentText(redone.review)).toBe('head();\nbody();\ntail();\n');
  });

  it.each([
    ['a word in it is another', currentText(review).replace('keep', 'kept')],
    ['its last line goes on', `${currentText(review)} // more`],
    ['its first line begins otherwise', `x ${currentText(review)}`],
  ])('tells that somebody else has changed it when %s', (_how, document) => {
    expect(follow(review, document, [0, 2])).toBeUndefined();
  });
});

describe('Settling with what somebody else has written', () => {
  it('keeps the changes that were left alone, where they stand now', () => {
    const review = newReview(original, proposed);
    const mine = '// mine\nvar a = 10;\nkeep();\nvar b = 2;\nkeep();\nvar c = 3;';
    const { review: rest, dropped } = settle(review, mine);
    expect(dropped).toBe(1);
    expect(currentText(rest)).toBe(mine);
    expect(acceptedText(rest)).toBe('// mine\nvar a = 10;\nkeep();\nlet b = 2;\nkeep();\nconst c = 3;');
  });

  it('keeps what was accepted already as part of the text', () => {
    const review = decide(newReview(original, proposed), ['line-1'], 'accepted');
    const mine = currentText(review).replace('var b', 'var bee');
    const { review: rest, dropped } = settle(review, mine);
    expect(dropped).toBe(1);
    expect(acceptedText(rest)).toBe('const a = 1;\nkeep();\nvar bee = 2;\nkeep();\nconst c = 3;');
  });

  it('has nothing left when all was written anew', () => {
    const { review: rest, dropped } = settle(newReview(original, proposed), 'nothing();\n');
    expect(dropped).toBe(3);
    expect(pendingHunks(rest)).toEqual([]);
    expect(currentText(rest)).toBe('nothing();\n');
  });

  it('never changes a line that somebody else wrote', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\n', 'd\n');
    const text = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''));
    fc.assert(
      fc.property(text, text, fc.nat(8), (before, after, at) => {
        const lines = before.split(/(?<=\n)/u);
        const mine = [...lines.slice(0, at), 'mine\n', ...lines.slice(at)].join('');
        const { review } = settle(newReview(before, after), mine);
        expect(currentText(review)).toBe(mine);
        expect(acceptedText(review).split('mine\n')).toHaveLength(2);
      }),
      { numRuns: 300 },
    );
  });
});
