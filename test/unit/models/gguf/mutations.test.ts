import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { ModelFileFault } from '../../../../src/models/modelErrors.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import { GlassboxError } from '../../../../src/protocol/errors.ts';
import { encodeHeader } from '../../../support/ggufWriter.ts';
import { Random } from '../../../support/random.ts';
import { FAMILIES } from '../../../support/modelShape.ts';
import { tinyModel, writeTinyModel } from '../../../support/tinyModel.ts';

const MUTATIONS = 10_000;
/** Numbers at the edges of every width, where checks go wrong. */
const EDGES: readonly [bigint, ...bigint[]] = [
  0n,
  1n,
  2n,
  31n,
  33n,
  255n,
  2n ** 16n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 53n,
  2n ** 61n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 32n,
  2n ** 64n - 1n,
];

/** A header damaged in one to four places. */
function mutate(original: Buffer, headerBytes: number, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let times = 1 + random.below(4); times > 0; times--) bytes = mutateOnce(bytes, headerBytes, random);
  return bytes;
}

function mutateOnce(bytes: Buffer, headerBytes: number, random: Random): Buffer {
  if (bytes.length < 2048) return bytes; // cut short before
  // Keys and tensors lie at both ends of the header; between them is the vocabulary, where damage does less.
  const region = random.below(5);
  const end = Math.min(headerBytes, bytes.length);
  const at = region < 2 ? random.below(1800) : region < 4 ? end - 1 - random.below(2000) : random.below(end);
  switch (random.below(6)) {
    case 0:
      bytes[at] = random.below(256);
      return bytes;
    case 1:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
      return bytes;
    case 2:
      bytes.writeBigUInt64LE(random.pick(EDGES), Math.min(at, bytes.length - 8));
      return bytes;
    case 3:
      bytes.writeUInt32LE(Number(random.pick(EDGES) & 0xffff_ffffn), Math.min(at, bytes.length - 4));
      return bytes;
    case 4: {
      // A piece of the header over another.
      const from = random.below(Math.min(headerBytes, bytes.length));
      bytes.copy(bytes, at, from, from + 1 + random.below(64));
      return bytes;
    }
    default: {
      const cut = 1 + random.below(16);
      if (random.below(4) === 0) return bytes.subarray(0, at);
      return random.below(2) === 0
        ? Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + cut)])
        : Buffer.concat([bytes.subarray(0, at), Buffer.alloc(cut, random.below(256)), bytes.subarray(at)]);
    }
  }
}

it(`opens or refuses by file and field each of ${String(MUTATIONS)} damaged files, and never allocates more than they hold`, async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-mutations-'));
  const file = path.join(folder, 'mutated.gguf');
  const random = new Random(2026);
  const outcomes = new Map<string, number>();
  try {
    for (const [index, family] of FAMILIES.entries()) {
      const options = {
        family,
        type: 'Q8_0',
        layers: 1,
        embeddingLength: 32,
        innerLength: 32,
        headDim: 8,
        version: index === 0 ? 2 : 3,
        latent: { queryRank: 32, latentRank: 32, plainDim: 32 },
        experts: { count: 4, innerLength: 32, groups: { count: 2, chosen: 1 } },
        ...(family === 'llama' && { ropeFactors: [1, 2, 3, 4] }),
        ...(family === 'deepseek2' && { layers: 2 }),
      } as const;
      await writeTinyModel(file, options);
      const headerBytes = encodeHeader(tinyModel(options)).length;
      const handle = await open(file, 'r+');
      const original = await handle.readFile();
      for (let i = 0; i < MUTATIONS / FAMILIES.length; i++) {
        const bytes = mutate(original, headerBytes, random);
        await handle.truncate(bytes.length);
        await handle.write(bytes, 0, bytes.length, 0);
        const outcome = await openAndReadAll(file, bytes.length);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      await handle.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  // The mutations reach what they are meant to reach: some leave the model whole, most do not.
  expect([...outcomes.keys()].sort()).toEqual(['model/corrupt', 'model/unsupported', 'opened']);
  for (const [outcome, count] of outcomes) expect(count, outcome).toBeGreaterThan(MUTATIONS / 50);
});

async function openAndReadAll(file: string, fileBytes: number): Promise<string> {
  const before = process.memoryUsage().arrayBuffers;
  const outcome = await openModel(file).then(
    async (model) => {
      model.readTokenizer();
      for (const role of model.weights.tensors.keys()) await model.weights.read(role);
      await model.close();
      return 'opened';
    },
    (thrown: unknown) => {
      if (!(thrown instanceof GlassboxError)) throw thrown;
      const fault = thrown.details as ModelFileFault;
      expect(fault.file).toBe(file);
      expect(fault.field).not.toBe('');
      expect(thrown.message).toContain(path.basename(file));
      expect(thrown.message).toContain(fault.field);
      return thrown.code;
    },
  );
  // The header, the weights, and a decoded vocabulary: each is smaller than the file. Collections only lower it.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * fileBytes + 65_536);
  return outcome;
}
