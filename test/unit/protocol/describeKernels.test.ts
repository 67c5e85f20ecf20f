import { describe, expect, it } from 'vitest';
import { describeKernels } from '../../../src/protocol/describeKernels.ts';

describe('whose kernels run', () => {
  it('is said with what they were written for', () => {
    expect(describeKernels({ by: 'glassbox', instructionSet: 'avx512vnni', reason: '' })).toBe(
      'Glassbox kernels (AVX-512 VNNI)',
    );
    expect(describeKernels({ by: 'glassbox', instructionSet: 'scalar', reason: '' })).toBe(
      'Glassbox kernels (plain C)',
    );
    expect(describeKernels({ by: 'onnxruntime', reason: '' })).toBe('ONNX Runtime kernels');
  });

  it('is said of an instruction set without a name by what the library calls it', () => {
    expect(describeKernels({ by: 'glassbox', instructionSet: 'rvv', reason: '' })).toBe(
      'Glassbox kernels (rvv)',
    );
  });
});
