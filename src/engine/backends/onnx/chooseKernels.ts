import { openOperators, type Operators } from '../../../../native/cpu/operators.ts';
import type { OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import type { KernelChoice } from '../../../protocol/engine.ts';
import { GlassboxError } from '../../../protocol/errors.ts';
import { glassboxKernels } from './glassboxKernels.ts';
import type { Kernels } from './kernels.ts';
import type { RuntimeArithmetic } from './runtimeLowering.ts';
import { runtimeKernels } from './runtimeKernels.ts';

export interface KernelOptions extends RuntimeArithmetic {
  /** `auto` takes ours, and ONNX Runtime's where ours are not there; `glassbox` refuses then. */
  readonly kernels: KernelChoice;
}

/**
 * The kernels of a model that `runtime` is to run.
 * @param open opens our own; absent: those of this build
 * @throws GlassboxError `runtime/unavailable` when ours were asked for and cannot be had
 */
export function chooseKernels(
  options: KernelOptions,
  runtime: OrtRuntime,
  open: () => Promise<Operators> = openOperators,
): Promise<Kernels> {
  return choose(options, async () => {
    const operators = await open();
    runtime.addOperators(operators);
    return operators;
  });
}

/** The kernels that a model would have, as far as can be said before ONNX Runtime is opened. */
export function expectedKernels(
  { kernels, ...arithmetic }: KernelOptions,
  binding: OpenRuntimeOptions['binding'],
): Promise<Kernels> {
  const usesOthers = kernels === 'onnxruntime' || binding === 'javascript';
  return choose({ kernels: usesOthers ? 'onnxruntime' : 'auto', ...arithmetic }, openOperators);
}

async function choose(
  { kernels, ...arithmetic }: KernelOptions,
  open: () => Promise<Operators>,
): Promise<Kernels> {
  if (kernels === 'onnxruntime') return runtimeKernels(arithmetic, 'They were asked for.');
  try {
    return glassboxKernels(await open());
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (kernels === 'glassbox') {
      throw new GlassboxError(
        'runtime/unavailable',
        `Glassbox's own kernels were asked for and cannot be used: ${error.message} Take "auto" instead.`,
        undefined,
        { cause: error },
      );
    }
    return runtimeKernels(arithmetic, `Glassbox's own kernels are not used: ${error.message}`);
  }
}
