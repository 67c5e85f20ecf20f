import type { Kernels } from './kernels.ts';
import type { RuntimeArithmetic } from './runtimeLowering.ts';
import { runtimeAttention } from './runtimeAttention.ts';
import { runtimeLatentAttention } from './runtimeLatentAttention.ts';
import { runtimeProducts } from './runtimeProducts.ts';

/** ONNX Runtime's own kernels. `reason`: why they and not ours, for people. */
export function runtimeKernels(arithmetic: RuntimeArithmetic, reason: string): Kernels {
  return {
    report: { by: 'onnxruntime', reason },
    isHandedOver: () => true,
    products: () => runtimeProducts(arithmetic),
    attention: { grouped: runtimeAttention, latent: runtimeLatentAttention },
  };
}
