import { expect, test } from 'vitest';
import { Conversations } from '../../src/engine/conversations.ts';
import { planModel } from '../../src/engine/backends/gpu/gpuPlan.ts';
import { ANY_ADAPTER, SOFTWARE_TUNING } from '../../src/engine/backends/gpu/gpuTuning.ts';
import { planBytes } from '../../src/engine/backends/gpu/planWithin.ts';
import { processMemory } from '../../src/engine/processMemory.ts';
import { ConversationRecords } from '../../src/engine/records/conversationRecords.ts';
import { routingShape } from '../../src/engine/records/routingShape.ts';
import { withGpuModel, withSmallModel } from './support/gpuModels.ts';

const CAPACITY = 512;

test('Conversations stay within the memory of the GPU that was allowed: the one used longest ago makes room', async () => {
  await withSmallModel({ family: 'llama', type: 'Q8_0' }, async (file) => {
    const { spec, weights } = file;
    const plan = planModel(spec, weights, { limits: ANY_ADAPTER, tuning: SOFTWARE_TUNING, cache: 'f16' });
    const bytes = planBytes(plan, CAPACITY);
    const rest = bytes.weightBytes + bytes.activationBytes;
    // Room for two and a half.
    const memoryBytes = rest + 2.5 * bytes.kvBytes;
    await withGpuModel(file, { memoryBytes, tuning: SOFTWARE_TUNING }, async (model) => {
      const now = (): number => 0;
      const conversations = new Conversations({
        model,
        capacity: CAPACITY,
        kvBytes: bytes.kvBytes,
        records: new ConversationRecords({
          shape: routingShape(spec),
          unixNow: now,
          now,
          onChange: () => undefined,
        }),
        availableMemory: () => Promise.resolve(Infinity),
        processMemory,
      });
      const open = async (...ids: readonly string[]): Promise<string[]> => {
        for (const id of ids) await (await conversations.open(id)).append([1, 2, 3]);
        return conversations.list().map(({ conversationId }) => conversationId);
      };
      expect(await open('one')).toEqual(['one']);
      expect(await open('two')).toEqual(['one', 'two']);
      expect(await open('three')).toEqual(['two', 'three']);
      expect(await open('two', 'four')).toEqual(['two', 'four']);
      conversations.releaseAll();
    });
    // Of what is not limited, as many as ever.
    await withGpuModel(file, { tuning: SOFTWARE_TUNING }, (model) => {
      expect(model.sequencesThatFit?.(CAPACITY)).toBe(Infinity);
      return Promise.resolve();
    });
  });
});
