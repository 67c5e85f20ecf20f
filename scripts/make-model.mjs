// Makes GGUF files for tests and benchmarks:
//
//   node scripts/make-model.mjs r1-1.5b-shape --type Q4_0 --out FILE
//   node scripts/make-model.mjs requantize --from FILE --type Q4_K --out FILE
//   node scripts/make-model.mjs tiny --family qwen3 --type F32 --out FILE
//
// The work is done in TypeScript (makeModel.ts), which is bundled first because Node 20 does not run it.
import { build } from 'esbuild';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const outfile = path.join(root, 'dist', 'tools', 'make-model.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['scripts/makeModel.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
  outfile,
});
await import(pathToFileURL(outfile).href);
