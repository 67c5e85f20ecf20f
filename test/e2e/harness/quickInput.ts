import type { Locator, Page } from 'playwright-core';

/** An entry of a list as it reads: its name, and what stands behind that in smaller letters. */
export interface QuickEntry {
  readonly label: string;
  /** Of a file: its folder. Absent: any. */
  readonly description?: string;
}

/** The input of VS Code that commands and files are picked in. */
export class QuickInput {
  readonly #page: Page;
  readonly #rows: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#rows = page.locator('.quick-input-list .monaco-list-row');
  }

  /** Opens a list by a key, types into it and takes the entry that reads exactly so, when the list has it. */
  async pick(key: string, text: string, entry: QuickEntry): Promise<void> {
    await this.open(key, text, async (timeout) => {
      const deadline = Date.now() + timeout;
      while (!(await this.#take(entry))) {
        if (Date.now() > deadline) throw new Error(`The list has no entry that reads "${entry.label}".`);
        await this.#page.waitForTimeout(30);
      }
      // A list that takes an entry goes.
      await this.#rows.filter({ hasText: entry.label }).first().waitFor({ state: 'hidden', timeout: 5000 });
    });
  }

  /**
   * Opens an input by a key, types into it and goes on with what it shows, again and again until that is possible. What is there is
   * there soon; for a busy machine each attempt waits twice as long as the one before.
   */
  async open(key: string, text: string, goOn: (timeout: number) => Promise<void>): Promise<void> {
    const input = this.#page.locator('.quick-input-widget input');
    for (let attempt = 1; ; attempt++) {
      const timeout = Math.min(5000, 500 * 2 ** (attempt - 1));
      await this.#page.keyboard.press(key);
      try {
        // It does not open in every moment: not while another list closes, for example.
        await input.fill(text, { timeout });
        await goOn(timeout);
        return;
      } catch (error) {
        if (attempt === 15) throw error;
        await this.#page.keyboard.press('Escape');
      }
    }
  }

  /**
   * Looks and clicks in one turn of the page: the list is made anew as its providers answer, in the same rows, and a pointer that
   * comes a moment after the look would click on what stands there by then.
   * @returns whether there was such an entry
   */
  #take(entry: QuickEntry): Promise<boolean> {
    return this.#rows.evaluateAll((rows, { label, description }) => {
      const wanted = rows.find((row) => {
        const textOf = (part: string): string => row.querySelector(part)?.textContent ?? '';
        if (textOf('.label-name') !== label) return false;
        return description === undefined || textOf('.label-description') === description;
      });
      // Where a button goes down VS Code looks which keys are held; Control of the key that opened the list would open a file at the side.
      const ways = { bubbles: true, cancelable: true };
      const { MouseEvent } = wanted?.ownerDocument.defaultView ?? {};
      if (!wanted || !MouseEvent) return false;
      for (const type of ['mousedown', 'mouseup', 'click']) wanted.dispatchEvent(new MouseEvent(type, ways));
      return true;
    }, entry);
  }
}
