import type { FrameLocator, Locator } from 'playwright-core';
import type { EditorWindow } from './editorWindow.ts';

/** The chat panel as a user with a screen reader knows it: by roles and names. */
export class ChatPanel {
  readonly window: EditorWindow;
  readonly frame: FrameLocator;

  private constructor(window: EditorWindow) {
    this.window = window;
    this.frame = window.webview();
  }

  /** The panel that is open, or about to be. */
  static async find(window: EditorWindow): Promise<ChatPanel> {
    const panel = new ChatPanel(window);
    await panel.input.waitFor();
    return panel;
  }

  /** Opens the panel by its command, which leaves an open one open. */
  static async open(window: EditorWindow): Promise<ChatPanel> {
    await window.runCommand('Glassbox: Focus Chat');
    return ChatPanel.find(window);
  }

  get input(): Locator {
    return this.frame.getByRole('textbox', { name: 'Ask about your code' });
  }

  get stop(): Locator {
    return this.button(/^Stop/);
  }

  get questions(): Locator {
    return this.frame.getByRole('article', { name: 'Your question' });
  }

  get answers(): Locator {
    return this.frame.getByRole('article', { name: 'Answer' });
  }

  button(name: string | RegExp): Locator {
    return this.frame.getByRole('button', typeof name === 'string' ? { name, exact: true } : { name });
  }

  /** The line that says how long a thought took; it opens and closes the thought. */
  thoughtToggle(answer: Locator = this.answers.last()): Locator {
    return answer.getByRole('button', { name: /^(Thinking…|Thought for)/ });
  }

  /** What is written of the answer so far, without its thought. */
  async answerText(answer: Locator = this.answers.last()): Promise<string> {
    return (await answer.locator('.markdown').textContent()) ?? '';
  }

  /** What is thought so far, whether or not all of it can be seen. */
  async thoughtText(answer: Locator = this.answers.last()): Promise<string> {
    return (await answer.locator('.thought-lines').textContent()) ?? '';
  }

  /** What an answer cost, for example `prompt 89 tokens · first token 0.4 s · 60.1 tokens/s`. */
  async cost(answer: Locator = this.answers.last()): Promise<string> {
    return (await answer.locator('.cost').textContent()) ?? '';
  }

  /** Sends a question and returns when its answer has its place in the panel. */
  async ask(text: string): Promise<Locator> {
    const before = await this.answers.count();
    await this.input.fill(text);
    await this.input.press('Enter');
    const answer = this.answers.nth(before);
    await answer.waitFor();
    return answer;
  }

  /** Stops what is being written, if it has not ended by itself meanwhile. */
  async stopWriting(): Promise<void> {
    await this.input.press('Escape');
    await this.waitUntilIdle();
  }

  /** Returns when nothing is being written. */
  async waitUntilIdle(): Promise<void> {
    await this.stop.waitFor({ state: 'hidden', timeout: 180_000 });
  }
}
