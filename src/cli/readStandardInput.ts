import { fstatSync } from 'node:fs';

/** After this long without a byte, people are told what is being waited for. */
const HINT_AFTER_MS = 2000;

/**
 * What was piped or redirected into this process, whole. Empty when standard input is a terminal, closed, or
 * something that nobody redirected.
 */
export async function readStandardInput(onWaiting: () => void): Promise<string> {
  if (process.stdin.isTTY || !isRedirected()) return '';
  const hint = setTimeout(onWaiting, HINT_AFTER_MS);
  const pieces: Buffer[] = [];
  try {
    for await (const piece of process.stdin) {
      clearTimeout(hint);
      pieces.push(Buffer.from(piece));
    }
  } finally {
    clearTimeout(hint);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function isRedirected(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    // Closed: there is nothing to read.
    return false;
  }
}
