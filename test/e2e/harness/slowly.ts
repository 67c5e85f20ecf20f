import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { Editor } from './editor.ts';

const runsMs = 20;
const restsMs = 80;

/**
 * Lets an editor's engines run a fifth of the time while something is looked at that would be over too soon on a fast machine.
 * From `hold` on they rest until it has been looked at: however slow the window is, nothing ends or moves meanwhile.
 */
export async function slowly<Result>(
  editor: Editor,
  look: (hold: () => void) => Promise<Result>,
): Promise<Result> {
  let ended = false;
  let held = false;
  const slowed = (async () => {
    while (!ended) {
      send(editor, 'SIGSTOP');
      do await pause(restsMs);
      while (held && !ended);
      send(editor, 'SIGCONT');
      await pause(runsMs);
    }
  })();
  try {
    return await look(() => {
      held = true;
      send(editor, 'SIGSTOP');
    });
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
