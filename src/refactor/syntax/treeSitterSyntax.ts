import type { Parser, Tree } from '@vscode/tree-sitter-wasm';
import { applyReplacement, type Replacement } from '../editTarget.ts';
import { contentLinesIn } from './contentLines.ts';
import { type EnclosingFunction, enclosingFunctionIn } from './enclosingFunction.ts';
import { type Grammar, GRAMMAR_FILES, grammarOf, RUNTIME_FILE } from './grammar.ts';
import { newErrors } from './newErrors.ts';
import type { Syntax } from './syntax.ts';
import { type SyntaxCheck, unchecked, type Unchecked } from './syntaxCheck.ts';
import { syntaxErrorsIn } from './syntaxErrorsIn.ts';
import { startRuntime, treeSitterModule, type TreeSitterModule } from './treeSitterModule.ts';

export interface SyntaxLimits {
  /** In UTF-16 units. */
  readonly textLength: number;
  /** For one text. */
  readonly parseMs: number;
}

/** A parse of a megabyte takes some hundred milliseconds, in which the extension host answers nobody else. */
const DEFAULT_LIMITS: SyntaxLimits = { textLength: 1 << 20, parseMs: 500 };

export interface TreeSitterOptions {
  /** The bytes of a file of `@vscode/tree-sitter-wasm`, by its name in `wasm/`. Asked for the runtime and one grammar when needed. */
  readonly readFile: (name: string) => Promise<Uint8Array>;
  /** A clock in milliseconds. */
  readonly now: () => number;
  readonly limits?: SyntaxLimits;
}

type Parsed<T> = { readonly kind: 'parsed'; readonly value: T } | Unchecked;

/** tree-sitter in WebAssembly: it loads the runtime once and a grammar when its language is first asked for. */
export class TreeSitterSyntax implements Syntax {
  readonly #readFile: TreeSitterOptions['readFile'];
  readonly #now: () => number;
  readonly #limits: SyntaxLimits;
  readonly #parsers = new Map<Grammar, Promise<Parser>>();

  constructor({ readFile, now, limits = DEFAULT_LIMITS }: TreeSitterOptions) {
    this.#readFile = readFile;
    this.#now = now;
    this.#limits = limits;
  }

  async check(languageId: string, document: string, edit: Replacement): Promise<SyntaxCheck> {
    const errors = async (text: string) =>
      this.#parsed(languageId, text, ({ rootNode }) => syntaxErrorsIn(rootNode));
    const before = await errors(document);
    if (before.kind === 'unchecked') return before;
    const after = await errors(applyReplacement(document, edit));
    if (after.kind === 'unchecked') return after;
    return { kind: 'checked', newErrors: newErrors(before.value, after.value, edit) };
  }

  async enclosingFunction(
    languageId: string,
    document: string,
    offset: number,
  ): Promise<EnclosingFunction | Unchecked | undefined> {
    const found = await this.#parsed(languageId, document, ({ rootNode }, grammar) =>
      enclosingFunctionIn(rootNode, grammar, offset),
    );
    return found.kind === 'unchecked' ? found : found.value;
  }

  async contentLines(languageId: string, code: string): Promise<ReadonlySet<number>> {
    const found = await this.#parsed(languageId, code, ({ rootNode }) => contentLinesIn(rootNode));
    return found.kind === 'unchecked' ? new Set() : found.value;
  }

  async #parsed<T>(
    languageId: string,
    text: string,
    use: (tree: Tree, grammar: Grammar) => T,
  ): Promise<Parsed<T>> {
    const grammar = grammarOf(languageId);
    if (grammar === undefined) return unchecked('language', languageId);
    const { textLength, parseMs } = this.#limits;
    if (text.length > textLength) return unchecked('tooLarge', `${textLength} characters`);
    try {
      const parser = await this.#parser(grammar);
      const latest = this.#now() + parseMs;
      const tree = parser.parse(text, null, { progressCallback: () => this.#now() > latest });
      if (!tree) {
        // Else the next text would be taken for the rest of this one.
        parser.reset();
        return unchecked('timeout', `${parseMs} ms`);
      }
      try {
        return { kind: 'parsed', value: use(tree, grammar) };
      } finally {
        tree.delete();
      }
    } catch (error) {
      this.#parsers.delete(grammar);
      return unchecked('failed', error instanceof Error ? error.message : String(error));
    }
  }

  #parser(grammar: Grammar): Promise<Parser> {
    const known = this.#parsers.get(grammar);
    if (known) return known;
    const loading = this.#load(grammar);
    this.#parsers.set(grammar, loading);
    return loading;
  }

  async #load(grammar: Grammar): Promise<Parser> {
    const { Language, Parser } = await startedRuntime(this.#readFile);
    const language = await Language.load(await this.#readFile(GRAMMAR_FILES[grammar]));
    const parser = new Parser();
    parser.setLanguage(language);
    return parser;
  }
}

/** The runtime is one for the process; a start that failed may be tried again. */
let runtime: Promise<TreeSitterModule> | undefined;

function startedRuntime(readFile: TreeSitterOptions['readFile']): Promise<TreeSitterModule> {
  runtime ??= (async () => {
    const module = await treeSitterModule();
    await startRuntime(module, await readFile(RUNTIME_FILE));
    return module;
  })().catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  return runtime;
}
