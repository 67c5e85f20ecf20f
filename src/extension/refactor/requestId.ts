/** The name of a refactoring's answer in the engine: the first one has its session's, later ones are numbered. */
export function requestIdOf(sessionId: string, asked: number): string {
  return asked === 1 ? sessionId : `${sessionId}-${asked}`;
}

/** How often a model was asked when its answer has this name; 1 for any other name. */
export function timesAsked(sessionId: string, requestId: string): number {
  const asked = Number(requestId.slice(sessionId.length + 1));
  return Number.isSafeInteger(asked) && asked > 0 && requestId === requestIdOf(sessionId, asked) ? asked : 1;
}
