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
        this.anchor = undefined;
      },
      { passive: true },
    );
    scroller.addEventListener('touchstart', () => (this.anchor = undefined), { passive: true });
    new ResizeObserver(() => this.settle()).observe(scroller);
  }

  get atBottom(): boolean {
    return this.sticking;
  }

  /** After rendering: follows the text if the reader is at the end, or returns to where the reader was. */
  settle(): void {
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

  /** Returns to a remembered place; holds it until `release` while the turns above are still being rendered. */
  restore(anchor: ScrollAnchor): void {
    this.anchor = anchor;
    this.set(false);
    this.settle();
  }

  release(): void {
    this.anchor = undefined;
  }

  /** The first turn that is in view; nothing at the bottom. */
  place(): ScrollAnchor | undefined {
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
