import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultThreads } from '../../../src/engine/defaultThreads.ts';
import type { ModelFile } from '../../../src/models/modelFile.ts';
import { openModel } from '../../../src/models/openModel.ts';
import type { TensorRole, WeightTensor } from '../../../src/models/weights.ts';

const EMBEDDED = fileURLToPath(new URL('../../../media/model/glassbox-nano.gguf', import.meta.url));

describe('Threads that nobody chose', () => {
  const tensor = (role: TensorRole, megabytes: number): [TensorRole, WeightTensor] => [
    role,
    { role, name: role, type: 'Q4_0', shape: [1, 1], byteLength: megabytes * 1e6 },
  ];
  let nano: ModelFile;
  beforeAll(async () => {
    nano = await openModel(EMBEDDED);
    return () => nano.close();
  });

  it('are one for the embedded model', () => {
    expect(defaultThreads(nano.spec, nano.weights.tensors, 8)).toBe(1);
  });

  it('are all cores for a model whose tokens read much', () => {
    const spec = { layers: [], tiedEmbedding: false };
    expect(defaultThreads(spec, new Map([tensor('layer.0.attention.query', 17)]), 8)).toBe(8);
    expect(defaultThreads(spec, new Map([tensor('layer.0.attention.query', 15)]), 8)).toBe(1);
  });

  it('count an embedding where it is the output, too, and no draft', () => {
    const tensors = new Map([tensor('embedding', 20), tensor('draft.0.attention.query', 20)]);
    expect(defaultThreads({ layers: [], tiedEmbedding: false }, tensors, 4)).toBe(1);
    expect(defaultThreads({ layers: [], tiedEmbedding: true }, tensors, 4)).toBe(4);
  });

  it('count of experts those that a token meets', () => {
    // 2 of 16 are asked: 128 MB of them are 16 MB a token.
    const { layers } = nano.spec;
    const layer = layers.findIndex(({ feedForward }) => feedForward.kind === 'moe');
    const experts = (megabytes: number) => new Map([tensor(`layer.${layer}.experts.up`, megabytes)]);
    expect(defaultThreads({ layers, tiedEmbedding: false }, experts(127), 4)).toBe(1);
    expect(defaultThreads({ layers, tiedEmbedding: false }, experts(129), 4)).toBe(4);
    expect(
      defaultThreads({ layers, tiedEmbedding: false }, new Map([tensor(`layer.${layer}.router`, 17)]), 4),
    ).toBe(4);
  });
});
