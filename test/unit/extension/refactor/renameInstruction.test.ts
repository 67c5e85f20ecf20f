import { describe, expect, it } from 'vitest';
import {
  isIdentifier,
  nameInAnswer,
  readRenameInstruction,
} from '../../../../src/extension/refactor/renameInstruction.ts';

describe('An instruction to rename', () => {
  it.each([
    ['Rename `total` to `sum`.', { from: 'total', to: 'sum' }],
    ['rename total to sum', { from: 'total', to: 'sum' }],
    ['Please rename the variable total to sum', { from: 'total', to: 'sum' }],
    ["Rename 'total' into 'sum'", { from: 'total', to: 'sum' }],
    ['Call total sum instead.', { from: 'total', to: 'sum' }],
    ['Use the name sum instead of total.', { from: 'total', to: 'sum' }],
    ['Use `größe` instead of `$x`', { from: '$x', to: 'größe' }],
    ['Rename this to sum', { to: 'sum' }],
    ['to sum', { to: 'sum' }],
    ['sum', { to: 'sum' }],
    ['', {}],
    ['Give it a name that says what it holds', {}],
    ['Rename a to b and c to d', {}],
    ['Rename `a b` to `c`', {}],
  ])('is read from "%s"', (instruction, expected) => {
    expect(readRenameInstruction(instruction)).toEqual(expected);
  });
});

describe('A name in an answer', () => {
  it.each([
    ['sum', 'sum'],
    ['`sum`', 'sum'],
    ['sum.\n', 'sum'],
    ['A better name is `sum`.', 'sum'],
    ['`sum` says what it is: `sum`.', 'sum'],
    ['Either `sum` or `total`.', undefined],
    ['I am glassbox-nano', undefined],
    ['`a b`', undefined],
    ['', undefined],
  ])('is taken from "%s"', (answer, name) => {
    expect(nameInAnswer(answer)).toBe(name);
  });

  it('is one that code can have', () => {
    expect(isIdentifier('_größe$1')).toBe(true);
    for (const text of ['', '1a', 'a-b', 'a b', 'a\n', 'x'.repeat(201)])
      expect(isIdentifier(text)).toBe(false);
  });
});
