import path from 'node:path';
import type { FrameLocator, Page } from 'playwright-core';
import { ConsoleErrors } from './consoleErrors.ts';

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

  /** The document inside the webview that is shown. */
  webview(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  /** Runs a command by its title in the palette. */
  async runCommand(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget input');
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: title }).first().click();
  }

  /** Opens a file of the workspace in the editor. */
  async openFile(relativePath: string): Promise<void> {
    await this.page.keyboard.press('Control+P');
    const input = this.page.locator('.quick-input-widget input');
    await input.fill(relativePath);
    await this.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: path.basename(relativePath) })
      .first()
      .click();
    await this.page.locator(`.tab.active[data-resource-name="${path.basename(relativePath)}"]`).waitFor();
    await this.page.locator('.monaco-editor .view-line').first().waitFor();
  }

  /** Selects whole lines, from `first` to `last`, counted from 1. The file must be in the editor. */
  async selectLines(first: number, last: number): Promise<void> {
    await this.page.keyboard.press('Control+G');
    const input = this.page.locator('.quick-input-widget input');
    await input.fill(`:${first}:1`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
    for (let line = first; line <= last; line++) await this.page.keyboard.press('Shift+ArrowDown');
  }

  /** Text of the status bar item whose text matches. */
  statusBarItem(text: RegExp) {
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
