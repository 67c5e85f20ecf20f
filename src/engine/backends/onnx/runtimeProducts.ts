import { addChoice } from './choice.ts';
import { addDenseFeedForward } from './denseFeedForward.ts';
import { addLinear } from './linear.ts';
import type { Products } from './lowering.ts';
import { type Representation, representationOf } from './representation.ts';
import type { RuntimeArithmetic } from './runtimeLowering.ts';
import { addRuntimeNorm } from './runtimeNorm.ts';
import { addSharedExpert } from './sharedExpert.ts';
import { addSortedExperts } from './sortedExperts.ts';

/** Products with ONNX Runtime's own operators: they run wherever it runs, and for all types. */
export function runtimeProducts(arithmetic: RuntimeArithmetic): Products {
  return {
    linear: (lowering, plan) => addLinear({ ...lowering, ...arithmetic }, plan),
    feedForward: addDenseFeedForward,
    experts: (lowering, plan) =>
      addSharedExpert(lowering, plan, (routed) => addSortedExperts({ ...lowering, ...arithmetic }, routed)),
    choice: addChoice,
    norm: addRuntimeNorm,
    residentBytes: (type, rows, columns) =>
      (rows * columns * residentBitsPerWeight(representationOf(type))) / 8,
    release: () => undefined,
  };
}

/**
 * Bits that a weight takes once a session is made. On x64 ONNX Runtime keeps a block's codes with a copy of its scale
 * and their product with the zero point (32 bits each), and the scales and zero points as they were given besides.
 */
function residentBitsPerWeight(representation: Representation): number {
  if (representation.kind === 'float') return 32;
  const { bits, blockSize, hasMinima } = representation;
  const zeroPointBits = hasMinima && bits === 4 ? bits : 0;
  return bits + (32 * (hasMinima ? 4 : 3) + zeroPointBits) / blockSize;
}
