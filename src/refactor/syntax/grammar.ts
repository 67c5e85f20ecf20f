/** The grammars that `@vscode/tree-sitter-wasm` brings and Glassbox uses, by the file of each. */
export const GRAMMAR_FILES = {
  javascript: 'tree-sitter-javascript.wasm',
  typescript: 'tree-sitter-typescript.wasm',
  tsx: 'tree-sitter-tsx.wasm',
  python: 'tree-sitter-python.wasm',
  go: 'tree-sitter-go.wasm',
  rust: 'tree-sitter-rust.wasm',
  java: 'tree-sitter-java.wasm',
  cpp: 'tree-sitter-cpp.wasm',
  csharp: 'tree-sitter-c-sharp.wasm',
  ruby: 'tree-sitter-ruby.wasm',
} as const;
export type Grammar = keyof typeof GRAMMAR_FILES;

/** The runtime that runs them. */
export const RUNTIME_FILE = 'tree-sitter.wasm';

const BY_LANGUAGE: Readonly<Record<string, Grammar>> = {
  javascript: 'javascript',
  javascriptreact: 'javascript',
  typescript: 'typescript',
  typescriptreact: 'tsx',
  python: 'python',
  go: 'go',
  rust: 'rust',
  java: 'java',
  // There is no grammar of C's own; C++ reads C but for names such as `new` or `class`, and only new errors count.
  c: 'cpp',
  cpp: 'cpp',
  csharp: 'csharp',
  ruby: 'ruby',
};

/** The grammar of one of VS Code's language ids; undefined for a language that is not checked. */
export function grammarOf(languageId: string): Grammar | undefined {
  return Object.hasOwn(BY_LANGUAGE, languageId) ? BY_LANGUAGE[languageId] : undefined;
}
