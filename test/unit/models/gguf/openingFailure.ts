import path from 'node:path';
import { expect } from 'vitest';
import type { ModelFileFault } from '../../../../src/models/modelErrors.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';

export interface OpeningFailure {
  readonly error: GlassboxError;
  /** What in the file is at fault. */
  readonly field: string;
}

/** Why a file does not open, which it must not. */
export async function openingFailure(file: string): Promise<OpeningFailure> {
  const outcome = await openModel(file).then(
    async (model) => {
      await model.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  if (!(outcome instanceof GlassboxError))
    throw new Error('a GlassboxError was expected', { cause: outcome });
  expect(outcome.message).toContain(path.basename(file));
  return { error: outcome, field: (outcome.details as ModelFileFault).field };
}
