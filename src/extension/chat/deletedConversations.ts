import { GlassboxError } from '../../protocol/errors.ts';
import type { TraceStore } from '../trace/traceStore.ts';
import type { Translate } from '../translate.ts';
import type { ConversationStore } from './conversationStore.ts';
import type { Notices } from './notices.ts';

export interface DeletedConversationsOptions {
  readonly store: ConversationStore;
  readonly traces: TraceStore;
  readonly notices: Notices;
  readonly t: Translate;
  readonly log: (message: string) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** As long as the conversations themselves can be restored. */
const keepDeletedMs = 86_400_000;

/** Conversations on their way out: each can be brought back, with its traces, for a day. */
export class DeletedConversations {
  readonly #options: DeletedConversationsOptions;

  constructor(options: DeletedConversationsOptions) {
    this.#options = options;
  }

  /** Removes for good what was deleted long ago. Never rejects. */
  async purge(): Promise<void> {
    const { traces, log, now } = this.#options;
    await traces
      .purgeDeleted(now() - keepDeletedMs)
      .catch((thrown: unknown) => log(GlassboxError.from(thrown).message));
  }

  async delete(id: string): Promise<void> {
    const { store, traces } = this.#options;
    await store.delete(id);
    await traces.delete(id);
  }

  /**
   * Offers to bring a conversation back.
   * @returns whether the user took the offer, and it is back
   * @throws GlassboxError `internal` when the disk refuses
   */
  async offerUndo(id: string, title: string): Promise<boolean> {
    const { store, traces, notices, t } = this.#options;
    const action = await notices.ask({
      id: `deleted-${id}`,
      severity: 'info',
      message: t('Deleted “{0}”.', title),
      actions: [
        { id: 'undo', label: t('Undo') },
        { id: 'dismiss', label: t('Dismiss') },
      ],
    });
    if (action !== 'undo') return false;
    await store.restore(id);
    await traces.restore(id);
    return true;
  }
}
