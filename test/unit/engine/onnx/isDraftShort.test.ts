import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { isDraftShort } from '../../../../src/engine/backends/onnx/isDraftShort.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import type { TensorRole, WeightTensor } from '../../../../src/models/weights.ts';

const EMBEDDED = fileURLToPath(new URL('../../../../media/model/glassbox-nano.gguf', import.meta.url));

it('a draft is short where it and the head read little, as in the embedded model', async () => {
  const { spec, weights, close } = await openModel(EMBEDDED);
  const grown = (role: TensorRole): boolean => {
    const tensor: WeightTensor = { role, name: role, type: 'Q8_0', shape: [1, 1], byteLength: 4e6 };
    return isDraftShort(spec, new Map([...weights.tensors, [role, tensor]]));
  };
  try {
    expect(isDraftShort(spec, weights.tensors)).toBe(true);
    expect(grown('layer.0.attention.latent')).toBe(true);
    expect(grown('draft.0.projection')).toBe(false);
    expect(grown(spec.tiedEmbedding ? 'embedding' : 'output')).toBe(false);
  } finally {
    await close();
  }
});
