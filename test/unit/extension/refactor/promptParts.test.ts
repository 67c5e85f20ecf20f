import { describe, expect, it } from 'vitest';
import { identifiersIn } from '../../../../src/extension/refactor/identifiersIn.ts';
import { importLines } from '../../../../src/extension/refactor/importLines.ts';
import { occurrences } from '../../../../src/extension/refactor/occurrences.ts';
import { tokenBudgets } from '../../../../src/extension/refactor/tokenBudgets.ts';
import { blockAround, wholeLines } from '../../../../src/extension/refactor/wholeLines.ts';

describe('The names that code uses', () => {
  it('are found once, where they stand first, without words of the language', () => {
    expect(identifiersIn('return price(total, total) + größe;', 10)).toEqual([
      { name: 'price', offset: 7 },
      { name: 'total', offset: 13 },
      { name: 'größe', offset: 29 },
    ]);
  });

  it('are no more than asked for', () => {
    expect(identifiersIn('alpha beta gamma', 2).map(({ name }) => name)).toEqual(['alpha', 'beta']);
  });
});

describe('The import lines of a file', () => {
  it.each([
    ["import {\n  a,\n  b,\n} from './a.ts';\nconst c = 1;", "import {\n  a,\n  b,\n} from './a.ts';"],
    ['from shop import (\n    price,\n)\nimport os\n\nx = 1', 'from shop import (\n    price,\n)\nimport os'],
    ['package main\n\nimport (\n\t"fmt"\n)\n\nfunc f() {}', 'package main\nimport (\n\t"fmt"\n)'],
    ['#include <stdio.h>\nint x;', '#include <stdio.h>'],
    ['use std::fs;\nfn f() {}', 'use std::fs;'],
    ["const fs = require('node:fs');\nconst n = 2;", "const fs = require('node:fs');"],
    ["require 'json'\nclass A; end", "require 'json'"],
    ['const imported = 1;\nuseful();', ''],
  ])('are those of %j', (text, expected) => {
    expect(importLines(text.split('\n')).join('\n')).toBe(expected);
  });
});

describe('The lines of a selection', () => {
  const lines = ['', 'a', 'b', '', 'c', ''];
  const at = (line: number): string => lines[line] ?? '';

  it('do not count the line at whose start it ends, nor blank ones at its ends', () => {
    expect(wholeLines(at, { startLine: 0, endLine: 5, endCharacter: 0 })).toEqual({ first: 1, last: 4 });
    expect(wholeLines(at, { startLine: 1, endLine: 1, endCharacter: 1 })).toEqual({ first: 1, last: 1 });
    expect(wholeLines(at, { startLine: 3, endLine: 3, endCharacter: 0 })).toBeUndefined();
  });

  it('are those around the cursor up to blank ones, where nothing is selected', () => {
    expect(blockAround(lines, 2)).toEqual({ first: 1, last: 2 });
    expect(blockAround(lines, 3)).toBeUndefined();
    expect(blockAround(['a'], 0)).toEqual({ first: 0, last: 0 });
  });
});

describe('A name in a text', () => {
  it('is found as a whole word', () => {
    expect(occurrences('total subtotal total_ $total total', 'total')).toEqual([0, 29]);
    expect(occurrences('', 'total')).toEqual([]);
  });
});

describe('The share of the context', () => {
  it('gives the reply room for the selection twice and for the thought', () => {
    expect(tokenBudgets({ capacity: 8192, selectionTokens: 100, thoughtTokens: 1000 })).toEqual({
      prompt: 6864,
      reply: 1328,
    });
  });

  it('never gives the reply more than half', () => {
    expect(tokenBudgets({ capacity: 512, selectionTokens: 400, thoughtTokens: undefined })).toEqual({
      prompt: 256,
      reply: 256,
    });
  });
});
