import type { AnswerNode, Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { ConversationStore } from './conversationStore.ts';
import { withAnswer } from './conversationTree.ts';

export interface OpenConversationsOptions {
  readonly store: ConversationStore;
  /** The answer that is being written now; what there is of it is saved, too. */
  readonly writing: () => { readonly conversationId: string; readonly node: AnswerNode } | undefined;
  readonly onSaveFailed: (message: string) => void;
}

/**
 * The conversations in memory: the one that is shown, and the one that is being answered where that is another.
 * Changes are saved after a while; `flush` saves now.
 */
export class OpenConversations {
  readonly #options: OpenConversationsOptions;
  readonly #open = new Map<string, Conversation>();
  readonly #unsaved = new Set<string>();
  #shownId: string;
  #timer: NodeJS.Timeout | undefined;
  /** The last save that was begun; the next one comes after it. */
  #saving: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: OpenConversationsOptions, shown: Conversation) {
    this.#options = options;
    this.#open.set(shown.id, shown);
    this.#shownId = shown.id;
  }

  get shown(): Conversation {
    return this.get(this.#shownId);
  }

  get shownId(): string {
    return this.#shownId;
  }

  /** @throws GlassboxError `internal` when it is not open */
  get(id: string): Conversation {
    const conversation = this.#open.get(id);
    if (conversation === undefined) throw new GlassboxError('internal', 'That chat is not open.');
    return conversation;
  }

  find(id: string): Conversation | undefined {
    return this.#open.get(id);
  }

  /** A conversation as it is now, with what is written of its answer. */
  withWriting(conversation: Conversation): Conversation {
    const writing = this.#options.writing();
    return writing?.conversationId === conversation.id
      ? withAnswer(conversation, writing.node)
      : conversation;
  }

  show(conversation: Conversation): void {
    const left = this.#shownId;
    this.#open.set(conversation.id, conversation);
    this.#shownId = conversation.id;
    if (left !== conversation.id) void this.flush().then(() => this.#closeUnused(left));
  }

  change(conversation: Conversation, saveInMs = 0): void {
    this.#open.set(conversation.id, conversation);
    this.saveSoon(conversation.id, saveInMs);
  }

  /** Saves within so many milliseconds; a save that is due earlier stays due. */
  saveSoon(id: string, inMs: number): void {
    if (this.#closed) return;
    this.#unsaved.add(id);
    if (inMs === 0) this.#cancelTimer();
    this.#timer ??= setTimeout(() => void this.flush(), inMs);
  }

  /** Saves what is not saved yet, and waits for saves that are under way. A failure is reported and tried again with the next save. */
  flush(): Promise<void> {
    this.#cancelTimer();
    this.#saving = this.#saving.then(() => this.#saveAll());
    return this.#saving;
  }

  /** Saves for the last time: what comes after is the end of what was interrupted, not news. */
  async closeAll(): Promise<void> {
    const flushed = this.flush();
    this.#closed = true;
    await flushed;
  }

  async #saveAll(): Promise<void> {
    const ids = [...this.#unsaved];
    this.#unsaved.clear();
    for (const id of ids) {
      const conversation = this.#open.get(id);
      if (conversation === undefined || isUntouched(conversation)) continue;
      try {
        await this.#options.store.save(this.withWriting(conversation));
      } catch (thrown) {
        this.#unsaved.add(id);
        this.#options.onSaveFailed(GlassboxError.from(thrown).message);
      }
    }
  }

  /** Saves a conversation that is neither shown nor answered any more, and lets go of it. */
  async close(id: string): Promise<void> {
    await this.flush();
    this.#closeUnused(id);
  }

  /** Lets go of a conversation without saving it, because it was deleted. */
  forget(id: string): void {
    this.#open.delete(id);
    this.#unsaved.delete(id);
  }

  #closeUnused(id: string): void {
    const isUsed =
      id === this.#shownId || this.#options.writing()?.conversationId === id || this.#unsaved.has(id);
    if (!isUsed) this.#open.delete(id);
  }

  #cancelTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

function isUntouched({ nodes, draft }: Conversation): boolean {
  return nodes.length === 0 && draft === '';
}
