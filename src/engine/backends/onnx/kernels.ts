import type { Tandem } from '../../../../native/cpu/tandem.ts';
import type { WeightTensor } from '../../../models/weights.ts';
import type { KernelReport } from '../../../protocol/engine.ts';
import type { VocabularyPasses } from '../../sampling/vocabularyPasses.ts';
import type { AttentionForms } from './attentionForms.ts';
import type { Products } from './lowering.ts';

/** Whose kernels multiply with the matrices of a file and attend, and what follows from that. */
export interface Kernels {
  readonly report: KernelReport;
  /** Whether a matrix is handed over to ONNX Runtime, which has copies of it while it makes the session. */
  readonly isHandedOver: (tensor: WeightTensor) => boolean;
  /** For one graph. */
  products(): Products;
  readonly attention: AttentionForms;
  /** What reads logits; absent: none but the passes in TypeScript. */
  vocabularyPasses?(vocabularySize: number): VocabularyPasses;
  /**
   * What divides a pass between two threads; absent: nothing does.
   * @param run the address of `OrtApi`'s `Run`
   */
  tandem?(run: bigint): Tandem;
}
