/** For `.catch` of a file operation: a file that is not there is no failure. */
export function ignoreMissing(thrown: unknown): undefined {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
  throw thrown;
}
