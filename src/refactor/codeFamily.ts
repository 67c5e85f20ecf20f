/** Names that VS Code and the fences of answers have for languages; those of one family are not told apart by name. */
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  'JavaScript or TypeScript': [
    'javascript',
    'js',
    'jsx',
    'mjs',
    'cjs',
    'javascriptreact',
    'node',
    'typescript',
    'ts',
    'tsx',
    'mts',
    'cts',
    'typescriptreact',
  ],
  Python: ['python', 'py', 'python3'],
  Go: ['go', 'golang'],
  Rust: ['rust', 'rs'],
  Java: ['java'],
  'C or C++': ['c', 'h', 'cpp', 'c++', 'cc', 'cxx', 'hpp', 'cuda-cpp', 'objective-c', 'objective-cpp'],
  'C#': ['csharp', 'cs', 'c#'],
  Ruby: ['ruby', 'rb'],
  Kotlin: ['kotlin', 'kt'],
  Swift: ['swift'],
  'a shell script': ['shellscript', 'sh', 'bash', 'zsh', 'shell'],
  SQL: ['sql'],
  JSON: ['json', 'jsonc', 'json5'],
  YAML: ['yaml', 'yml'],
  CSS: ['css', 'scss', 'less'],
  Lua: ['lua'],
  Perl: ['perl', 'pl'],
  Scala: ['scala'],
};

const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(FAMILIES).flatMap(([family, names]) => names.map((name) => [name, family] as const)),
);

/** The family of a language id or a fence's tag; undefined for one that says nothing about its language, or hosts several. */
export function codeFamily(name: string): string | undefined {
  const [word = ''] = name
    .trim()
    .toLowerCase()
    .split(/[\s{,:]/u);
  return BY_NAME.get(word);
}
