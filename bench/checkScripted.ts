import path from 'node:path';
import { openModel } from '../src/models/openModel.ts';

/**
 * Before anything is measured.
 * @throws Error for people where the model at `modelPath` cannot be made to say replies in the tokens of the one at `tokenizerPath`
 */
export async function checkScripted(modelPath: string, tokenizerPath: string): Promise<void> {
  const [known, needed] = [await vocabularySizeOf(modelPath), await vocabularySizeOf(tokenizerPath)];
  if (known >= needed) return;
  throw new Error(
    `${path.basename(modelPath)} knows ${known} tokens; the samples' replies are of ` +
      `${path.basename(tokenizerPath)}'s ${needed}. Name a model with as many after -S, ` +
      'or measure replies of its own with -m.',
  );
}

async function vocabularySizeOf(modelPath: string): Promise<number> {
  const file = await openModel(modelPath);
  try {
    return file.spec.vocabularySize;
  } finally {
    await file.close();
  }
}
