import type { Browser } from 'playwright-core';
import type { DiagnosticsHostMessage, DiagnosticsPageMessage } from '../../../src/protocol/diagnostics.ts';
import { openPage, PageHarness, type PageOpenOptions, startPageBrowser } from './pageHarness.ts';

/** The diagnostics page and the test's side of the conversation with it. */
export class DiagnosticsHarness extends PageHarness<DiagnosticsPageMessage> {
  override send(...messages: readonly DiagnosticsHostMessage[]): Promise<void> {
    return super.send(...messages);
  }
}

export const startDiagnosticsBrowser = (): Promise<Browser> => startPageBrowser('diagnostics');

export async function openDiagnostics(
  browser: Browser,
  options: PageOpenOptions = {},
): Promise<DiagnosticsHarness> {
  const size = { width: 900, height: 900, ...options };
  const harness = await openPage(browser, 'diagnostics', (page) => new DiagnosticsHarness(page), size);
  // Its charts draw slowly while other work keeps the machine busy.
  harness.page.setDefaultTimeout(60_000);
  return harness;
}
