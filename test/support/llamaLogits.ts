import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { LlamaCppOptions } from './llamaCpp.ts';

export interface LlamaLogitsRequest extends LlamaCppOptions {
  readonly modelPath: string;
  readonly sources: readonly string[];
  /** At most. */
  readonly tokensOfEach: number;
}

export interface LlamaLogits {
  /** Token ids of each source. */
  readonly texts: readonly (readonly number[])[];
  /** `[positions of all texts, vocabulary]` */
  readonly logits: Float32Array<ArrayBuffer>;
}

const root = path.resolve(import.meta.dirname, '../..');

/**
 * llama.cpp's logits at every position of some texts, from a process of its own: node-llama-cpp hands each position over as a map of
 * the vocabulary, and making it takes longer than computing it, on the thread of whoever asked.
 */
export async function llamaLogits(request: LlamaLogitsRequest): Promise<LlamaLogits> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-llama-'));
  try {
    const output = path.join(folder, 'logits');
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [await program(), JSON.stringify(request), output],
      { maxBuffer: 1 << 24 },
    );
    const bytes = await readFile(output);
    const logits = new Float32Array(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
    new Uint8Array(logits.buffer).set(bytes);
    // What `llamaLogitsProcess.ts` prints last.
    return { texts: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as number[][], logits };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

let built: Promise<string> | undefined;

/** Where Node finds the packages of this checkout. */
function program(): Promise<string> {
  const outfile = path.join(root, 'dist/test/llamaLogits.mjs');
  built ??= build({
    entryPoints: [path.join(root, 'test/support/llamaLogitsProcess.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
  }).then(() => outfile);
  return built;
}
