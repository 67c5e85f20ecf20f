import { execFile } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpuAdapters } from '../../scripts/gpu-adapter.mjs';
import { packagedNodeVersion } from '../../scripts/packagedNode.mjs';
import { packageExtension, type PackagedExtension } from '../../scripts/package.mjs';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

/** Writes a number into a GPU's buffer with the Dawn of the package, and prints it after Node's version. */
const readBack = `
  import { create, globals } from 'webgpu';
  console.log(process.version);
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter) {
    const device = await adapter.requestDevice();
    const { COPY_DST, MAP_READ } = globals.GPUBufferUsage;
    const buffer = device.createBuffer({ size: 4, usage: COPY_DST | MAP_READ });
    device.queue.writeBuffer(buffer, 0, new Uint32Array([42]));
    await buffer.mapAsync(globals.GPUMapMode.READ);
    console.log(new Uint32Array(buffer.getMappedRange())[0]);
  }
  process.exit(0);
`;

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

  it('runs its engine on the Node that it carries, which also reads back what a GPU computed', async () => {
    const engine = editor?.engines()[0];
    const extension = /^(\S+)\/node\/node (?:--\S+ )+\1\/dist\/engine\.mjs$/u.exec(
      engine?.commandLine ?? '',
    )?.[1];
    if (engine === undefined || extension === undefined)
      throw new Error(`The engine was started by: ${engine?.commandLine}`);
    const program = path.join(extension, 'node/node');
    expect(await realpath(`/proc/${engine.processId}/exe`)).toBe(program);
    expect(await readFile(path.join(extension, 'node/LICENSE'), 'utf8')).toContain('Node.js');

    const adapters = await gpuAdapters().catch((error: unknown) => String(error));
    const env = typeof adapters === 'string' ? {} : adapters.env;
    const { stdout } = await promisify(execFile)(program, ['--input-type=module', '--eval', readBack], {
      cwd: extension,
      env: { ...process.env, ...env },
    });
    const [version, ...read] = stdout.trim().split('\n');
    expect(version).toBe(`v${packagedNodeVersion}`);
    if (typeof adapters === 'string') console.log(`No GPU was asked: ${adapters}`);
    else expect(read).toEqual(['42']);
  });
});
