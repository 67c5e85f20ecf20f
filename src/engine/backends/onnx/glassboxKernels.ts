import type { Operators } from '../../../../native/cpu/operators.ts';
import { nativePasses } from '../../sampling/nativePasses.ts';
import { glassboxAttention } from './glassboxAttention.ts';
import { glassboxLatentAttention } from './glassboxLatentAttention.ts';
import { GlassboxProducts } from './glassboxProducts.ts';
import { isHeadMatrix } from './headMatrices.ts';
import type { Kernels } from './kernels.ts';
import { runtimeProducts } from './runtimeProducts.ts';
import { isBlockType } from './unpackBlocks.ts';

/** Our kernels for block types and attention; ONNX Runtime's for floats, which have nothing to be rounded: their level does not matter. */
export function glassboxKernels(operators: Operators): Kernels {
  return {
    report: {
      by: 'glassbox',
      instructionSet: operators.isa,
      reason: 'Made for the blocks of GGUF files.',
    },
    isHandedOver: ({ role, type }) => !isBlockType(type) || isHeadMatrix(role),
    products: () => new GlassboxProducts(operators, runtimeProducts({ accuracyLevel: 4 })),
    attention: { grouped: glassboxAttention, latent: glassboxLatentAttention },
    tandem: (run) => operators.tandem(run),
    vocabularyPasses: (vocabularySize) => nativePasses(operators.sampling(vocabularySize)),
  };
}
