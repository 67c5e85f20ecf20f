/** Ids become names of files and folders, so they hold nothing that a path could use. */
export function isStorableId(id: string): boolean {
  return /^[A-Za-z0-9_-]{1,100}$/u.test(id);
}
