import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type ShortRuns, shortRunsOf } from '../../../../src/engine/backends/onnx/shortRuns.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import type { TensorRole, WeightTensor } from '../../../../src/models/weights.ts';

const EMBEDDED = fileURLToPath(new URL('../../../../media/model/glassbox-nano.gguf', import.meta.url));

it('a pass, its head and the draft are short where they read little, as in the embedded model', async () => {
  const { spec, weights, close } = await openModel(EMBEDDED);
  const grown = (role: TensorRole): ShortRuns => {
    const tensor: WeightTensor = { role, name: role, type: 'Q8_0', shape: [1, 1], byteLength: 4e6 };
    return shortRunsOf(spec, new Map([...weights.tensors, [role, tensor]]));
  };
  try {
    expect(shortRunsOf(spec, weights.tensors)).toEqual({ pass: true, head: true, draft: true });
    expect(grown('layer.0.attention.latent')).toEqual({ pass: false, head: true, draft: true });
    expect(grown('draft.0.projection')).toEqual({ pass: true, head: true, draft: false });
    expect(grown(spec.tiedEmbedding ? 'embedding' : 'output')).toEqual({
      pass: false,
      head: false,
      draft: false,
    });
  } finally {
    await close();
  }
});
