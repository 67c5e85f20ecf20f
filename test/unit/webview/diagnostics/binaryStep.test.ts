import { expect, it } from 'vitest';
import { binaryStep } from '../../../../webview/diagnostics/binaryStep.ts';

const MiB = 2 ** 20;

it('keeps the marks of an axis of bytes few, and round in binary units', () => {
  expect(binaryStep(138 * MiB)).toBe(32 * MiB);
  expect(binaryStep(192 * MiB)).toBe(32 * MiB);
  expect(binaryStep(193 * MiB)).toBe(64 * MiB);
  expect(binaryStep(3)).toBe(1);
  expect(binaryStep(0)).toBe(1);
});
