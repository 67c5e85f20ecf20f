import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { root } from './checkout.ts';

/** Changes docs/benchmarks.md, and says so. */
export async function writeBenchmarks(change: (page: string) => string): Promise<void> {
  const page = path.join(root, 'docs/benchmarks.md');
  await writeFile(page, change(await readFile(page, 'utf8')));
  console.error(`written to ${path.relative(process.cwd(), page)}`);
}
