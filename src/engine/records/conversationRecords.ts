import { ConversationRecord } from './conversationRecord.ts';
import { RoutingRecord } from './routingRecord.ts';
import type { RoutingShape } from './routingShape.ts';

/** As many as there are caches at most; a record outlives its cache until others need the place. */
const MAX_RECORDS = 8;

/** Routing of one conversation: 13,000 tokens of 26 layers with 6 experts each, 150,000 of 5 layers with 2. */
const MAX_ROUTING_BYTES = 8 << 20;

export interface ConversationRecordsOptions {
  /** Absent for a model without experts. */
  readonly shape: RoutingShape | undefined;
  /** Milliseconds since 1970. */
  readonly unixNow: () => number;
  /** Milliseconds on a steady clock. */
  readonly now: () => number;
  readonly onChange: (conversationId: string) => void;
}

/** The records of the loaded model's conversations, least recently used first. */
export class ConversationRecords {
  readonly #options: ConversationRecordsOptions;
  readonly #records = new Map<string, ConversationRecord>();

  constructor(options: ConversationRecordsOptions) {
    this.#options = options;
  }

  get(conversationId: string): ConversationRecord | undefined {
    return this.#records.get(conversationId);
  }

  /** The record of a conversation, made if it has none, as the most recently used. */
  open(conversationId: string): ConversationRecord {
    const record = this.#records.get(conversationId) ?? this.#make(conversationId);
    this.#records.delete(conversationId);
    this.#records.set(conversationId, record);
    for (const [oldest, { hasCache }] of this.#records) {
      if (this.#records.size <= MAX_RECORDS) break;
      if (oldest !== conversationId && !hasCache) this.#records.delete(oldest);
    }
    return record;
  }

  forget(conversationId: string): void {
    if (this.#records.delete(conversationId)) this.#options.onChange(conversationId);
  }

  #make(conversationId: string): ConversationRecord {
    const { shape, unixNow, now, onChange } = this.#options;
    return new ConversationRecord({
      routing: shape && new RoutingRecord(shape, { maxBytes: MAX_ROUTING_BYTES }),
      unixNow,
      now,
      onChange: () => onChange(conversationId),
    });
  }
}
