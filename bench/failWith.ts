import process from 'node:process';
import { GlassboxError } from '../src/protocol/errors.ts';

/** Ends a program whose work failed: with a sentence where there is one for people, with all of what a mistake of ours threw. */
export function failWith(thrown: unknown): void {
  process.exitCode = 1;
  if (thrown instanceof GlassboxError && thrown.code !== 'internal') {
    console.error(`${thrown.message} (${thrown.code})`);
  } else if (thrown instanceof Error && thrown.constructor === Error) console.error(thrown.message);
  else console.error(thrown);
}
