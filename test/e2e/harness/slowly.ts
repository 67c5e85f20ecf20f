import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Editor } from './editor.ts';

const runsMs = 20;
const restsMs = 80;

/**
 * Lets an editor's engines run a fifth of the time while something is looked at that would be over too soon on a fast machine.
 */
export async function slowly<Result>(editor: Editor, look: () => Promise<Result>): Promise<Result> {
  let ended = false;
  const slowed = (async () => {
    while (!ended) {
      send(editor, 'SIGSTOP');
      await pause(restsMs);
      send(editor, 'SIGCONT');
      await pause(runsMs);
    }
  })();
  try {
    return await look();
  } finally {
    ended = true;
    await slowed;
  }
}

function send(editor: Editor, signal: NodeJS.Signals): void {
  for (const { processId } of editor.engines()) {
    try {
      process.kill(processId, signal);
    } catch {
      // It has ended since it was listed.
    }
  }
}
