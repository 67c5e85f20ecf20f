import type { ExecutionProvider } from '../../../../native/onnxruntime/executionProvider.ts';
import { OrtError } from '../../../../native/onnxruntime/errors.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { cancelled } from '../cancelled.ts';

const TITLES: Readonly<Record<Exclude<ExecutionProvider, 'cpu'>, string>> = {
  webgpu: 'WebGPU',
  cuda: 'CUDA',
  directml: 'DirectML',
  coreml: 'Core ML',
};

/**
 * What ONNX Runtime threw while it was busy with `what`, for people. Other errors pass as they are.
 * @param provider what computes: a failure on a GPU is one that the CPU does not have
 */
export function fromRuntime(thrown: unknown, what: string, provider: ExecutionProvider): unknown {
  if (!(thrown instanceof OrtError)) return thrown;
  switch (thrown.code) {
    case 'terminated':
      return cancelled(thrown);
    case 'version':
      return new GlassboxError('runtime/version', thrown.message, undefined, { cause: thrown });
    case 'unavailable':
      return new GlassboxError(
        'runtime/unavailable',
        `ONNX Runtime could not be opened: ${thrown.message} Reinstall Glassbox for this platform.`,
        undefined,
        { cause: thrown },
      );
    case 'failed':
      return new GlassboxError(
        provider === 'cpu' ? 'runtime/failed' : 'runtime/gpuFailed',
        `${provider === 'cpu' ? 'ONNX Runtime' : titleOf(provider)} failed ${what}: ${thrown.message}`,
        undefined,
        { cause: thrown },
      );
  }
}

/** Logits of a provider that cannot be right. */
export function wrongLogits(provider: Exclude<ExecutionProvider, 'cpu'>): GlassboxError {
  return new GlassboxError(
    'runtime/gpuFailed',
    `${titleOf(provider)} computed logits that cannot be right: they are not finite numbers, or all the same.`,
  );
}

function titleOf(provider: Exclude<ExecutionProvider, 'cpu'>): string {
  return `ONNX Runtime's ${TITLES[provider]} provider`;
}
