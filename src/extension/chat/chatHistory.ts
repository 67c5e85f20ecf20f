import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { ConversationSummary } from '../../protocol/chat.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { Translate } from '../translate.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import type { Answering } from './answering.ts';
import type { ContextCosts } from './contextCosts.ts';
import type { ConversationStore } from './conversationStore.ts';
import { emptyConversation } from './conversationTree.ts';
import { DeletedConversations } from './deletedConversations.ts';
import type { Notices } from './notices.ts';
import type { OpenConversations } from './openConversations.ts';
import { tellInPanel } from './tellInPanel.ts';

export interface ChatHistoryOptions {
  readonly engine: EngineHost;
  readonly notices: Notices;
  readonly store: ConversationStore;
  readonly traces: TraceStore;
  readonly t: Translate;
  readonly log: (message: string) => void;
  readonly newId: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Keeps the id of the shown conversation over a restart of the window. */
  readonly remember: (conversationId: string) => void;
  readonly remembered: string | undefined;
  readonly conversations: OpenConversations;
  readonly costs: ContextCosts;
  readonly answering: Answering;
  /** Another conversation is shown, or the list is another. */
  readonly onChange: () => void;
}

/** The conversations there are, and which of them is shown: opened, begun anew, deleted and brought back. */
export class ChatHistory {
  readonly #options: ChatHistoryOptions;
  readonly #deleted: DeletedConversations;
  #all: readonly ConversationSummary[] = [];
  #restored: Promise<void> | undefined;

  constructor(options: ChatHistoryOptions) {
    this.#options = options;
    this.#deleted = new DeletedConversations(options);
  }

  /** All conversations, newest first. */
  get all(): readonly ConversationSummary[] {
    return this.#all;
  }

  /** Reads the list and the conversation that was shown last. Done once; later calls wait for the first. */
  restore(): Promise<void> {
    this.#restored ??= this.#restore();
    return this.#restored;
  }

  /** Reads the list again. */
  async refresh(): Promise<void> {
    this.#all = await this.#options.store.list();
    this.#options.onChange();
  }

  /** Shows an empty conversation; the one shown stays in the list. */
  showEmpty(): Conversation {
    const { newId, now } = this.#options;
    const empty = emptyConversation(newId(), now());
    this.#show(empty);
    return empty;
  }

  async open(id: string): Promise<void> {
    const { store, t, conversations, onChange } = this.#options;
    if (id === conversations.shownId) return;
    const conversation = conversations.find(id) ?? (await store.read(id));
    if (conversation === undefined) {
      tellInPanel(this.#options, t('That chat is not there any more.'), 'warning');
      await this.refresh();
      return;
    }
    this.#show(conversation);
    onChange();
  }

  /** Takes a conversation off the list and offers to bring it back. */
  async delete(id: string): Promise<void> {
    const { engine, t, log, conversations, answering } = this.#options;
    const title = this.#all.find((summary) => summary.id === id)?.title ?? t('the chat');
    if (answering.run?.conversationId === id) {
      answering.stop();
      await answering.settled;
    }
    await conversations.flush();
    await this.#deleted.delete(id);
    if (id === conversations.shownId) this.showEmpty();
    conversations.forget(id);
    await engine.release(id).catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
    await this.refresh();
    void this.#offerUndo(id, title);
  }

  async #restore(): Promise<void> {
    const { store, remembered, conversations } = this.#options;
    void this.#deleted.purge();
    const before = conversations.shownId;
    const conversation = remembered === undefined ? undefined : await store.read(remembered);
    if (conversation !== undefined && conversations.shownId === before) this.#show(conversation);
    await this.refresh();
  }

  async #offerUndo(id: string, title: string): Promise<void> {
    try {
      if (await this.#deleted.offerUndo(id, title)) await this.refresh();
    } catch (thrown) {
      tellInPanel(this.#options, GlassboxError.from(thrown).message, 'error');
    }
  }

  #show(conversation: Conversation): void {
    const { conversations, remember, answering, costs } = this.#options;
    conversations.show(conversation);
    remember(conversation.id);
    if (answering.shownRun === undefined) void costs.countConversation(conversation);
  }
}
