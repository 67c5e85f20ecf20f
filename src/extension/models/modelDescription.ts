import { describeKernels } from '../../protocol/describeKernels.ts';
import { describeThreads } from '../../protocol/describeThreads.ts';
import type { LoadedModel, MemoryEstimate, ModelSummary, RuntimeReport } from '../../protocol/engine.ts';
import type { Translate } from '../translate.ts';

/** For example `Q4_1, 135M parameters, 30 layers`. */
export function describeModel(
  model: Pick<ModelSummary | LoadedModel, 'quantization' | 'parameters' | 'layers'>,
): string {
  return `${model.quantization}, ${formatParameters(model.parameters)} parameters, ${model.layers} layers`;
}

/** For example `ONNX Runtime 1.30.0, C API, Glassbox kernels (AMX), 2 threads`. */
export function describeRuntime(report: RuntimeReport): string {
  if (report.binding === 'dawn') return `Glassbox kernels on ${report.adapter}`;
  const { version, binding, provider, kernels } = report;
  const through = binding === 'c-api' ? 'C API' : 'JavaScript binding';
  const count = describeThreads(report);
  if (provider !== 'cpu') return `ONNX Runtime ${version} on ${PROVIDERS[provider]}, ${count}`;
  return `ONNX Runtime ${version}, ${through}, ${describeKernels(kernels)}, ${count}`;
}

const PROVIDERS = { webgpu: 'WebGPU', cuda: 'CUDA', directml: 'DirectML', coreml: 'Core ML' } as const;

/** Why it runs in this way. */
export function runtimeReasons(report: RuntimeReport): string {
  return report.binding === 'dawn' ? report.reason : `${report.reason} ${report.kernels.reason}`;
}

function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)}B`;
  if (count >= 1e6) return `${Math.round(count / 1e6)}M`;
  return String(count);
}

/** Binary units, as file managers and `free` show memory. */
export function formatBytes(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.max(1, Math.round(bytes / 2 ** 20))} MiB`;
}

/** What is said before a model that memory will not hold is loaded. All numbers but the free memory are estimates. */
export function memoryWarning(t: Translate, name: string, memory: MemoryEstimate): string {
  return t(
    '{0} needs about {1} of memory ({2} weights, {3} context, {4} working space; estimated), and {5} is free. Loading it may slow this machine down or end the engine.',
    name,
    formatBytes(memory.totalBytes),
    formatBytes(memory.weightBytes),
    formatBytes(memory.kvBytes),
    formatBytes(memory.activationBytes),
    formatBytes(memory.freeBytes),
  );
}
