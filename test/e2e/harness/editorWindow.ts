import path from 'node:path';
import type { Frame, FrameLocator, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { ConsoleErrors } from './consoleErrors.ts';
import { QuickInput } from './quickInput.ts';

const VIEW = 'iframe.webview.ready[src*="purpose=webviewView"]';

/** One window of VS Code, driven the way a user would: keyboard, mouse and command palette. */
export class EditorWindow {
  readonly page: Page;
  readonly errors: ConsoleErrors;
  readonly #screenshots: string;
  readonly #number: number;
  readonly #quickInput: QuickInput;
  #pictures = 0;

  constructor(page: Page, screenshots: string, number: number) {
    this.page = page;
    this.errors = new ConsoleErrors(page);
    this.#screenshots = screenshots;
    this.#number = number;
    this.#quickInput = new QuickInput(page);
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
    await this.#quickInput.pick('F1', `>${title}`, { label: title });
  }

  /** Opens a file of the workspace in the editor, which then has the keys. */
  async openFile(relativePath: string): Promise<void> {
    const { base: label, dir: description } = path.parse(relativePath);
    // A window that has just opened finds no files yet, and does not look again by itself.
    await this.#quickInput.pick('Control+P', relativePath, { label, description });
    // Another group may show it, too.
    const group = this.page.locator('.editor-group-container.active');
    await group.locator(`.tab.active[data-resource-name="${label}"]`).waitFor();
    await group.locator('.monaco-editor.focused .view-line').first().waitFor();
  }

  /** Puts the cursor of the editor somewhere; lines and columns are counted from 1. */
  async goToLine(line: number, column = 1): Promise<void> {
    await this.#quickInput.open('Control+G', `:${line}:${column}`, () => this.page.keyboard.press('Enter'));
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
