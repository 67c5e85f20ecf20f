import { createRequire } from 'node:module';
import path from 'node:path';

const fileNames: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime.so.1',
  darwin: 'libonnxruntime.1.30.0.dylib',
  win32: 'onnxruntime.dll',
};

/** Where `onnxruntime-node` keeps the shared library for this platform. Undefined where it ships none. */
export function sharedLibraryPath(): string | undefined {
  const fileName = fileNames[process.platform];
  if (fileName === undefined) return undefined;
  const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  return path.join(path.dirname(manifest), 'bin', 'napi-v6', process.platform, process.arch, fileName);
}
