import type { RuntimeReport } from '../../protocol/engine.ts';

/**
 * What one more row costs a pass, as a share of a pass of one row, by what multiplies. Measured on a pass of eight rows of a 1.5B model's
 * shape in 4 bits (docs/benchmarks.md, "Repeated text"): AVX-512 between 0.08 and 0.17, by how fast memory is just then (up to four rows
 * cost next to nothing); the last two with one thread. Constants, so that a machine answers the same question by the same passes.
 */
const BY_INSTRUCTION_SET: Readonly<Record<string, number>> = {
  amx: 0.08,
  avx512vnni: 0.1,
  avxvnni: 0.4,
  avx2: 0.6,
};

/** GPUs and ONNX Runtime's kernels, of which little is known: a wrong value costs a few hundredths of the gain. */
const OF_OTHERS = 0.2;

/** Each row goes to experts of its own, which are read for it alone. Measured on glassbox-nano. */
const OF_EXPERTS = 0.16;

/** Of two threads each computes half of the rows. Measured on glassbox-nano: eight rows cost 0.26 more for each of them alone, 0.13 divided. */
const OF_DIVIDED = 0.5;

/** What guesses reckon with: 0 for rows that cost nothing, 1 for rows that cost as much as a pass. */
export function rowCostOf(runtime: RuntimeReport, hasExperts: boolean): number {
  const { kernels, dividesPasses } = runtime.binding === 'dawn' ? {} : runtime;
  const known =
    kernels?.instructionSet === undefined ? undefined : BY_INSTRUCTION_SET[kernels.instructionSet];
  const alone = (known ?? OF_OTHERS) + (hasExperts ? OF_EXPERTS : 0);
  return dividesPasses ? alone * OF_DIVIDED : alone;
}
