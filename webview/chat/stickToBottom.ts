import type { ScrollAnchor } from './pageState.ts';

/** The reader counts as being at the bottom within this distance, in pixels. */
const nearPx = 8;

/**
 * Keeps the end of the conversation in view while, and only while, the reader is at the end. A reader who scrolls
 * up is never moved: the browser's scroll anchoring holds what they look at.
 */
export class StickToBottom {
  private sticking = true;
  private lastTop = 0;
  private anchor: ScrollAnchor | undefined;

  /**
   * @param changed the reader left the end or came back to it
   * @param moved the reader scrolled
   */
  constructor(
    private readonly scroller: HTMLElement,
    private readonly changed: (sticking: boolean) => void,
    private readonly moved: () => void,
  ) {
    scroller.addEventListener('scroll', () => this.scrolled(), { passive: true });
    // Before the first scroll event of a smooth scroll the next token would already have pulled the view back.
    scroller.addEventListener(
      'wheel',
      (event) => {
        if (event.deltaY < 0 && scroller.scrollHeight > scroller.clientHeight) this.set(false);
      },
      { passive: true },
    );
    // A place that is being restored is held until the reader does something.
    for (const input of ['wheel', 'pointerdown', 'keydown'] as const) {
      window.addEventListener(input, () => (this.anchor = undefined), { passive: true, capture: true });
    }
    // Turns get their real height when they come near the view, without any rendering of ours.
    const sizes = new ResizeObserver(() => {
      this.settle();
    });
    sizes.observe(scroller);
    for (const content of scroller.children) sizes.observe(content);
  }

  get atBottom(): boolean {
    return this.sticking;
  }

  /** After rendering: follows the text if the reader is at the end, or returns to where the reader was. */
  settle(): void {
    // The page without a conversation is read from its top.
    if (!this.scroller.querySelector('[data-turn-id]')) return;
    if (this.anchor) this.applyAnchor(this.anchor);
    else if (this.sticking || this.scroller.scrollHeight <= this.scroller.clientHeight) {
      this.set(true);
      this.scroller.scrollTop = this.scroller.scrollHeight;
      this.lastTop = this.scroller.scrollTop;
    }
  }

  jumpToBottom(): void {
    this.anchor = undefined;
    this.set(true);
    this.settle();
  }

  /** Returns to a remembered place, and holds it while the turns above are still getting their height. */
  restore(anchor: ScrollAnchor): void {
    this.anchor = anchor;
    this.set(false);
    this.settle();
  }

  /** The first turn that is in view; nothing at the bottom. */
  place(): ScrollAnchor | undefined {
    if (this.anchor) return this.anchor;
    if (this.sticking) return undefined;
    const top = this.scroller.getBoundingClientRect().top;
    for (const turn of this.scroller.querySelectorAll<HTMLElement>('[data-turn-id]')) {
      const box = turn.getBoundingClientRect();
      if (box.bottom > top) return { turnId: turn.dataset['turnId'] ?? '', offset: box.top - top };
    }
    return undefined;
  }

  private applyAnchor(anchor: ScrollAnchor): void {
    const turn = this.scroller.querySelector(`[data-turn-id="${CSS.escape(anchor.turnId)}"]`);
    if (!turn) return;
    const offset = turn.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top;
    this.scroller.scrollTop += offset - anchor.offset;
    this.lastTop = this.scroller.scrollTop;
  }

  private scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    const distance = scrollHeight - clientHeight - scrollTop;
    if (scrollTop < this.lastTop && distance > 1) this.set(false);
    else if (distance <= nearPx && !this.anchor) this.set(true);
    this.lastTop = scrollTop;
    this.moved();
  }

  private set(sticking: boolean): void {
    if (this.sticking === sticking) return;
    this.sticking = sticking;
    this.changed(sticking);
  }
}
