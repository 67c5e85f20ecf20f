import { copyFile, mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../../../src/models/openModel.ts';
import { writeTinyModel } from '../../../support/tinyModel.ts';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-fingerprint-'));
  model = path.join(folder, 'model.gguf');
  await writeTinyModel(model, { seed: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

async function fingerprintOf(file: string): Promise<string> {
  const opened = await openModel(file);
  try {
    return await opened.fingerprint();
  } finally {
    await opened.close();
  }
}

describe('The fingerprint of a model file', () => {
  it('is the same under another name', async () => {
    const copy = path.join(folder, 'another name.gguf');
    await copyFile(model, copy);
    const fingerprint = await fingerprintOf(model);
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(await fingerprintOf(copy)).toBe(fingerprint);
  });

  it('is another for the same architecture with other weights', async () => {
    const trainedOn = path.join(folder, 'trained-on.gguf');
    await writeTinyModel(trainedOn, { seed: 2 });
    expect(await fingerprintOf(trainedOn)).not.toBe(await fingerprintOf(model));
  });

  it('is another when a byte of the header is', async () => {
    const changed = path.join(folder, 'changed.gguf');
    await copyFile(model, changed);
    const handle = await open(changed, 'r+');
    try {
      const { buffer } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
      const at = buffer.indexOf('Tiny');
      expect(at).toBeGreaterThan(0);
      await handle.write('D', at);
    } finally {
      await handle.close();
    }
    expect(await fingerprintOf(changed)).not.toBe(await fingerprintOf(model));
  });
});
