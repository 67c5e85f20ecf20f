import type { EngineState } from '../../protocol/engine.ts';

/** Who reads an answer asks the next question within a minute, or not soon. */
const quietMs = 60_000;
const lookMs = 5000;

/**
 * Calls `act` once, when the engine has answered something and was left alone for a minute since.
 * @param engineState undefined where no engine runs: then nothing is waited for any more
 * @returns gives it up
 */
export function whenQuiet(
  engineState: () => Promise<Pick<EngineState, 'status' | 'conversations'> | undefined>,
  act: () => void,
): () => void {
  let looksToGo = quietMs / lookMs;
  let isOver = false;
  let timer = setTimeout(() => void look(), lookMs);
  const look = async (): Promise<void> => {
    const state = await engineState().catch(() => undefined);
    if (isOver || state === undefined) return;
    const isQuiet = state.status === 'ready' && state.conversations.length > 0;
    looksToGo = isQuiet ? looksToGo - 1 : quietMs / lookMs;
    if (looksToGo === 0) act();
    else timer = setTimeout(() => void look(), lookMs);
  };
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
