import type { WeightTensor } from '../../../models/weights.ts';
import type { KernelReport } from '../../../protocol/engine.ts';
import type { CandidatePasses } from '../../sampling/candidatePasses.ts';
import type { Products } from './lowering.ts';

/** Whose kernels multiply with the matrices of a file, and what follows from that. */
export interface Kernels {
  readonly report: KernelReport;
  /** Whether a matrix is handed over to ONNX Runtime, which has copies of it while it makes the session. */
  readonly isHandedOver: (tensor: WeightTensor) => boolean;
  /** For one graph. */
  products(): Products;
  /** For the sampler; absent: none but those in TypeScript. */
  readonly candidatePasses?: CandidatePasses;
}
