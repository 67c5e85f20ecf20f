import path from 'node:path';
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ConsoleErrors } from './consoleErrors.ts';

const VIEW = 'iframe.webview.ready[src*="purpose=webviewView"]';

/** One window of VS Code, driven the way a user would: keyboard, mouse and command palette. */
export class EditorWindow {
  readonly page: Page;
  readonly errors: ConsoleErrors;
  readonly #screenshots: string;
  readonly #number: number;
  #pictures = 0;

  constructor(page: Page, screenshots: string, number: number) {
    this.page = page;
    this.errors = new ConsoleErrors(page);
    this.#screenshots = screenshots;
    this.#number = number;
  }

  async waitUntilReady(): Promise<void> {
    await this.page.locator('.monaco-workbench .activitybar').waitFor();
    await this.page.locator('.statusbar-item').first().waitFor();
  }

  /** The document inside the view of the side bar that is shown. Tabs may have such documents too. */
  webview(): FrameLocator {
    return this.page.frameLocator(VIEW).frameLocator('iframe#active-frame');
  }

  /** The same document as a frame, in which scripts can be evaluated. */
  async webviewFrame(): Promise<Frame> {
    const element = this.page.frameLocator(VIEW).locator('iframe#active-frame');
    const frame = await (await element.elementHandle())?.contentFrame();
    if (!frame) throw new Error('No webview is open.');
    return frame;
  }

  /**
   * The document inside the webview that is seen and has something of `selector` in it; there may be several beside each
   * other, and kept ones that are hidden.
   */
  async visibleFrame(selector: string): Promise<Frame> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      for (const frame of this.page.frames()) if (await isSeen(frame, selector)) return frame;
      if (Date.now() > deadline) throw new Error(`No webview that is seen has ${selector}.`);
      await this.page.waitForTimeout(100);
    }
  }

  /** Closes the window in the middle of whatever it does. */
  async close(): Promise<void> {
    await this.page.close();
  }

  /** Runs a command by its title in the palette, once the extension that brings it is known to the editor. */
  async runCommand(title: string): Promise<void> {
    // The palette's list is made when it opens; a window that has just opened does not know all commands yet.
    await this.#pickInQuickInput('F1', `>${title}`, title);
  }

  /** Opens a file of the workspace in the editor, which then has the keys. */
  async openFile(relativePath: string): Promise<void> {
    const name = path.basename(relativePath);
    const tab = this.page.locator(`.tab.active[data-resource-name="${name}"]`);
    for (let attempt = 1; ; attempt++) {
      // A window that has just opened finds no files yet, and does not look again by itself.
      await this.#pickInQuickInput('Control+P', relativePath, name);
      try {
        await tab.waitFor({ timeout: 15_000 });
        break;
      } catch (error) {
        // The list was made anew under the click.
        if (attempt === 4) throw error;
      }
    }
    await this.page
      .locator('.editor-group-container.active .monaco-editor.focused .view-line')
      .first()
      .waitFor();
  }

  /** Puts the cursor of the editor somewhere; lines and columns are counted from 1. */
  async goToLine(line: number, column = 1): Promise<void> {
    await this.#inQuickInput('Control+G', `:${line}:${column}`, () => this.page.keyboard.press('Enter'));
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Selects whole lines, from `first` to `last`, counted from 1. The file must be in the editor. */
  async selectLines(first: number, last: number): Promise<void> {
    await this.goToLine(first);
    for (let line = first; line <= last; line++) await this.page.keyboard.press('Shift+ArrowDown');
  }

  /** Accepts the file that the editor's dialog proposes, after other last letters if wanted. @returns its path */
  async acceptFile({
    ending,
  }: { readonly ending?: { readonly from: string; readonly to: string } } = {}): Promise<string> {
    const input = this.page.locator('.quick-input-widget input');
    // The dialog fills in what it proposes when it has read the folder.
    await expect.poll(() => input.inputValue()).toMatch(/^\/.*\.\w+$/);
    if (ending) {
      await input.press('End');
      for (const _ of ending.from) await input.press('Backspace');
      await input.pressSequentially(ending.to);
    }
    const file = await input.inputValue();
    await this.page.locator('.quick-input-widget').getByRole('button', { name: 'OK' }).click();
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    return file;
  }

  /** Opens a list by a key, types into it and clicks the first entry with `entry` in it. */
  async #pickInQuickInput(key: string, text: string, entry: string): Promise<void> {
    const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: entry }).first();
    await this.#inQuickInput(key, text, async (timeout) => {
      await row.waitFor({ timeout });
      // A click that came and was not heard of in time would be made twice.
      await row.click({ timeout: 5000 });
    });
  }

  /**
   * Opens a list by a key, types into it and goes on with what it shows, again and again until that is possible. What is there is
   * there soon; for a busy machine each attempt waits twice as long as the one before.
   */
  async #inQuickInput(key: string, text: string, goOn: (timeout: number) => Promise<void>): Promise<void> {
    const input = this.page.locator('.quick-input-widget input');
    for (let attempt = 1; ; attempt++) {
      const timeout = Math.min(5000, 500 * 2 ** (attempt - 1));
      await this.page.keyboard.press(key);
      try {
        // It does not open in every moment: not while another list closes, for example.
        await input.fill(text, { timeout });
        await goOn(timeout);
        return;
      } catch (error) {
        if (attempt === 15) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
  }

  /** Text of the status bar item whose text matches. */
  statusBarItem(text: RegExp): Locator {
    return this.page.locator('.statusbar-item').filter({ hasText: text });
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.waitUntilReady();
  }

  /** Keeps a picture of the window as `<window>-<step> <name>.png`. */
  async screenshot(name: string): Promise<void> {
    this.#pictures += 1;
    const step = String(this.#pictures).padStart(2, '0');
    await this.page.screenshot({ path: path.join(this.#screenshots, `${this.#number}-${step} ${name}.png`) });
  }
}

/** A frame that goes while it is looked at is not seen. */
async function isSeen(frame: Frame, selector: string): Promise<boolean> {
  try {
    for (let each: Frame | null = frame; each?.parentFrame(); each = each.parentFrame()) {
      if (!(await (await each.frameElement()).isVisible())) return false;
    }
    return (await frame.locator(selector).count()) > 0;
  } catch {
    return false;
  }
}
