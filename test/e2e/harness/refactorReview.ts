import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import type { Editor } from './editor.ts';
import type { EditorWindow } from './editorWindow.ts';

/** For what a model has to be loaded or run for. */
export const patient = { timeout: 120_000 };

/** Refactorings in a window as a user knows them: the lenses above the code and the boxes between its lines. */
export class RefactorReview {
  readonly editor: Editor;
  readonly window: EditorWindow;
  /** Where the files of the window's workspace are on the disk. */
  readonly folder: string;

  constructor(editor: Editor, window: EditorWindow, folder = editor.workspace) {
    this.editor = editor;
    this.window = window;
    this.folder = folder;
  }

  /** The first lens with this text in it. */
  lens(text: string): Locator {
    return this.window.page.locator('.codelens-decoration a').filter({ hasText: text }).first();
  }

  /** The lens of an answer whose first lines are there. */
  writing(): Locator {
    return this.window.page
      .locator('.codelens-decoration a')
      .filter({ hasText: /: \d+ lines?$/ })
      .first();
  }

  /** The first box with this text in it. */
  zone(text: string): Locator {
    return this.window.page.locator('.review-widget').filter({ hasText: text }).first();
  }

  /** Clicks a lens until it is gone: one that is made anew while it is clicked does nothing. */
  async click(text: string): Promise<void> {
    const lens = this.lens(text);
    await lens.waitFor(patient);
    await expect
      .poll(
        async () => {
          await lens.click({ timeout: 5000 }).catch(() => undefined);
          // A second click on what was done already would be told that it is gone.
          await lens.waitFor({ state: 'hidden', timeout: 20_000 }).catch(() => undefined);
          return lens.isVisible();
        },
        { timeout: 120_000 },
      )
      .toBe(false);
  }

  async selectAll(): Promise<void> {
    await this.window.page.keyboard.press('Control+A');
  }

  /** The box in which an instruction is typed. */
  get box(): Locator {
    return this.window.page.locator('.review-widget').filter({ hasText: 'What should change?' });
  }

  /** Opens the box at the lines that are selected, or at the function around the cursor, and waits until it has the keys. */
  async openBox(): Promise<void> {
    await this.window.page.keyboard.press('Control+K');
    await this.window.page.keyboard.press('Control+E');
    await this.box.locator('.monaco-editor.focused').waitFor();
  }

  /** Asks for a change of all of the file, in the user's own words. */
  async ask(instruction: string): Promise<void> {
    await this.selectAll();
    await this.openBox();
    await this.window.page.keyboard.insertText(instruction);
    await this.window.screenshot('instruction');
    await this.window.page.keyboard.press('Enter');
    await this.box.waitFor({ state: 'hidden' });
  }

  /** Answers the input of *Refactor in Workspace*, and returns the preview. */
  async renameTo(name: string): Promise<Locator> {
    await this.window.runCommand('Glassbox: Refactor in Workspace…');
    const input = this.window.page.locator('.quick-input-widget input');
    await input.fill(name);
    await input.press('Enter');
    const preview = this.window.page.locator('.bulk-edit-panel');
    await preview.waitFor();
    return preview;
  }

  /** What the file holds when what the editor shows is saved. */
  async saved(name: string): Promise<string> {
    await this.window.page.keyboard.press('Control+S');
    await this.window.page.locator('.tab.active.dirty').waitFor({ state: 'hidden' });
    return readFile(path.join(this.folder, name), 'utf8');
  }

  /** The files whose refactorings would come back, as they are kept on the disk. */
  async keptFiles(): Promise<readonly string[]> {
    const storage = this.editor.workspaceStorage;
    const names = await readdir(storage, { recursive: true });
    const kept = names.filter((name) => /[/]refactorings[/][^/]+[.]json$/u.test(name));
    const reviews = kept.map(async (name): Promise<{ readonly path: string; readonly status: string }> =>
      JSON.parse(await readFile(path.join(storage, name), 'utf8')),
    );
    return (await Promise.all(reviews))
      .filter(({ status }) => status !== 'writing')
      .map((review) => review.path)
      .sort();
  }

  /** Takes one of the choices of a notification, which may have gone from sight by itself. */
  async choose(text: string, choice: string): Promise<void> {
    const item = this.window.page.locator('.notification-list-item').filter({ hasText: text }).first();
    await item.waitFor().catch(() => this.window.runCommand('Notifications: Show Notifications'));
    await item.getByRole('button', { name: choice }).click();
  }

  /** Waits for a notification, which may have gone from sight by itself, and clears it, so that it covers nothing. */
  async dismissNotification(text: string): Promise<void> {
    const centre = this.window.page.locator('.notifications-center');
    await this.window.runCommand('Notifications: Show Notifications');
    await centre.locator('.notification-list-item').filter({ hasText: text }).waitFor();
    await this.window.runCommand('Notifications: Clear All Notifications');
    await centre.locator('.notification-list-item').first().waitFor({ state: 'hidden' });
  }

  /** The same for an error, which the editor writes to its console, too. */
  async dismissError(text: string): Promise<void> {
    await this.dismissNotification(text);
    expect(this.window.errors.take()).toEqual([expect.stringContaining(text)]);
  }

  /** Whether some of it is within the editor; what an editor has scrolled away stays in the page. */
  async isInSight(what: Locator): Promise<boolean> {
    const box = await what.boundingBox();
    const around = await this.window.page.locator('.editor-instance').first().boundingBox();
    if (box === null || around === null) return false;
    return box.y + box.height > around.y && box.y < around.y + around.height;
  }

  /** Stops, dismisses or rejects what is there of a refactoring, in whatever state it has got to meanwhile. */
  async putAway(): Promise<void> {
    const rest = this.lens('Stop').or(this.lens('Dismiss')).or(this.lens('Reject')).first();
    const zones = this.window.page.locator('.review-widget');
    await expect
      .poll(
        async () => {
          // It may have scrolled to the text below the code.
          await this.window.page.keyboard.press('Control+Home');
          const [label] = await rest.allTextContents();
          if (label !== undefined) {
            await rest.click({ timeout: 2000 }).catch(() => undefined);
            // What was clicked goes, or becomes another one.
            const clicked = rest.filter({ hasText: label });
            await clicked.waitFor({ state: 'hidden', timeout: 5000 }).catch(() => undefined);
          }
          return (await rest.count()) + (await zones.count());
        },
        { timeout: 120_000, interval: 250 },
      )
      .toBe(0);
  }

  /** The only engine that runs. */
  engine(): number {
    const [engine, ...others] = this.editor.engines().map(({ processId }) => processId);
    expect(others).toEqual([]);
    if (engine === undefined) throw new Error('No engine runs.');
    return engine;
  }

  /**
   * Gives a stopped engine a moment at a time, until the editor shows the first lines of its answer (or, of a short one on a busy
   * machine, all of it).
   */
  async untilItWrites(engine: number): Promise<void> {
    await this.lens('Stop').waitFor();
    const written = this.writing().or(this.lens('Accept'));
    await expect
      .poll(
        async () => {
          process.kill(engine, 'SIGCONT');
          await this.window.page.waitForTimeout(8);
          process.kill(engine, 'SIGSTOP');
          // What it has written is drawn meanwhile.
          await this.window.page.waitForTimeout(200);
          return written.count();
        },
        { timeout: 120_000, interval: 10 },
      )
      .toBeGreaterThan(0);
  }

  /**
   * Has the larger model refactor the whole text, and stops its engine (the process) in mid-answer.
   * @returns the engine
   */
  async stoppedWhileItWrites(): Promise<number> {
    const engine = this.engine();
    // The status bar follows each line, and says so when there is something to review; a text stands below the code, wherever one looks.
    const inStatus = this.window.statusBarItem(/Use Modern Syntax: writing, \d+ line/);
    const ended = this.window.statusBarItem(/to review/).or(this.zone('Not applied'));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await this.window.page.keyboard.press('Control+Home');
      await this.selectAll();
      await this.window.runCommand('Glassbox: Use Modern Syntax');
      await expect
        .poll(async () => (await inStatus.count()) + (await ended.count()), {
          timeout: 240_000,
          interval: 20,
        })
        .toBeGreaterThan(0);
      process.kill(engine, 'SIGSTOP');
      // What it sent before is shown by then. On a machine that was busy in the wrong moment it was all of the answer.
      await this.window.page.waitForTimeout(500);
      if ((await inStatus.count()) > 0) {
        // Its lens says the same.
        await this.writing().waitFor();
        await this.lens('Stop').waitFor();
        return engine;
      }
      process.kill(engine, 'SIGCONT');
      await this.putAway();
    }
    throw new Error('Each answer was complete before it could be stopped.');
  }
}
