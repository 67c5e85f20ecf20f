/** No file's head is read further. */
const mostLines = 400;
const mostImportLines = 60;

const opens =
  /^\s*(?:import\b|from\s+\S+\s+import\b|export\s+(?:\*|\{[^}]*\}?)\s*from\b|#\s*include\b|using\s+[\w.:=\s]+;|use\s+[\w:{*]|extern\s+crate\b|package\s+[\w.]+|require(?:_relative)?\s*[('"]|(?:const|let|var)\s+[^=]+=\s*require\()/u;

/**
 * The lines of a file that say what comes from elsewhere, as they stand: `import`, `from … import`, `use`, `using`, `#include`,
 * `require` and `package`, with the lines over which they go on.
 */
export function importLines(lines: readonly string[]): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  for (const line of lines.slice(0, mostLines)) {
    if (found.length >= mostImportLines) break;
    const isContinued = depth > 0;
    if (!isContinued && !opens.test(line)) continue;
    found.push(line);
    depth = Math.max(0, depth + countOf(line, '({') - countOf(line, ')}'));
  }
  return found;
}

function countOf(line: string, characters: string): number {
  return [...line].filter((character) => characters.includes(character)).length;
}
