import type { Frame } from 'playwright-core';
import type { RecordsReport } from '../../../src/extension/recordsReport.ts';
import { ChatPanel } from '../harness/chatPanel.ts';
import type { Editor, WindowSize } from '../harness/editor.ts';
import type { EditorWindow } from '../harness/editorWindow.ts';

/** High enough that a page is seen from its beginning to its end, and wide enough for two of them beside each other. */
export const everything: WindowSize = { width: 2200, height: 2600 };

/** One window in which everything that shows a model's inside is looked at, step by step. */
export class InsightWalk {
  readonly editor: Editor;
  readonly window: EditorWindow;
  #panel: ChatPanel | undefined;

  constructor(editor: Editor, window: EditorWindow) {
    this.editor = editor;
    this.window = window;
  }

  /** The chat, opened when it is first wanted: what comes before happens without a model. */
  async openChat(): Promise<ChatPanel> {
    this.#panel ??= await ChatPanel.open(this.window);
    return this.#panel;
  }

  get panel(): ChatPanel {
    if (!this.#panel) throw new Error('The chat is not open yet.');
    return this.#panel;
  }

  /** Asks about a file of the sample's folder `nano`, and returns when the answer is complete. */
  async ask(question: string, file: string): Promise<void> {
    await this.window.openFile(`nano/${file}`);
    const chip = this.panel.button(new RegExp(`^${file.replaceAll('.', '\\.')} `));
    if ((await chip.getAttribute('aria-pressed')) !== 'true') await chip.click();
    await this.panel.ask(question);
    // The first question starts the engine and loads the model.
    await this.panel.stop.waitFor({ state: 'hidden', timeout: 120_000 });
  }

  /** What the engine has on record of the chat, asked from the engine and not through what shows it. */
  async records(): Promise<RecordsReport> {
    const { records } = await this.editor.report(this.window);
    if (!records) throw new Error('No engine runs.');
    return records;
  }

  /** The page of the diagnostics' tab. */
  async diagnostics(): Promise<Frame> {
    await this.window.runCommand('Glassbox: Show Diagnostics');
    return this.window.visibleFrame('.panels .figures');
  }

  /** Picks an entry of a list that asks, by what it says. */
  async pick(text: string | RegExp, options?: { readonly timeout: number }): Promise<void> {
    await this.window.page
      .locator('.quick-input-list .monaco-list-row')
      .filter({ hasText: text })
      .first()
      .click(options);
  }
}
