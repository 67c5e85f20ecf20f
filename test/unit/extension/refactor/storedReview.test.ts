import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currentText } from '../../../../src/extension/refactor/review.ts';
import {
  parseStoredReview,
  placeOf,
  reviewOf,
  type StoredReview,
} from '../../../../src/extension/refactor/storedReview.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const document = 'first();\nvar a = 1;\nkeep();\nvar b = 2;\nlast();\n';

const stored: StoredReview = {
  version: 1,
  id: 'b7c1',
  createdAt: 1,
  uri: 'file:///shop/a.js',
  path: 'a.js',
  languageId: 'javascript',
  title: 'Use Modern Syntax',
  instruction: 'Use const.',
  status: 'reviewing',
  original: 'var a = 1;\nkeep();\nvar b = 2;',
  proposed: 'const a = 1;\nkeep();\nconst b = 2;',
  decisions: [['line-3', 'rejected']],
  thought: '',
  answer: '',
  hasTrace: false,
  start: 9,
  documentHash: hash(document),
};

describe('A review on the disk', () => {
  it('comes back with its decisions', () => {
    const parsed = parseStoredReview(JSON.stringify(stored));
    expect(parsed).toEqual(stored);
    expect(parsed && [...reviewOf(parsed).decisions]).toEqual([['line-3', 'rejected']]);
  });

  it.each<[string, unknown]>([
    ['is no JSON', undefined],
    ['is of another version', { ...stored, version: 2 }],
    ['has an id that could be a path', { ...stored, id: '../../etc' }],
    ['decides about a hunk that is not there', { ...stored, decisions: [['line-2', 'accepted']] }],
    ['decides in another way', { ...stored, decisions: [['line-1', 'perhaps']] }],
    ['begins before the document', { ...stored, start: -1 }],
    ['begins in the middle of a unit', { ...stored, start: 0.5 }],
    ['has a status of its own', { ...stored, status: 'ended' }],
    ['names a refactoring that does not exist', { ...stored, refactoring: 'rewriteInRust' }],
    ['has no text', { ...stored, proposed: null }],
    ['is endless', { ...stored, title: 'x'.repeat(30_000) }],
    ['is a list', [stored]],
  ])('is not taken when it %s', (_what, value) => {
    expect(parseStoredReview(value === undefined ? '{"version":1,' : JSON.stringify(value))).toBeUndefined();
  });

  it('is never taken half, whatever the file holds', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(parseStoredReview(json)).toBeUndefined();
      }),
    );
    fc.assert(
      fc.property(fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), (at, character) => {
        const json = JSON.stringify(stored);
        const broken = json.slice(0, at % json.length) + character + json.slice((at % json.length) + 1);
        const parsed = parseStoredReview(broken);
        // What is taken can be used.
        if (parsed !== undefined) currentText(reviewOf(parsed));
      }),
    );
  });
});

describe('The place of a stored review', () => {
  it('is where it was in the same document', () => {
    expect(placeOf(stored, document, hash)).toBe(9);
  });

  it('is where its text stands in a document that has changed elsewhere', () => {
    expect(placeOf(stored, `// new\n${document}`, hash)).toBe(16);
  });

  it('counts what was accepted already', () => {
    const accepted: StoredReview = { ...stored, decisions: [['line-1', 'accepted']] };
    expect(placeOf(accepted, document, hash)).toBeUndefined();
    expect(placeOf(accepted, document.replace('var a', 'const a'), hash)).toBe(9);
  });

  it.each([
    ['its text has changed', document.replace('keep', 'kept')],
    ['its text stands there twice', document + document],
    ['its text is part of a longer line', `x${document.slice(9)}`],
    ['the document is empty', ''],
  ])('is nowhere when %s', (_what, text) => {
    expect(placeOf(stored, text, hash)).toBeUndefined();
  });
});
