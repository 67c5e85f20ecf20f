import type { Browser } from 'playwright-core';
import type { TracePageMessage, TraceViewKind } from '../../../src/protocol/trace.ts';
import { openPage, PageHarness, type PageOpenOptions, startPageBrowser } from './pageHarness.ts';

/** The trace page and the test's side of the conversation with it. */
export class TraceHarness extends PageHarness<TracePageMessage> {
  async sendTraces(
    view: TraceViewKind,
    files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
  ): Promise<void> {
    const encoded = files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes).toString('base64') }));
    await this.page.evaluate(`(() => {
      const files = ${JSON.stringify(encoded)}.map(({ name, bytes }) => ({
        name,
        bytes: Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)),
      }));
      window.postMessage({ type: 'traces', view: ${JSON.stringify(view)}, files }, '*');
    })()`);
    await this.settled();
  }
}

export const startTraceBrowser = (): Promise<Browser> => startPageBrowser('trace');

export function openTracePage(browser: Browser, options: PageOpenOptions = {}): Promise<TraceHarness> {
  const size = { width: 1200, height: 800 };
  return openPage(browser, 'trace', (page) => new TraceHarness(page), { ...size, ...options });
}
