import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import type {
  AnswerView,
  ChatState,
  HostMessage,
  PageMessage,
  QuestionView,
} from '../../../src/protocol/chat.ts';
import { launchBrowser } from '../harness/browser.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

/**
 * The chat page in Chromium as a webview shows it: the bundle of `npm run build`, VS Code's policy and theme
 * variables, and a host that the test plays.
 */

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const origin = 'https://webview.test';
const nonce = 'Zm9yLXRlc3Rz';
/** As the extension writes it: see the HTML of the chat view in `src/extension/chat`. */
const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;

/** Other work may keep the machine busy. */
const patienceMs = 60_000;

export interface OpenOptions {
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  /** What VS Code kept of an earlier page. */
  readonly persisted?: unknown;
}

/** One page and the test's side of the conversation with it. */
export class ChatHarness {
  /** What went wrong in the page: script errors, console errors, refusals of the policy. */
  readonly problems: string[] = [];
  /** Every address that the page tried to load and is not its own bundle. */
  readonly foreignRequests: string[] = [];

  constructor(readonly page: Page) {}

  async send(...messages: readonly HostMessage[]): Promise<void> {
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
  async sent<Type extends PageMessage['type']>(type: Type): Promise<Extract<PageMessage, { type: Type }>[]> {
    const all: PageMessage[] = await this.page.evaluate('window.__sent');
    return all.filter((message): message is Extract<PageMessage, { type: Type }> => message.type === type);
  }

  async persisted(): Promise<unknown> {
    return this.page.evaluate('window.__persisted');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** Builds the bundle once and starts the browser. */
export async function startBrowser(): Promise<Browser> {
  await promisify(execFile)(process.execPath, [
    path.join(root, 'scripts/build.mjs'),
    '--only=chat',
    '--quiet',
  ]);
  return launchBrowser();
}

export async function openChat(browser: Browser, options: OpenOptions = {}): Promise<ChatHarness> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 400, height: options.height ?? 720 },
    reducedMotion: 'reduce',
  });
  const page = await context.newPage();
  const harness = new ChatHarness(page);
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

const html = (bodyClass: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <link rel="stylesheet" nonce="${nonce}" href="${origin}/chat.css">
    <title>Chat</title>
  </head>
  <body class="${bodyClass}"><script nonce="${nonce}" src="${origin}/chat.js"></script></body>
</html>`;

// ---- what the host would say --------------------------------------------------------------------------

export const question = (id: string, text: string, change: Partial<QuestionView> = {}): QuestionView => ({
  kind: 'question',
  id,
  text,
  chips: [],
  branch: { index: 0, count: 1 },
  ...change,
});

export const answer = (id: string, text: string, change: Partial<AnswerView> = {}): AnswerView => ({
  kind: 'answer',
  id,
  status: { kind: 'done', finish: 'stop' },
  thought: '',
  thoughtTokens: 0,
  thoughtMs: 0,
  answer: text,
  answerTokens: Math.ceil(text.length / 4),
  hasTrace: false,
  branch: { index: 0, count: 1 },
  ...change,
});

export const chatState = (change: Partial<ChatState> = {}): ChatState => ({
  conversationId: 'conversation-1',
  title: '',
  turns: [],
  history: [],
  chips: [],
  model: {
    status: 'ready',
    name: 'SmolLM2-135M-Instruct',
    isEmbedded: false,
    description: 'Q4_1, 135M parameters, 30 layers',
    runtime: 'ONNX Runtime 1.30.0, C API, 2 threads',
    contextCapacity: 8192,
  },
  reasoningMode: 'auto',
  thinkingBudget: 1024,
  context: { tokens: 412, capacity: 8192 },
  notices: [],
  draft: '',
  ...change,
});

/** What the host says of the model that Glassbox carries, before it is loaded. */
export const embeddedModel = { status: 'unloaded', name: 'glassbox-nano', isEmbedded: true } as const;

export const delta = (
  answerId: string,
  change: Partial<Extract<HostMessage, { type: 'delta' }>>,
): HostMessage => ({
  type: 'delta',
  answerId,
  thought: '',
  answer: '',
  thoughtTokens: 0,
  answerTokens: 0,
  thoughtMs: 0,
  ...change,
});
