import type { Page } from 'playwright-core';

/** What VS Code itself writes when it runs without an account, a marketplace or its licence check. */
const editorNoise: readonly RegExp[] = [
  /vsda/i,
  /allow-scripts and allow-same-origin/,
  /can escape its sandboxing/,
  // Two native parts of it were not compiled; it does without.
  /Could not locate the bindings file/,
  /Cannot find module '.\/build\/Release\/watchdog'/,
  /authentication provider 'github'/,
  // Its own TypeScript support is started a second time in a window that has become a trusted one.
  /vscode\.typescript-language-features/,
  // On a busy machine it gives up on its own extensions before it saves. Glassbox takes no part in saving.
  /Aborted onWillSaveTextDocument-event/,
  // A terminal that has ended is told its title and icon all the same.
  /Could not find pty \d+ on pty host/,
  // A text below the code that goes while the editor in it is made: it is made all the same, and not drawn.
  /InstantiationService has been disposed\s[^]*_instantiateEditContext/,
  /TypeError: Cannot read properties of undefined \(reading 'getWidgets'\)\s[^]*_computeGlyphMarginLanes/,
  // A thread of a controller that is so new that the editor has no list for it yet: it is shown all the same.
  /TypeError: Cannot read properties of undefined \(reading 'threads'\)\s[^]*handleCommentAdded/,
  // A page that is reloaded lets go of what it was doing.
  /Long running operations during shutdown are unsupported in the web/,
  /Unable to read file '.*' \(Canceled: Canceled\)/,
  /Unable to write file 'vscode-log:.* is closed/,
];

/** Collects the errors of a window and of all frames in it that are not VS Code's own noise. */
export class ConsoleErrors {
  readonly #errors: string[] = [];

  constructor(page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.#add(`${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.#add(error.stack ?? error.message));
  }

  /** What was collected since the last call. */
  take(): readonly string[] {
    return this.#errors.splice(0);
  }

  #add(text: string): void {
    if (!editorNoise.some((noise) => noise.test(text))) this.#errors.push(text);
  }
}
