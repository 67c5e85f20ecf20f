import { describe, expect, it } from 'vitest';
import { describeRuntime } from '../../../src/extension/models/modelDescription.ts';
import type { OnnxRuntimeReport } from '../../../src/protocol/engine.ts';

describe('what a runtime is called', () => {
  const report: OnnxRuntimeReport = {
    ...{ binding: 'c-api', provider: 'cpu', reason: 'a test', version: '1.30.0', threads: 1 },
    kernels: { by: 'glassbox', instructionSet: 'avx512vnni', reason: 'a test' },
  };

  it('counts the threads, and the one more that computes guesses', () => {
    expect(describeRuntime({ ...report, threads: 2 })).toMatch(/, 2 threads$/);
    expect(describeRuntime(report)).toMatch(/, 1 thread$/);
    expect(describeRuntime({ ...report, dividesPasses: true })).toMatch(
      /, 1 thread and one more for prompts and guesses$/,
    );
  });
});
