import { describe, expect, it } from 'vitest';
import { processMemory } from '../../../../src/engine/processMemory.ts';
import { withBackend, withTinyModel } from './tinyBackend.ts';

const LAYERS = 24;
const INNER = 4096;
const CHUNK = 128;
/** What a layer's feed-forward holds of a chunk at least: one float of each of its inner rows for each token. */
const LAYER_BYTES = CHUNK * INNER * Float32Array.BYTES_PER_ELEMENT;

/** Only Linux tells a process's memory so exactly, and only glibc's heap was seen to grow. */
describe.runIf(process.platform === 'linux')('the working memory of a pass', () => {
  it('is that of one layer, not of all', async () => {
    const shape = { embeddingLength: 64, innerLength: INNER, layers: LAYERS } as const;
    await withTinyModel({ ...shape, type: 'Q8_0', vocabularySize: 512 }, async (file) => {
      await withBackend(file, { kernels: 'glassbox' }, async (model) => {
        const sequence = model.createSequence(8 * CHUNK);
        await sequence.append([1]);
        const before = nativeBytes();
        const piece = Array.from({ length: CHUNK }, (_, i) => i % 60);
        // Several, as threads have heaps of their own and take turns.
        for (let pass = 0; pass < 6; pass++) await sequence.append(piece);
        // Some 15 MB; 146 where each layer took memory of its own.
        expect(nativeBytes() - before).toBeLessThan(LAYERS * LAYER_BYTES);
        sequence.dispose();
      });
    });
  });
});

function nativeBytes(): number {
  const { residentBytes, heapBytes } = processMemory();
  return residentBytes - heapBytes;
}
