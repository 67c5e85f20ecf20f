import { expect, it } from 'vitest';
import { CountedRecords } from '../../../src/extension/countedRecords.ts';
import type { RecordsSource } from '../../../src/extension/diagnostics/recordsSource.ts';

it('counts what is asked of the engine, and who is told of changes, and changes neither', async () => {
  const stopped: string[] = [];
  const source: RecordsSource = {
    answers: () => Promise.resolve({ firstAnswer: 7, answers: [] }),
    experts: () => Promise.resolve(null),
    expertTokens: () => Promise.resolve(null),
    kv: () => Promise.reject(new Error('It ended.')),
    memory: () => Promise.resolve(null),
    text: () => Promise.resolve(null),
    watchRecords: (conversationId) => Promise.resolve(async () => void stopped.push(conversationId)),
  };
  const counted = new CountedRecords();
  const records = counted.of(source);
  expect(await records.answers({ conversationId: 'c' })).toEqual({ firstAnswer: 7, answers: [] });
  await expect(records.kv({ conversationId: 'c' })).rejects.toThrow('It ended.');
  const stop = await records.watchRecords('c', () => undefined);
  expect([counted.requests, counted.watches]).toEqual([2, 1]);
  await stop();
  expect([counted.requests, counted.watches]).toEqual([2, 0]);
  expect(stopped).toEqual(['c']);
});
