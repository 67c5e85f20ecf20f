import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SizeMemory, type SizeKey } from '../../../../src/engine/backends/gpu/sizeMemory.ts';

const KEY: SizeKey = { adapter: 'a GPU', driver: '1.0', kernels: 'abc' };
const SIZES = { workgroupSize: 64, unitsPerLane: 2, attentionSize: 64, tilePositions: 16, tileSide: 8 };

describe('Measured sizes', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-sizes-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are known to the next process, for this adapter, driver and kernels only', async () => {
    await new SizeMemory(folder).write(KEY, SIZES);
    const next = new SizeMemory(folder);
    expect(await next.read(KEY)).toEqual(SIZES);
    expect(await next.read({ ...KEY, driver: '1.1' })).toBeUndefined();
    expect(await next.read({ ...KEY, kernels: 'abd' })).toBeUndefined();
  });

  it.each([
    ['is cut off', (text: string) => text.slice(0, -20)],
    ['names a size that no kernel has', (text: string) => text.replace('64', '65')],
    ['belongs to another key', (text: string) => text.replace('a GPU', 'another')],
  ])('are measured again where the file %s', async (_, damage) => {
    const memory = new SizeMemory(folder);
    await memory.write(KEY, SIZES);
    const [name] = await readdir(folder);
    const file = path.join(folder, name ?? '');
    await writeFile(file, damage(await readFile(file, 'utf8')));
    expect(await memory.read(KEY)).toBeUndefined();
  });

  it('are forgotten once when backends are measured again', async () => {
    await new SizeMemory(folder).write(KEY, SIZES);
    const again = new SizeMemory(folder, { forget: true });
    expect(await again.read(KEY)).toBeUndefined();
    await again.write(KEY, { ...SIZES, tileSide: 16 });
    expect(await again.read(KEY)).toEqual({ ...SIZES, tileSide: 16 });
  });
});
