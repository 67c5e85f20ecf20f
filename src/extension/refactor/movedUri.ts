/** Where a document is after a file or folder was renamed, as text; undefined where that was another one. */
export function movedUri(uri: string, from: string, to: string): string | undefined {
  if (uri === from) return to;
  const folder = from.endsWith('/') ? from : `${from}/`;
  return uri.startsWith(folder) ? `${to.replace(/\/$/u, '')}/${uri.slice(folder.length)}` : undefined;
}
