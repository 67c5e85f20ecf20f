import type { GlassboxErrorCode } from '../protocol/errors.ts';

/** What scripts can tell apart without reading text. 1 is any other failure. */
export function exitCodeOf(code: GlassboxErrorCode): number {
  switch (code) {
    case 'request/invalid':
      return 2;
    case 'model/notFound':
    case 'model/unreadable':
    case 'model/corrupt':
    case 'model/unsupported':
    case 'model/notLoaded':
    case 'tokenizer/unsupported':
    case 'template/failed':
    case 'template/limit':
    case 'trace/unreadable':
    case 'trace/corrupt':
    case 'trace/unsupported':
      return 3;
    case 'memory/insufficient':
      return 4;
    case 'context/overflow':
      return 5;
    case 'engine/stopped':
    case 'runtime/unavailable':
    case 'runtime/version':
    case 'runtime/failed':
    case 'runtime/gpuLost':
    case 'runtime/gpuMemory':
    case 'runtime/gpuFailed':
      return 6;
    // As shells report a program that Ctrl+C ended.
    case 'request/cancelled':
      return 130;
    default:
      return 1;
  }
}
