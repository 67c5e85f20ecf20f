/** How an engine process ended. */
export interface EngineExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** True when this side ended it. */
  readonly expected: boolean;
  /** The last lines that it printed, oldest first; native libraries explain themselves there. */
  readonly lastLines: readonly string[];
}

/** One sentence for people. */
export function describeExit(exit: EngineExit): string {
  if (exit.expected) return 'The engine process was stopped.';
  const how =
    exit.signal === 'SIGKILL'
      ? 'was killed, as happens when memory runs out'
      : exit.signal !== null
        ? `was ended by ${exit.signal}`
        : `ended with exit code ${exit.code ?? 'unknown'}`;
  return `The engine process ${how}. Ask again to restart it.`;
}
