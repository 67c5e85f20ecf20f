import { describe, expect, it } from 'vitest';
import { KvCache } from '../../../../src/engine/kvCache.ts';
import { ConversationRecords } from '../../../../src/engine/records/conversationRecords.ts';
import { ScriptedSequence } from './scriptedSequence.ts';

const SHAPE = { layers: [1], experts: 4, topK: 1 };

const newRecords = (changed: string[] = []): ConversationRecords =>
  new ConversationRecords({
    shape: SHAPE,
    unixNow: () => 0,
    now: () => 0,
    onChange: (id) => changed.push(id),
  });

function openCache(records: ConversationRecords, conversationId: string): KvCache {
  const sequence = new ScriptedSequence(SHAPE);
  const record = records.open(conversationId);
  record.allocated(sequence);
  return new KvCache(sequence, record);
}

describe('the records of conversations', () => {
  it('outlive their caches until others need the place, the one used longest ago first', () => {
    const records = newRecords();
    for (let i = 0; i < 8; i++) openCache(records, `c${i}`).dispose();
    records.open('c0');
    expect(records.get('c1')).toBeDefined();
    openCache(records, 'c8');
    expect(records.get('c1')).toBeUndefined();
    expect(records.get('c0')).toBeDefined();
  });

  it('stay as long as their caches, whatever else comes and goes', () => {
    const records = newRecords();
    openCache(records, 'c0');
    const record = records.get('c0');
    expect(record?.hasCache).toBe(true);
    for (let i = 1; i < 20; i++) openCache(records, `c${i}`).dispose();
    expect(records.get('c0')).toBe(record);
  });

  it('tell that a conversation is forgotten, once', () => {
    const changed: string[] = [];
    const records = newRecords(changed);
    records.open('c');
    records.forget('c');
    records.forget('c');
    expect(changed).toEqual(['c']);
    expect(records.get('c')).toBeUndefined();
  });

  it('have no routing for a model without experts', () => {
    const records = new ConversationRecords({
      shape: undefined,
      unixNow: () => 0,
      now: () => 0,
      onChange: () => undefined,
    });
    expect(records.open('c').routing).toBeUndefined();
  });
});
