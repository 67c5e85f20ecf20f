import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import type { GlassboxErrorCode } from '../../../../src/protocol/errors.ts';
import type { GgufToWrite } from '../../../support/ggufWriter.ts';
import { encodeGguf } from './encodeGguf.ts';
import { openingFailure } from './openingFailure.ts';

/** A file that must not open, and what its error names: `model/corrupt` where no code is given. */
export type Refusal = [what: string, model: GgufToWrite, field: string, code?: GlassboxErrorCode];

/** Expects that the file is refused for what is wrong with it. */
export async function expectRefusal(
  model: GgufToWrite,
  field: string,
  code: GlassboxErrorCode = 'model/corrupt',
): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-refused-'));
  try {
    const file = path.join(folder, 'bad.gguf');
    await writeFile(file, encodeGguf(model));
    const failure = await openingFailure(file);
    expect([failure.error.code, failure.field]).toEqual([code, field]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
