import { OrtError } from '../../../../native/onnxruntime/errors.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { cancelled } from '../cancelled.ts';

/** What ONNX Runtime threw while it was busy with `what`, for people. Other errors pass as they are. */
export function fromRuntime(thrown: unknown, what: string): unknown {
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
        'runtime/failed',
        `ONNX Runtime failed ${what}: ${thrown.message}`,
        undefined,
        {
          cause: thrown,
        },
      );
  }
}
