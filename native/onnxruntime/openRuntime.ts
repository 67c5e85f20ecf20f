import { openCApiRuntime } from './cApiRuntime.ts';
import { OrtError } from './errors.ts';
import type { ExecutionProvider } from './executionProvider.ts';
import { openJavaScriptRuntime } from './javascriptRuntime.ts';
import type { OrtRuntime } from './runtime.ts';

export interface OpenRuntimeOptions {
  readonly threads: number;
  /** `auto` takes the C API, and the JavaScript binding where that cannot be opened. */
  readonly binding: 'auto' | 'c-api' | 'javascript';
  /** Default `cpu`. Others need the C API. */
  readonly provider?: ExecutionProvider;
}

/**
 * ONNX Runtime through one of its two bindings.
 * @throws OrtError `unavailable`, `version` (never papered over by the fallback: both bindings use one library)
 */
export async function openRuntime({
  threads,
  binding,
  provider = 'cpu',
}: OpenRuntimeOptions): Promise<OrtRuntime> {
  if (provider !== 'cpu') return openCApiRuntime({ threads, provider });
  if (binding === 'javascript') {
    return openJavaScriptRuntime({ threads, why: 'The JavaScript binding was asked for.' });
  }
  try {
    return await openCApiRuntime({ threads });
  } catch (error) {
    if (binding === 'c-api' || !(error instanceof OrtError) || error.code !== 'unavailable') throw error;
    return openJavaScriptRuntime({ threads, why: `The C API could not be opened: ${reasonOf(error)}` });
  }
}

function reasonOf(error: Error): string {
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return `${error.message}${cause}`;
}
