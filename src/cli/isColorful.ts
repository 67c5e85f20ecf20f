import type { WriteStream } from 'node:tty';

/** Whether to colour what goes to `stream`: only a terminal, and only where nobody objects (no-color.org). */
export function isColorful(stream: WriteStream): boolean {
  // `isTTY` is absent, not false, where there is no terminal.
  return Boolean(stream.isTTY) && !process.env['NO_COLOR'];
}
