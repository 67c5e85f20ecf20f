import type { RuntimeReport } from '../../protocol/engine.ts';

/**
 * What one more row costs a pass, as a share of a pass of one row, by what multiplies. Measured on a pass of eight rows of a 1.5B model's
 * shape in 4 bits (docs/benchmarks.md, "Repeated text"). Constants, so that the same question is answered by the same passes on a machine.
 */
const BY_INSTRUCTION_SET: Readonly<Record<string, number>> = {
  amx: 0.08,
  avx512vnni: 0.18,
  avxvnni: 0.4,
  avx2: 0.6,
};

/** GPUs and ONNX Runtime's kernels, of which little is known: a wrong value costs a few hundredths of the gain. */
const OF_OTHERS = 0.2;

/** What guesses reckon with: 0 for rows that cost nothing, 1 for rows that cost as much as a pass. */
export function rowCostOf(runtime: RuntimeReport): number {
  const instructionSet = runtime.binding === 'dawn' ? undefined : runtime.kernels.instructionSet;
  return (instructionSet === undefined ? undefined : BY_INSTRUCTION_SET[instructionSet]) ?? OF_OTHERS;
}
