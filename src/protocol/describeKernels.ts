import type { KernelReport } from './engine.ts';

const INSTRUCTION_SETS: Readonly<Record<string, string>> = {
  scalar: 'plain C',
  avx2: 'AVX2',
  avxvnni: 'AVX-VNNI',
  avx512vnni: 'AVX-512 VNNI',
  amx: 'AMX',
  neon: 'NEON',
};

/** Whose kernels run, for people: `Glassbox kernels (AMX)` or `ONNX Runtime kernels`. */
export function describeKernels({ by, instructionSet }: KernelReport): string {
  if (by === 'onnxruntime') return 'ONNX Runtime kernels';
  if (instructionSet === undefined) return 'Glassbox kernels';
  return `Glassbox kernels (${INSTRUCTION_SETS[instructionSet] ?? instructionSet})`;
}
