import { openOperators, type Operators } from '../../../../native/cpu/operators.ts';
import { OrtError } from '../../../../native/onnxruntime/errors.ts';
import type { OpenRuntimeOptions } from '../../../../native/onnxruntime/openRuntime.ts';
import type { OrtRuntime } from '../../../../native/onnxruntime/runtime.ts';
import type { KernelChoice } from '../../../protocol/engine.ts';
import { glassboxKernels } from './glassboxKernels.ts';
import type { Kernels } from './kernels.ts';
import type { AccuracyLevel } from './runtimeLowering.ts';
import { runtimeKernels } from './runtimeKernels.ts';

export interface KernelOptions {
  /** `auto` takes ours, and ONNX Runtime's where ours are not there; `glassbox` refuses then. */
  readonly kernels: KernelChoice;
  /** Of ONNX Runtime's. */
  readonly accuracyLevel: AccuracyLevel;
}

/**
 * The kernels of a model that `runtime` is to run.
 * @throws OrtError `unavailable` when ours were asked for and cannot be had
 */
export function chooseKernels(options: KernelOptions, runtime: OrtRuntime): Promise<Kernels> {
  return choose(options, (operators) => runtime.addOperators(operators));
}

/** The kernels that a model would have, as far as can be said before ONNX Runtime is opened. */
export function expectedKernels(
  { kernels, accuracyLevel }: KernelOptions,
  binding: OpenRuntimeOptions['binding'],
): Promise<Kernels> {
  const usesOthers = kernels === 'onnxruntime' || binding === 'javascript';
  return choose({ kernels: usesOthers ? 'onnxruntime' : 'auto', accuracyLevel }, () => undefined);
}

async function choose(
  { kernels, accuracyLevel }: KernelOptions,
  use: (operators: Operators) => void,
): Promise<Kernels> {
  if (kernels === 'onnxruntime') return runtimeKernels(accuracyLevel, 'They were asked for.');
  try {
    const operators = await openOperators();
    use(operators);
    return glassboxKernels(operators);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const why = `Glassbox's own kernels are not used: ${error.message}`;
    if (kernels === 'glassbox') throw new OrtError('unavailable', why, { cause: error });
    return runtimeKernels(accuracyLevel, why);
  }
}
