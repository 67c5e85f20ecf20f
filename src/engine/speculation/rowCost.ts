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

/**
 * With what was chosen a pass of eight rows, the most that the CPU's kernels take for little more than one: a ninth costs as much as
 * six (docs/benchmarks.md). Replayed, a large model's suite gains a tenth by it over guesses of up to fifteen.
 */
export const MOST_GUESSES = 7;

/** Six rows for each of two threads. Replayed and run, glassbox-nano's held-out set gains a fifteenth by it over seven; fifteen gain no more. */
const MOST_OF_DIVIDED = 11;

/** As many guesses as a pass may have. */
export function mostGuessesOf(runtime: RuntimeReport): number {
  return runtime.binding !== 'dawn' && runtime.dividesPasses ? MOST_OF_DIVIDED : MOST_GUESSES;
}

/** What guesses reckon with: 0 for rows that cost nothing, 1 for rows that cost as much as a pass. */
export function rowCostOf(runtime: RuntimeReport, hasExperts: boolean): number {
  const { kernels, dividesPasses } = runtime.binding === 'dawn' ? {} : runtime;
  const known =
    kernels?.instructionSet === undefined ? undefined : BY_INSTRUCTION_SET[kernels.instructionSet];
  const alone = (known ?? OF_OTHERS) + (hasExperts ? OF_EXPERTS : 0);
  return dividesPasses ? alone * OF_DIVIDED : alone;
}
