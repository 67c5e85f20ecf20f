import path from 'node:path';
import { expect, it } from 'vitest';
import { checkScripted } from '../../../bench/checkScripted.ts';
import { withTinyModel } from '../engine/onnx/tinyBackend.ts';

it('A model that knows fewer tokens than replies are made of is refused in a sentence', async () => {
  await withTinyModel({ vocabularySize: 1000 }, (small) =>
    withTinyModel({ vocabularySize: 2000 }, async (large) => {
      await expect(checkScripted(large.path, small.path)).resolves.toBeUndefined();
      await expect(checkScripted(small.path, large.path)).rejects.toThrow(
        `${path.basename(small.path)} knows 1000 tokens; the samples' replies are of ` +
          `${path.basename(large.path)}'s 2000. Name a model with as many after -S`,
      );
    }),
  );
});
