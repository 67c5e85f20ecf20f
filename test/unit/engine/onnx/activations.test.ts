import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRuntime } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime, OrtTensor } from '../../../../native/onnxruntime/runtime.ts';
import { Activations } from '../../../../src/engine/backends/onnx/activations.ts';
import { KEPT_WIDTHS } from '../../../../src/engine/backends/onnx/keptByWidth.ts';

const WIDTH = 8;
const CHUNK = 64;

let runtime: OrtRuntime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1, binding: 'auto' });
});
afterAll(() => runtime.dispose());

describe('the tensors of the residual stream', () => {
  it('are kept while passes of some widths take turns, as they do with guesses', () => {
    const activations = new Activations(CHUNK, WIDTH);
    const inputs = new Set<OrtTensor>();
    for (const tokens of [1, 4, 1, 6, 4, 1]) inputs.add(activations.tensors(runtime, tokens).input);
    expect([...inputs].map(({ shape }) => shape)).toEqual([
      [1, 1, WIDTH],
      [1, 4, WIDTH],
      [1, 6, WIDTH],
    ]);
    activations.dispose();
  });

  it('are made anew once there are too many, over the same memory', () => {
    const activations = new Activations(CHUNK, WIDTH);
    const first = activations.tensors(runtime, 1).input;
    for (let tokens = 2; tokens <= KEPT_WIDTHS; tokens++) activations.tensors(runtime, tokens);
    expect(activations.tensors(runtime, 1).input).toBe(first);
    activations.tensors(runtime, KEPT_WIDTHS + 1);
    const again = activations.tensors(runtime, 1).input;
    expect(again).not.toBe(first);
    activations.input[3] = 7;
    expect(again.data?.[3]).toBe(7);
    activations.dispose();
  });
});
