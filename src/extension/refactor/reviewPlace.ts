import type { EditTarget } from '../../refactor/editTarget.ts';
import { type DocumentChange, trackRange } from '../../refactor/trackRange.ts';
import { currentText, follow, type Review, settle, type Settled, withLineEndings } from './review.ts';
import { sameLine } from './sameLine.ts';

/** The range of a review in its document, as that changes. Offsets are UTF-16 units. */
export class ReviewPlace {
  #document: string;
  #start: number;
  #end: number;
  #isTouched = false;

  constructor({ document, start, end }: EditTarget) {
    this.#document = document;
    this.#start = start;
    this.#end = end;
  }

  /** As it is now. */
  get document(): string {
    return this.#document;
  }

  get range(): { readonly start: number; readonly end: number } {
    return { start: this.#start, end: this.#end };
  }

  /** Somebody else has changed what stands in the range. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** The document with another text in the range. */
  with(text: string): string {
    return this.#document.slice(0, this.#start) + text + this.#document.slice(this.#end);
  }

  /**
   * The document is another now.
   * @param changes as VS Code tells them; none where it is not known how it came about
   * @returns the review as it stands there; undefined where it does not, and the range is touched
   */
  follow(document: string, changes: readonly DocumentChange[], review: Review): Review | undefined {
    const before = this.#start;
    const tracked = trackRange({ start: before, end: this.#end, touched: false }, changes);
    const line = sameLine(this.#document, before, document);
    this.#document = document;
    const there = withLineEndings(review, document);
    // A document that was opened again may have changed anywhere.
    const anywhere = changes.length === 0 ? [document.indexOf(currentText(there))] : [];
    const found = follow(there, document, [tracked.start, before, line, ...anywhere]);
    this.#isTouched = found === undefined;
    if (found === undefined) {
      this.#start = Math.min(tracked.start, document.length);
      this.#end = Math.max(this.#start, Math.min(tracked.end, document.length));
      return undefined;
    }
    this.#start = found.start;
    this.#end = found.start + currentText(found.review).length;
    return found.review;
  }

  /** Takes what stands in the range now as the text that the rest of a proposal is for. */
  settle(review: Review): Settled {
    // Whole lines: what was typed before or behind the range on its own lines is part of it now.
    const start = this.#document.lastIndexOf('\n', this.#start - 1) + 1;
    const lineEnd = this.#document.slice(this.#end).search(/\r?\n/u);
    this.#end = lineEnd < 0 ? this.#document.length : this.#end + lineEnd;
    this.#start = start;
    this.#isTouched = false;
    return settle(withLineEndings(review, this.#document), this.#document.slice(start, this.#end));
  }
}
