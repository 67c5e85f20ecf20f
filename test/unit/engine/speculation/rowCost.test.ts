import { describe, expect, it } from 'vitest';
import type { OnnxRuntimeReport } from '../../../../src/protocol/engine.ts';
import { rowCostOf } from '../../../../src/engine/speculation/rowCost.ts';

const reason = 'a test';
const onnx = (kernels: OnnxRuntimeReport['kernels']): OnnxRuntimeReport => ({
  ...{ binding: 'c-api', provider: 'cpu', reason, version: '1', threads: 1 },
  kernels,
});
const ours = (instructionSet: string) => rowCostOf(onnx({ by: 'glassbox', instructionSet, reason }), false);

describe('what a row costs a pass', () => {
  it('is less the more an instruction set multiplies at once', () => {
    const costs = ['amx', 'avx512vnni', 'avxvnni', 'avx2'].map(ours);
    expect(costs).toEqual(costs.toSorted((a, b) => a - b));
    expect(new Set(costs).size).toBe(costs.length);
  });

  it('is more where each row goes to experts of its own', () => {
    const runtime = onnx({ by: 'glassbox', instructionSet: 'amx', reason });
    expect(rowCostOf(runtime, true)).toBeGreaterThan(rowCostOf(runtime, false));
  });

  it('is less where two threads share the rows', () => {
    const alone = onnx({ by: 'glassbox', instructionSet: 'amx', reason });
    expect(rowCostOf({ ...alone, dividesPasses: true }, true)).toBeLessThan(rowCostOf(alone, true));
  });

  it('is assumed for what was never measured, GPUs among it', () => {
    const assumed = rowCostOf({ binding: 'dawn', reason, adapter: 'one', features: [] }, false);
    expect(assumed).toBeGreaterThan(0);
    expect(assumed).toBeLessThan(1);
    expect(ours('neon')).toBe(assumed);
    expect(rowCostOf(onnx({ by: 'onnxruntime', reason }), false)).toBe(assumed);
  });
});
