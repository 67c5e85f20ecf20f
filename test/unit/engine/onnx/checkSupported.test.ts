import { describe, expect, it } from 'vitest';
import { checkSupported } from '../../../../src/engine/backends/onnx/checkSupported.ts';
import type { LayerSpec } from '../../../../src/models/spec.ts';
import { withTinyModel } from './tinyBackend.ts';

describe('what the CPU can run', () => {
  it('is a model whose layers choose the same number of experts', async () => {
    await withTinyModel({ family: 'deepseek2', layers: 3 }, ({ spec }) => {
      expect(() => checkSupported(spec)).not.toThrow();
      const layers = spec.layers.map((layer, index): LayerSpec =>
        index === 2 && layer.feedForward.kind === 'moe'
          ? { ...layer, feedForward: { ...layer.feedForward, topK: 3 } }
          : layer,
      );
      expect(() => checkSupported({ ...spec, layers })).toThrow(
        'layer 2 chooses 3 experts and an earlier one 2 (the same is supported)',
      );
      return Promise.resolve();
    });
  });
});
