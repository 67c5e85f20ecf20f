import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { writeTrace } from '../../../src/reasoning/trace/writeTrace.ts';
import { colleaguesTrace, foreignTraces } from './foreignTraces.ts';
import type { InsightWalk } from './insightWalk.ts';

const folder = 'traces';

/** Puts a colleague's trace, and files that are none, into the workspace. */
export async function writeForeignTraces(workspace: string): Promise<void> {
  await mkdir(path.join(workspace, folder));
  await writeFile(path.join(workspace, folder, 'colleague.gbtrace'), writeTrace(colleaguesTrace));
  for (const { name, bytes } of foreignTraces()) {
    await writeFile(path.join(workspace, folder, name), bytes);
  }
}

/** Traces of others in a folder that is not trusted, before a model was ever loaded. */
export function foreignTraceSteps(walk: () => InsightWalk): void {
  let page: Frame;

  it('open from the explorer in Restricted Mode, read-only and without an engine', async () => {
    const { window, editor } = walk();
    await window.statusBarItem(/Restricted Mode/).waitFor();
    await window.page.keyboard.press('Control+Shift+E');
    const explorer = window.page.locator('.explorer-folders-view .monaco-list-row');
    await explorer.filter({ hasText: folder }).click();
    await explorer.filter({ hasText: 'colleague.gbtrace' }).dblclick();
    page = await window.visibleFrame('.token');
    const { about, tokens } = colleaguesTrace;
    await page.getByRole('heading', { name: about.question }).waitFor();
    await expect.poll(() => page.locator('.token').count()).toBe(tokens.count);
    await page.locator('.token').nth(7).click();
    await page.getByText(`Token 8 of ${tokens.count}`).waitFor();
    // There is no chat of it here to go on in.
    await expect.poll(() => page.getByRole('button', { name: /^Continue/ }).count()).toBe(0);
    expect(editor.engines()).toEqual([]);
    await window.screenshot('a trace in Restricted Mode');
    await window.page.keyboard.press('Control+S');
    const file = path.join(editor.workspace, folder, 'colleague.gbtrace');
    expect(new Uint8Array(await readFile(file))).toEqual(writeTrace(colleaguesTrace));
  });

  it.each(foreignTraces().map(({ name, says, hasTokens }) => ({ name, says, hasTokens })))(
    'say what is wrong with $name, and run nothing of it',
    async ({ name, says, hasTokens }) => {
      const { window } = walk();
      const dialogs: string[] = [];
      window.page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await window.page
        .locator('.explorer-folders-view .monaco-list-row')
        .filter({ hasText: name })
        .dblclick();
      await window.page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
      page = await window.visibleFrame('.failure, .trace-view');
      await expect.poll(() => page.locator('main').innerText()).toMatch(says);
      expect((await page.locator('.token').count()) > 0).toBe(hasTokens);
      await window.screenshot(name);
      for (const frame of window.page.frames()) {
        expect(await frame.evaluate('globalThis.ranForeignScript')).toBeUndefined();
      }
      expect(dialogs).toEqual([]);
      const injected =
        'main img, main script, main iframe, main object, main [onerror], main [onload], main [onfocus]';
      await expect.poll(() => page.locator(injected).count()).toBe(0);
    },
  );

  it('leave the window as it was; it becomes a trusted one', async () => {
    const { window, editor } = walk();
    expect(editor.engines()).toEqual([]);
    await window.statusBarItem(/Restricted Mode/).click();
    await window.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await window.statusBarItem(/Restricted Mode/).waitFor({ state: 'hidden' });
    await window.runCommand('View: Close All Editors');
  });
}
