import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../harness/browser.ts';
import { type ThemeName, themes } from './themes.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const origin = 'https://webview.test';
const nonce = 'Zm9yLXRlc3Rz';
/** As the extension writes it: see `src/extension/pages/pageHtml.ts`. */
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;

/** Other work may keep the machine busy. */
const patienceMs = 60_000;

/** The bundles of `webview/`, by the names of their files. */
export type PageName = 'chat' | 'diagnostics' | 'trace';

export interface PageOpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** What VS Code kept of an earlier page. */
  readonly persisted?: unknown;
}

/**
 * A page in Chromium as a webview shows it: the bundle of `npm run build`, VS Code's policy and theme variables, and a
 * host that the test plays. `Sent` is what the page sends to its host.
 */
export class PageHarness<Sent extends { readonly type: string }> {
  /** What went wrong in the page: script errors, console errors, refusals of the policy. */
  readonly problems: string[] = [];
  /** Every address that the page tried to load and is not its own bundle. */
  readonly foreignRequests: string[] = [];

  constructor(readonly page: Page) {}

  async send(...messages: readonly unknown[]): Promise<void> {
    const list = JSON.stringify(messages);
    await this.page.evaluate(`for (const message of ${list}) window.postMessage(message, '*')`);
    await this.settled();
  }

  /** Waits until the page has rendered what it has received. */
  async settled(): Promise<void> {
    await this.page.evaluate(
      'new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))))',
    );
  }

  /** Waits until an expression is true in the page. (Playwright's own way needs `eval`, which the policy refuses.) */
  async until(expression: string): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!(await this.page.evaluate(`Boolean(${expression})`))) {
      if (Date.now() > deadline) throw new Error(`It never became true in the page: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The messages of this type that the page sent, oldest first. */
  async sent<Type extends Sent['type']>(type: Type): Promise<Extract<Sent, { type: Type }>[]> {
    const all: Sent[] = await this.page.evaluate('window.__sent');
    return all.filter((message): message is Extract<Sent, { type: Type }> => message.type === type);
  }

  async persisted(): Promise<unknown> {
    return this.page.evaluate('window.__persisted');
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

/** Builds the page's bundle once and starts the browser. */
export async function startPageBrowser(name: PageName): Promise<Browser> {
  await promisify(execFile)(process.execPath, [
    path.join(root, 'scripts/build.mjs'),
    `--only=${name}`,
    '--quiet',
  ]);
  return launchBrowser();
}

/** Opens the page in a context of its own, and returns when it has asked for its state. */
export async function openPage<Harness extends PageHarness<{ readonly type: string }>>(
  browser: Browser,
  name: PageName,
  make: (page: Page) => Harness,
  options: PageOpenOptions & { readonly width: number; readonly height: number },
): Promise<Harness> {
  const context = await browser.newContext({
    viewport: { width: options.width, height: options.height },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const harness = make(page);
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
    if (pathname === '/') {
      return route.fulfill({ contentType: 'text/html', body: html(name, theme.bodyClass) });
    }
    const contentType = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType, body: await readFile(path.join(root, 'dist/webview', pathname)) });
  });
  await page.addInitScript(`
    window.__sent = [];
    window.__persisted = ${JSON.stringify(options.persisted ?? null)};
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.__sent.push(message),
      getState: () => window.__persisted,
      setState: (state) => (window.__persisted = state),
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

const html = (name: PageName, bodyClass: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" nonce="${nonce}" href="${origin}/${name}.css">
    <title>${name.charAt(0).toUpperCase()}${name.slice(1)}</title>
  </head>
  <body class="${bodyClass}"><script nonce="${nonce}" src="${origin}/${name}.js"></script></body>
</html>`;
