import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import type { TracePageMessage, TraceViewKind } from '../../../src/protocol/trace.ts';
import { launchBrowser } from '../harness/browser.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

/** The trace page in Chromium as a webview shows it: see chatHarness.ts. */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const origin = 'https://webview.test';
const nonce = 'Zm9yLXRlc3Rz';
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;

export interface OpenTraceOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
}

/** One page and the test's side of the conversation with it. */
export class TraceHarness {
  /** What went wrong in the page: script errors, console errors, refusals of the policy. */
  readonly problems: string[] = [];
  /** Every address that the page tried to load and is not its own bundle. */
  readonly foreignRequests: string[] = [];

  constructor(readonly page: Page) {}

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

  async send(message: unknown): Promise<void> {
    await this.page.evaluate(`window.postMessage(${JSON.stringify(message)}, '*')`);
    await this.settled();
  }

  /** Waits until the page has rendered what it has received. */
  async settled(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))))',
    );
  }

  /** The messages of this type that the page sent, oldest first. */
  async sent<Type extends TracePageMessage['type']>(
    type: Type,
  ): Promise<Extract<TracePageMessage, { type: Type }>[]> {
    const all: TracePageMessage[] = await this.page.evaluate('window.__sent');
    return all.filter(
      (message): message is Extract<TracePageMessage, { type: Type }> => message.type === type,
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Builds the bundle once and starts the browser. */
export async function startTraceBrowser(): Promise<Browser> {
  await promisify(execFile)(process.execPath, [
    path.join(root, 'scripts/build.mjs'),
    '--only=trace',
    '--quiet',
  ]);
  return launchBrowser();
}

export async function openTracePage(browser: Browser, options: OpenTraceOptions = {}): Promise<TraceHarness> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1200, height: options.height ?? 800 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const harness = new TraceHarness(page);
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
    window.acquireVsCodeApi = () => ({ postMessage: (message) => window.__sent.push(message) });
    const variables = ${JSON.stringify(theme.variables)};
    document.addEventListener('readystatechange', () => {
      for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty('--vscode-' + name, value);
    });
  `);
  await page.goto(`${origin}/`);
  return harness;
}

const html = (bodyClass: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" nonce="${nonce}" href="${origin}/trace.css">
    <title>Trace</title>
  </head>
  <body class="${bodyClass}"><script nonce="${nonce}" src="${origin}/trace.js"></script></body>
</html>`;
