import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageExtension, type PackagedExtension } from '../../scripts/package.mjs';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

describe('The packaged extension', () => {
  let folder: string;
  let packaged: PackagedExtension;
  let editor: Editor | undefined;
  let window: EditorWindow;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-vsix-'));
    packaged = await packageExtension({ out: path.join(folder, 'glassbox.vsix') });
    // No setting names a model: it has to be inside too.
    editor = await Editor.open({ name: 'package', vsix: packaged.file });
    window = await editor.openWindow();
  });
  afterAll(async () => {
    await editor?.close();
    await rm(folder, { recursive: true, force: true });
  });
  stopAtFirstFailure(() => window);

  it('is under 15 MB without its native libraries', () => {
    console.log(
      `${packaged.ownBytes} bytes without native libraries, ${packaged.fileBytes} bytes packed with them`,
    );
    expect(packaged.ownBytes).toBeLessThan(15e6);
    expect(packaged.nativeBytes).toBeGreaterThan(0);
  });

  it('answers a question with what is inside it', async () => {
    const panel = await ChatPanel.open(window);
    await panel.ask('What is the capital of France?');
    await expect.poll(() => panel.answerText(), { timeout: 120_000 }).not.toBe('');
    await window.statusBarItem(/glassbox-nano/).waitFor();
    expect(editor?.engines()[0]?.commandLine).not.toContain(process.cwd());
    await window.screenshot('answered');
    editor?.expectNoErrors();
  });
});
