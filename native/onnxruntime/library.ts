import { createRequire } from 'node:module';
import path from 'node:path';
import { OrtError } from './errors.ts';

const fileNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.30.0.dylib',
  win32: 'onnxruntime.dll',
};

/**
 * Where `onnxruntime-node` keeps the shared library for this platform. Undefined where it ships none.
 * @throws OrtError `unavailable` when the package is missing
 */
export function sharedLibraryPath(): string | undefined {
  const fileName = fileNames[process.platform];
  if (fileName === undefined) return undefined;
  const manifest = resolvePackage();
  return path.join(path.dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch, fileName);
}

function resolvePackage(): string {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  } catch (error) {
    throw new OrtError('unavailable', 'The onnxruntime-node package is not installed.', { cause: error });
  }
}
