import type { Kernels } from './kernels.ts';
import type { AccuracyLevel } from './runtimeLowering.ts';
import { runtimeAttention } from './runtimeAttention.ts';
import { runtimeLatentAttention } from './runtimeLatentAttention.ts';
import { runtimeProducts } from './runtimeProducts.ts';

/** ONNX Runtime's own kernels. `reason`: why they and not ours, for people. */
export function runtimeKernels(accuracyLevel: AccuracyLevel, reason: string): Kernels {
  return {
    report: { by: 'onnxruntime', reason },
    isHandedOver: () => true,
    products: () => runtimeProducts(accuracyLevel),
    attention: { grouped: runtimeAttention, latent: runtimeLatentAttention },
  };
}
