import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findNodeProgram } from '../../../src/extension/engine/nodeProgram.ts';

describe('The Node that runs the engine', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-node-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** A program called `node` that claims to be of a version. */
  async function nodeOf(version: string): Promise<string> {
    const file = path.join(folder, 'node');
    await writeFile(file, `#!/bin/sh\necho ${version}\n`);
    await chmod(file, 0o755);
    return file;
  }

  it('is the one that runs this process, when that is a plain Node', async () => {
    expect(await findNodeProgram({ configured: '', isElectron: false, searchPath: folder })).toBeUndefined();
  });

  it('is the one on the PATH inside Electron', async () => {
    const file = await nodeOf('v20.18.0');
    const searchPath = ['relative', '/nowhere', folder].join(path.delimiter);
    expect(await findNodeProgram({ configured: '', isElectron: true, searchPath })).toBe(file);
  });

  it('is the editor’s own where the one on the PATH is too old or none is there', async () => {
    expect(await findNodeProgram({ configured: '', isElectron: true, searchPath: folder })).toBeUndefined();
    await nodeOf('v20.17.9');
    expect(await findNodeProgram({ configured: '', isElectron: true, searchPath: folder })).toBeUndefined();
  });

  it('is the configured one before all others', async () => {
    const options = { configured: process.execPath, isElectron: true, searchPath: folder };
    expect(await findNodeProgram(options)).toBe(process.execPath);
  });

  it('is refused by name when the configured one is too old or does not run', async () => {
    const old = await nodeOf('v18.20.0');
    await expect(findNodeProgram({ configured: old, isElectron: false, searchPath: '' })).rejects.toThrow(
      `${old}, set as glassbox.engine.nodePath, is version v18.20.0; the engine needs Node 20.18 or later.`,
    );
    await expect(
      findNodeProgram({ configured: '/nowhere/node', isElectron: false, searchPath: '' }),
    ).rejects.toThrow('does not run');
  });
});
