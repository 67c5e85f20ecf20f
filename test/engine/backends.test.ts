import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram, zigPath } from '../../scripts/assets.mjs';
import { EngineHost, type EngineHostState } from '../../src/engineClient/engineHost.ts';
import { enginePath } from '../support/engineProcess.ts';
import { writeTinyModel } from '../support/tinyModel.ts';

/** In place of Vulkan: ends the process as soon as somebody asks it for anything, as a broken driver does. */
const DEADLY = `
#include <stdlib.h>
void *vkGetInstanceProcAddr(void *instance, const char *name) { (void)instance; (void)name; abort(); }
`;

let folder: string;
let model: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-backends-'));
  model = path.join(folder, 'tiny.gguf');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

// Dawn looks for Vulkan by this name on Linux only.
describe.runIf(process.platform === 'linux')('A driver that ends the process', () => {
  const ended: EngineHostState[] = [];
  let host: EngineHost;

  beforeAll(async () => {
    const source = path.join(folder, 'deadly.c');
    await writeFile(source, DEADLY);
    const compiler = (await findProgram('cc')) ?? (await zigPath());
    const parameters = [source, '-shared', '-fPIC', '-o', path.join(folder, 'libvulkan.so.1')];
    await promisify(execFile)(compiler, compiler.endsWith('cc') ? parameters : ['cc', ...parameters]);
  });

  const start = (): void => {
    ended.length = 0;
    host = new EngineHost({ enginePath, env: { LD_LIBRARY_PATH: folder } });
    host.onChange((state) => {
      if (state.kind === 'stopped' && state.exit) ended.push(state);
    });
  };
  const load = (measureAgain = false) =>
    host.load({ path: model, backendFolder: path.join(folder, 'backends'), measureAgain });

  it('costs one start of the engine: the next one leaves it alone, and says so', async () => {
    start();
    const { backend } = await load();
    expect(ended).toHaveLength(1);
    expect(backend).toMatchObject({ used: 'cpu', adapters: [] });
    expect(backend.reason).toContain('Looking for GPUs ended the engine last time');
    await host.dispose();
  });

  it('is left alone in later sessions, until backends are measured again', async () => {
    start();
    expect((await load()).backend.used).toBe('cpu');
    expect(ended).toHaveLength(0);
    expect((await load(true)).backend.reason).toContain('ended the engine');
    expect(ended).toHaveLength(1);
    await host.dispose();
  });

  it('is not asked at all where the CPU is wanted', async () => {
    start();
    await rm(path.join(folder, 'backends'), { recursive: true });
    const { backend } = await host.load({ path: model, backend: 'cpu' });
    expect(backend).toMatchObject({ used: 'cpu', reason: 'It was asked for.' });
    expect(ended).toHaveLength(0);
    await host.dispose();
  });
});
