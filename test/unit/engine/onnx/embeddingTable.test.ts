import { describe, expect, it } from 'vitest';
import { EmbeddingTable } from '../../../../src/engine/backends/onnx/embeddingTable.ts';
import { dequantize } from '../../../../src/models/quantization/dequantize.ts';
import { withTinyModel } from './tinyBackend.ts';

describe('a table of embeddings', () => {
  it('gives the rows of the file, however often and in whatever order they are asked for', async () => {
    // Rows of 32 KiB, of which it keeps 32.
    await withTinyModel(
      { type: 'Q8_0', layers: 1, embeddingLength: 8192, innerLength: 32 },
      async ({ weights }) => {
        const table = await EmbeddingTable.load(weights);
        const expected = dequantize('Q8_0', await weights.read('embedding'));
        const width = 8192;
        for (let round = 0; round < 12; round++) {
          const tokens = Array.from({ length: 5 }, (_, i) => (round * 7 + i * 3) % 50);
          const found = new Float32Array(tokens.length * width);
          table.lookUp(tokens, found);
          for (const [index, token] of tokens.entries())
            expect(found.subarray(index * width, (index + 1) * width)).toEqual(
              expected.subarray(token * width, (token + 1) * width),
            );
        }
      },
    );
  });

  it('refuses a token outside the vocabulary', async () => {
    await withTinyModel({ type: 'Q8_0', layers: 1 }, async ({ weights }) => {
      const table = await EmbeddingTable.load(weights);
      for (const token of [-1, 0.5, 1e6])
        expect(() => {
          table.lookUp([token], new Float32Array(4096));
        }).toThrow(/not in the vocabulary/);
    });
  });
});
