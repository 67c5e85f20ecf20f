import { GpuError } from '../../../../native/webgpu/errors.ts';
import { GlassboxError } from '../../../protocol/errors.ts';

/** What the GPU threw while it was busy with `what`, for people. Other errors pass as they are. */
export function fromGpu(thrown: unknown, what: string): unknown {
  if (!(thrown instanceof GpuError)) return thrown;
  const options = { cause: thrown };
  switch (thrown.code) {
    case 'unavailable':
    case 'unsupported':
      return new GlassboxError(
        'runtime/unavailable',
        `No GPU can be used: ${thrown.message} Use the CPU.`,
        undefined,
        options,
      );
    case 'limit':
    case 'out-of-memory':
      return new GlassboxError(
        'runtime/gpuMemory',
        `The GPU has no room ${what}: ${thrown.message}`,
        undefined,
        options,
      );
    case 'lost':
      return new GlassboxError(
        'runtime/gpuLost',
        `The GPU was lost ${what}: ${thrown.message}`,
        undefined,
        options,
      );
    case 'shader':
    case 'invalid':
      return new GlassboxError(
        'runtime/gpuFailed',
        `The GPU failed ${what}: ${thrown.message}`,
        undefined,
        options,
      );
  }
}

/** Logits that cannot be right. */
export function wrongNumbers(adapter: string): GlassboxError {
  return new GlassboxError(
    'runtime/gpuFailed',
    `${adapter} computed logits that cannot be right: they are not finite numbers, or all the same.`,
  );
}
