import type { Notice } from '../../protocol/chat.ts';

/** The action that every notice understands; a notice that only informs has no other. */
export const dismissAction = 'dismiss';

/** The sentences above the input. A question waits for its answer; whatever takes it away answers it, too. */
export class Notices {
  readonly #onChange: () => void;
  readonly #open = new Map<
    string,
    { readonly notice: Notice; readonly resolve: (actionId: string) => void }
  >();

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get all(): readonly Notice[] {
    return [...this.#open.values()].map(({ notice }) => notice);
  }

  /** Shows a notice, in place of one with the same id, until the user picks an action or `take` removes it. */
  ask(notice: Notice): Promise<string> {
    this.take(notice.id);
    return new Promise((resolve) => {
      this.#open.set(notice.id, { notice, resolve });
      this.#onChange();
    });
  }

  /** Removes a notice, as if the user had picked `actionId`. Unknown ids do nothing: the page may be late. */
  take(noticeId: string, actionId: string = dismissAction): void {
    const open = this.#open.get(noticeId);
    if (open === undefined || !this.#open.delete(noticeId)) return;
    open.resolve(actionId);
    this.#onChange();
  }
}
