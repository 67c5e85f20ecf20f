import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import {
  makeProfile,
  quietSettings,
  startCodeServer,
  type Profile,
  type RunningCodeServer,
} from '../../../scripts/code-server.mjs';
import { checkout, installFromCheckout } from '../../../scripts/install-from-checkout.mjs';
import type { TestReport } from '../../../src/extension/testReport.ts';
import { launchBrowser } from './browser.ts';
import { EditorWindow } from './editorWindow.ts';
import { engineProcesses, type GroupProcess } from './processes.ts';

export interface EditorOptions {
  /** Names the folder of the screenshots. */
  readonly name: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Its windows ask whether their folder is trusted. */
  readonly workspaceTrust?: boolean;
  /** A package to install. Absent: what this checkout has built. */
  readonly vsix?: string;
  /** Folders of other extensions that it has, too. */
  readonly extensions?: readonly string[];
  /** For the editor and all that it starts, beside what it has anyway. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A real VS Code with Glassbox, a fresh profile and a copy of the sample workspace, all gone when it closes. */
export class Editor {
  readonly #profile: Profile;
  readonly #server: RunningCodeServer;
  readonly #browser: Browser;
  readonly #windows: EditorWindow[] = [];
  readonly #screenshots: string;
  readonly workspace: string;

  private constructor(
    profile: Profile,
    server: RunningCodeServer,
    browser: Browser,
    workspace: string,
    screenshots: string,
  ) {
    this.#profile = profile;
    this.#server = server;
    this.#browser = browser;
    this.workspace = workspace;
    this.#screenshots = screenshots;
  }

  static async open(options: EditorOptions): Promise<Editor> {
    const root = await mkdtemp(path.join(os.tmpdir(), 'glassbox-e2e-'));
    const workspace = path.join(root, 'corner-shop');
    await cp(path.join(checkout, 'media/sample-workspace'), workspace, { recursive: true });
    const profile = await makeProfile(root);
    const { workspaceTrust = false } = options;
    const settings = {
      ...quietSettings,
      ...(workspaceTrust ? { 'security.workspace.trust.enabled': true } : {}),
      ...options.settings,
    };
    await writeFile(profile.userSettings, JSON.stringify(settings, undefined, 2));
    // Settings of machine scope are read from here when VS Code runs behind a browser.
    await writeFile(profile.machineSettings, JSON.stringify(settings, undefined, 2));
    if (!options.vsix) await installFromCheckout(profile.extensions);
    for (const folder of options.extensions ?? []) {
      await cp(folder, path.join(profile.extensions, path.basename(folder)), { recursive: true });
    }

    const home = path.join(root, 'home');
    await mkdir(home);
    const screenshots = path.join(checkout, 'test-results/screenshots', options.name);
    await rm(screenshots, { recursive: true, force: true });
    await mkdir(screenshots, { recursive: true });
    const server = await startCodeServer({
      profile,
      workspaceTrust,
      environment: {
        ...options.environment,
        HOME: home,
        GLASSBOX_TEST: '1',
        GLASSBOX_REPORT_FILE: path.join(root, reportFile),
      },
      ...(options.vsix ? { installExtensions: [options.vsix] } : {}),
    });
    try {
      return new Editor(profile, server, await launchBrowser(), workspace, screenshots);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Opens a window of its own (own extension host) on `folder` (a path or a URI), by default the sample workspace. */
  async openWindow(folder = this.workspace, size: WindowSize = usualSize): Promise<EditorWindow> {
    const page = await this.#newPage();
    // Before the editor is there: it does not follow later.
    await page.setViewportSize(size);
    const window = new EditorWindow(page, this.#screenshots, this.#windows.length + 1);
    this.#windows.push(window);
    await page.goto(`${this.#server.url}?folder=${encodeURIComponent(folder)}`, { waitUntil: 'commit' });
    await window.waitUntilReady();
    return window;
  }

  /** Changes settings in the running editor, as a user who edits the settings file. */
  async changeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    for (const file of [this.#profile.userSettings, this.#profile.machineSettings]) {
      const present: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'));
      await writeFile(file, JSON.stringify({ ...present, ...settings }, undefined, 2));
    }
  }

  /** Copies the sample into a second folder that a window can have to itself. */
  async copyWorkspace(name: string): Promise<string> {
    const folder = path.join(this.#profile.folder, name);
    await cp(this.workspace, folder, { recursive: true });
    return folder;
  }

  /** What extensions keep for folders, each in a folder of its own. */
  get workspaceStorage(): string {
    return path.join(this.#profile.userData, 'User/workspaceStorage');
  }

  /** The engines that this editor's windows run now. */
  engines(): readonly GroupProcess[] {
    return engineProcesses(this.#server.processId);
  }

  /** Id of the server's process group, in which its extension hosts and engines are. */
  get processGroup(): number {
    return this.#server.processId;
  }

  /** What the extension host that reported last has measured about itself; undefined before the first report. */
  async lastReport(): Promise<TestReport | undefined> {
    const text = await readFile(path.join(this.#profile.folder, reportFile), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : (JSON.parse(text) as TestReport);
  }

  /** What this window's extension host has measured about itself since the last time it was asked. */
  async report(window: EditorWindow): Promise<TestReport> {
    await rm(path.join(this.#profile.folder, reportFile), { force: true });
    await window.runCommand('Glassbox: Write Test Report');
    await expect.poll(() => this.lastReport(), { timeout: 60_000 }).toBeDefined();
    const report = await this.lastReport();
    if (!report) throw new Error('The report vanished.');
    return report;
  }

  /** Fails when a window reported an error that is not VS Code's own. */
  expectNoErrors(): void {
    expect(this.#windows.flatMap((window) => window.errors.take())).toEqual([]);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#server.stop();
    await rm(this.#profile.folder, { recursive: true, force: true });
  }

  async #newPage(): Promise<Page> {
    const context = this.#browser.contexts()[0] ?? (await this.#browser.newContext(windowOptions));
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    await page.addInitScript({ content: withoutRootServiceWorker });
    return page;
  }
}

const reportFile = 'report.json';

/** In CSS pixels. */
export interface WindowSize {
  readonly width: number;
  readonly height: number;
}

const usualSize: WindowSize = { width: 1400, height: 900 };

const windowOptions: BrowserContextOptions = {
  viewport: usualSize,
  // Each frame of what moves is drawn by the processor: a quarter of all that a large window costs.
  reducedMotion: 'reduce',
  permissions: ['clipboard-read', 'clipboard-write'],
};

/** VS Code's root service worker delays every webview by seconds, and nothing here needs it. */
const withoutRootServiceWorker = `
  const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
  navigator.serviceWorker.register = (url, options) =>
    String(url).includes('/browser/serviceWorker.js') ? new Promise(() => {}) : register(url, options);
`;
