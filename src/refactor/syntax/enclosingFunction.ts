import type { Node } from '@vscode/tree-sitter-wasm';
import type { Grammar } from './grammar.ts';

/** A function in a document, from the first to behind the last of its UTF-16 units, with what belongs to its declaration. */
export interface EnclosingFunction {
  readonly start: number;
  readonly end: number;
  /** Empty for one without a name. */
  readonly name: string;
}

interface FunctionForms {
  /** Nodes that declare a function. */
  readonly declared: readonly string[];
  /** Nodes that are a function and get their name, if any, from what they are assigned to. */
  readonly anonymous: readonly string[];
  /** What gives an anonymous one its name, as its parent. */
  readonly naming: readonly string[];
  /** What belongs to a declaration around it: `export`, decorators, `const` before its one declarator. */
  readonly wrapping: readonly string[];
}

const ECMASCRIPT: FunctionForms = {
  declared: ['function_declaration', 'generator_function_declaration', 'method_definition'],
  anonymous: ['arrow_function', 'function_expression', 'generator_function'],
  naming: [
    'variable_declarator',
    'pair',
    'assignment_expression',
    'field_definition',
    'public_field_definition',
  ],
  wrapping: ['lexical_declaration', 'variable_declaration', 'expression_statement', 'export_statement'],
};

const FORMS: Readonly<Record<Grammar, FunctionForms>> = {
  javascript: ECMASCRIPT,
  typescript: ECMASCRIPT,
  tsx: ECMASCRIPT,
  python: declarations(['function_definition'], ['decorated_definition']),
  go: {
    declared: ['function_declaration', 'method_declaration'],
    anonymous: ['func_literal'],
    naming: [],
    wrapping: [],
  },
  rust: declarations(['function_item']),
  java: declarations(['method_declaration', 'constructor_declaration', 'compact_constructor_declaration']),
  cpp: declarations(['function_definition'], ['template_declaration']),
  csharp: declarations([
    'method_declaration',
    'constructor_declaration',
    'local_function_statement',
    'operator_declaration',
  ]),
  ruby: declarations(['method', 'singleton_method']),
};

function declarations(declared: readonly string[], wrapping: readonly string[] = []): FunctionForms {
  return { declared, anonymous: [], naming: [], wrapping };
}

/**
 * The innermost function around an offset that has a name; else the innermost without one. Its range has what belongs to the
 * declaration, such as `export` or a decorator, but no comment before it.
 */
export function enclosingFunctionIn(
  root: Node,
  grammar: Grammar,
  offset: number,
): EnclosingFunction | undefined {
  const forms = FORMS[grammar];
  let anonymous: Node | undefined;
  for (let node: Node | null = root.descendantForIndex(offset); node; node = node.parent) {
    if (forms.declared.includes(node.type)) return described(node, forms);
    if (!forms.anonymous.includes(node.type)) continue;
    if (node.parent && forms.naming.includes(node.parent.type)) return described(node.parent, forms);
    anonymous ??= node;
  }
  return anonymous && described(anonymous, forms);
}

function described(node: Node, forms: FunctionForms): EnclosingFunction {
  let whole = node;
  while (whole.parent && forms.wrapping.includes(whole.parent.type) && isOnlyPart(whole, whole.parent)) {
    whole = whole.parent;
  }
  return { start: whole.startIndex, end: whole.endIndex, name: nameOf(node) };
}

/** `const a = () => 1, b = 2` declares more than the function. */
const isOnlyPart = (part: Node, whole: Node): boolean =>
  part.type !== 'variable_declarator' ||
  whole.namedChildren.filter((child) => child?.type === 'variable_declarator').length === 1;

/** What a grammar calls the name: C++ hides it in declarators, within each other. */
function nameOf(node: Node): string {
  const name = ['name', 'key', 'left', 'property']
    .map((field) => node.childForFieldName(field))
    .find((child) => child !== null);
  if (name) return name.text;
  const declarator = node.childForFieldName('declarator');
  if (!declarator) return '';
  return /identifier$/u.test(declarator.type) || declarator.type === 'operator_name'
    ? declarator.text
    : nameOf(declarator);
}
