import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { GlassboxError } from '../protocol/errors.ts';
import { readTrace } from '../reasoning/trace/readTrace.ts';
import type { OpenedTrace } from '../reasoning/trace/readTraceSteps.ts';
import { TRACE_MAGIC } from '../reasoning/trace/traceFormat.ts';

/** Whether a file is a saved trace rather than a model: by its name, or by how it begins. */
export async function isTraceFile(file: string): Promise<boolean> {
  if (path.extname(file).toLowerCase() === '.gbtrace') return true;
  try {
    const handle = await open(file);
    try {
      const beginning = new Uint8Array(TRACE_MAGIC.length);
      await handle.read(beginning, 0, beginning.length, 0);
      return TRACE_MAGIC.every((byte, index) => beginning[index] === byte);
    } finally {
      await handle.close();
    }
  } catch {
    // Whoever opens it as a model says what is wrong with the file.
    return false;
  }
}

/** @throws GlassboxError `trace/unreadable` when there is no such file or it may not be read, and as `readTrace` does */
export async function openTrace(file: string): Promise<OpenedTrace> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GlassboxError(
      'trace/unreadable',
      `The trace ${file} cannot be read (${why}). Check its path and whether you may read it.`,
      undefined,
      { cause },
    );
  }
  return readTrace(bytes, path.basename(file));
}
