import process from 'node:process';
import { afterEach, expect, test, vi } from 'vitest';
import { failWith } from '../../../bench/failWith.ts';
import { GlassboxError } from '../../../src/protocol/errors.ts';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

const bug = new TypeError('x is not a function');
test.each([
  ['a sentence for people, without a stack', new Error('There is no GPU here.'), 'There is no GPU here.'],
  [
    'the sentence of an error of ours, and its code',
    new GlassboxError('model/notFound', 'There is no such file.'),
    'There is no such file. (model/notFound)',
  ],
  ['all of a mistake of the program', bug, bug],
])('A program that fails prints %s, and its exit code says so', (_, thrown, printed) => {
  const print = vi.spyOn(console, 'error').mockReturnValue();
  failWith(thrown);
  expect(print.mock.calls).toEqual([[printed]]);
  expect(process.exitCode).toBe(1);
});
