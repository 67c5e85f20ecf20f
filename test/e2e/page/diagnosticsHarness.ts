import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import type { DiagnosticsHostMessage, DiagnosticsPageMessage } from '../../../src/protocol/diagnostics.ts';
import { launchBrowser } from '../harness/browser.ts';
import { type ThemeName, themes } from './themes.ts';

/**
 * The diagnostics page in Chromium as a webview shows it: the bundle of `npm run build`, VS Code's policy and theme
 * variables, and a host that the test plays.
 */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const origin = 'https://webview.test';
const nonce = 'Zm9yLXRlc3Rz';
/** As the extension writes it. */
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
/** Other work may keep the machine busy. */
const patienceMs = 60_000;

export interface DiagnosticsOpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
}

/** One page and the test's side of the conversation with it. */
export class DiagnosticsHarness {
  /** What went wrong in the page: script errors, console errors, refusals of the policy. */
  readonly problems: string[] = [];
  /** Every address that the page tried to load and is not its own bundle. */
  readonly foreignRequests: string[] = [];

  constructor(readonly page: Page) {}

  async send(...messages: readonly DiagnosticsHostMessage[]): Promise<void> {
    const list = JSON.stringify(messages);
    await this.page.evaluate(`for (const message of ${list}) window.postMessage(message, '*')`);
    await this.settled();
  }

  /** Waits until the page has drawn what it has received. */
  async settled(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))))',
    );
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await this.page.evaluate(`Boolean(${expression})`))) {
      if (Date.now() > deadline) throw new Error(`It never became true in the page: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The messages of this type that the page sent, oldest first. */
  async sent<Type extends DiagnosticsPageMessage['type']>(
    type: Type,
  ): Promise<Extract<DiagnosticsPageMessage, { type: Type }>[]> {
    const all: DiagnosticsPageMessage[] = await this.page.evaluate('window.__sent');
    return all.filter(
      (message): message is Extract<DiagnosticsPageMessage, { type: Type }> => message.type === type,
    );
  }

  /** Another theme, as VS Code changes it. */
  async setTheme(name: ThemeName): Promise<void> {
    const { bodyClass, variables } = themes[name];
    await this.page.evaluate(`
      for (const [name, value] of Object.entries(${JSON.stringify(variables)}))
        document.documentElement.style.setProperty('--vscode-' + name, value);
      document.body.className = ${JSON.stringify(bodyClass)};
    `);
    await this.settled();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Builds the bundle once and starts the browser. */
export async function startDiagnosticsBrowser(): Promise<Browser> {
  await promisify(execFile)(process.execPath, [
    path.join(root, 'scripts/build.mjs'),
    '--only=diagnostics',
    '--quiet',
  ]);
  return launchBrowser();
}

export async function openDiagnostics(
  browser: Browser,
  options: DiagnosticsOpenOptions = {},
): Promise<DiagnosticsHarness> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 900, height: options.height ?? 900 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(patienceMs);
  const harness = new DiagnosticsHarness(page);
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') harness.problems.push(message.text());
  });
  page.on('pageerror', (error) => harness.problems.push(String(error)));
  const theme = themes[options.theme ?? 'dark'];
  await page.route('**/*', async (route) => {
    const { pathname, origin: requested } = new URL(route.request().url());
    if (requested !== origin) {
      harness.foreignRequests.push(route.request().url());
      return route.abort();
    }
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html(theme.bodyClass) });
    const contentType = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType, body: await readFile(path.join(root, 'dist/webview', pathname)) });
  });
  await page.addInitScript(`
    window.__sent = [];
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.__sent.push(message),
      getState: () => undefined,
      setState: () => undefined,
    });
    const variables = ${JSON.stringify(theme.variables)};
    document.addEventListener('readystatechange', () => {
      for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty('--vscode-' + name, value);
    });
  `);
  await page.goto(`${origin}/`);
  await harness.until('window.__sent.some(({ type }) => type === "ready")');
  return harness;
}

const html = (bodyClass: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" nonce="${nonce}" href="${origin}/diagnostics.css">
    <title>Diagnostics</title>
  </head>
  <body class="${bodyClass}"><script nonce="${nonce}" src="${origin}/diagnostics.js"></script></body>
</html>`;
