import { describe, expect, it } from 'vitest';
import { describeBackends } from '../../../src/cli/describeBackends.ts';
import type { BackendReport } from '../../../src/protocol/backends.ts';
import { diagnosticsState } from '../../support/diagnosticsState.ts';

describe('what the terminal tells of backends', () => {
  it('is the choice with its reason, then each one with its figures', () => {
    const { model } = diagnosticsState();
    expect(model && describeBackends(model.backend)).toBe(
      `backend cpu on CPU: Nothing else is faster by a tenth.
  cpu: prefill 100.0, decode 20.0 tokens/s
  gpu on A GPU: prefill 95.0, decode 20.0 tokens/s; logits agree (error 1.0e-4 of at most 1.7e-2, same best token 100 %)
  onnx-webgpu on A GPU: ended the engine when it was tried; --measure-backends tries it again`,
    );
  });

  it('shows nothing of a driver’s name that could move the cursor', () => {
    const report: BackendReport = {
      used: 'gpu',
      device: 'A\u001b[2JGPU',
      reason: 'It was asked for.',
      candidates: [],
      adapters: [],
    };
    expect(describeBackends(report)).toBe('backend gpu on A\\u{1b}[2JGPU: It was asked for.');
  });
});
