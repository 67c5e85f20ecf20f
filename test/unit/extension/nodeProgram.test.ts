import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findNodeProgram,
  type NodeProgram,
  type NodeProgramOptions,
} from '../../../src/extension/engine/nodeProgram.ts';

describe('The Node that runs the engine', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-node-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function find(options: Partial<NodeProgramOptions> = {}): Promise<NodeProgram> {
    return findNodeProgram({
      configured: '',
      packagedFolder: path.join(folder, 'package'),
      isElectron: true,
      searchPath: folder,
      t: (message, ...values) => message.replace(/\{(\d)\}/gu, (_, at: string) => String(values[Number(at)])),
      ...options,
    });
  }

  /** A program called `node` that does what a script says. */
  async function program(script: string, { inPackage = false, mode = 0o755 } = {}): Promise<string> {
    const file = path.join(folder, inPackage ? 'package/node' : 'node');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, mode);
    return file;
  }

  it('is the one that runs this process, when that is a plain Node and none is packaged', async () => {
    expect(await find({ isElectron: false })).toEqual({ path: undefined, from: 'host', warning: undefined });
  });

  it('is the packaged one, before the PATH’s and a host’s', async () => {
    await program('echo v24.0.0');
    const file = await program('echo v22.0.0', { inPackage: true });
    const packaged = { path: file, from: 'package', warning: undefined };
    expect(await find()).toEqual(packaged);
    expect(await find({ isElectron: false })).toEqual(packaged);
  });

  it('is made executable where unpacking lost that', async () => {
    const file = await program('echo v22.0.0', { inPackage: true, mode: 0o644 });
    expect(await find()).toEqual({ path: file, from: 'package', warning: undefined });
    expect((await stat(file)).mode & 0o111).toBe(0o111);
  });

  it.each([
    ['is another program', 'echo hello', 'it is no Node'],
    ['is too old', 'echo v18.0.0', 'it is version v18.0.0'],
    ['ends with an error', 'exit 3', 'it ended with code 3'],
    ['is killed, as macOS does in quarantine', 'kill -9 $$', 'it was ended by SIGKILL'],
  ])('is the next choice where the packaged one %s, and a sentence says so', async (_, script, reason) => {
    const broken = await program(script, { inPackage: true });
    const fallback = await program('echo v20.18.0');
    const found = await find();
    expect(found).toMatchObject({ path: fallback, from: 'searchPath' });
    expect(found.warning).toContain(`The Node that comes with Glassbox does not run: ${broken}: ${reason}`);
    const hosts = await find({ isElectron: false });
    expect(hosts).toEqual({ path: undefined, from: 'host', warning: found.warning });
  });

  it('is the next choice where the packaged one is of another platform', async () => {
    const file = await program('', { inPackage: true });
    // The header of a Mach-O file for arm64, which Linux knows nothing of and macOS finds truncated.
    await writeFile(file, Buffer.from('cffaedfe0c00000100000000', 'hex'));
    const found = await find({ searchPath: '' });
    expect(found.from).toBe('electron');
    expect(found.warning).toMatch(/^The Node that comes with Glassbox does not run: .* no GPU is used/u);
  });

  it('is the next choice where the package lost its Node', async () => {
    await mkdir(path.join(folder, 'package'));
    expect((await find({ isElectron: false })).warning).toContain('it is missing');
  });

  it('is the one on the PATH inside Electron', async () => {
    const file = await program('echo v20.18.0');
    const searchPath = ['relative', '/nowhere', folder].join(path.delimiter);
    expect(await find({ searchPath })).toEqual({ path: file, from: 'searchPath', warning: undefined });
  });

  it('is the editor’s own where the one on the PATH is too old or none is there, and says what that costs', async () => {
    const electron = { path: undefined, from: 'electron' };
    expect(await find()).toMatchObject(electron);
    await program('echo v20.17.9');
    const found = await find();
    expect(found).toMatchObject(electron);
    expect(found.warning).toMatch(/^The engine runs on the editor’s own Node, .* no GPU is used/u);
  });

  it('is the configured one before all others', async () => {
    await program('echo v22.0.0', { inPackage: true });
    const found = { path: process.execPath, from: 'setting', warning: undefined };
    expect(await find({ configured: process.execPath })).toEqual(found);
  });

  it('is refused by name when the configured one is too old or does not run', async () => {
    const old = await program('echo v18.20.0');
    await expect(find({ configured: old })).rejects.toThrow(
      `${old}, set as glassbox.engine.nodePath, is version v18.20.0; the engine needs Node 20.18 or later.`,
    );
    await expect(find({ configured: '/nowhere/node' })).rejects.toThrow('does not run');
  });
});
