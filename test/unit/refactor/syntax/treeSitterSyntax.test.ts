import { describe, expect, it } from 'vitest';
import type { Replacement } from '../../../../src/refactor/editTarget.ts';
import { GRAMMAR_FILES } from '../../../../src/refactor/syntax/grammar.ts';
import { TreeSitterSyntax } from '../../../../src/refactor/syntax/treeSitterSyntax.ts';
import { patientSyntax, readSyntaxFile } from '../../../support/syntaxFiles.ts';

const syntax = patientSyntax();

/** For each language id a function with something that a syntax error can be made of by taking `broken` away. */
const LANGUAGES = {
  javascript: {
    code: 'export const price = (item) => {\n  return item.net;\n};\n',
    name: 'price',
    broken: '};',
  },
  javascriptreact: { code: 'function View() {\n  return <p>hello</p>;\n}\n', name: 'View', broken: '</p>' },
  typescript: {
    code: 'export function price<T>(item: T): T {\n  return item;\n}\n',
    name: 'price',
    broken: '(item: T',
  },
  typescriptreact: {
    code: 'function View({ a }: { a: string }) {\n  return <p>{a}</p>;\n}\n',
    name: 'View',
    broken: '</p>',
  },
  python: { code: '@cached\ndef price(item):\n    return item["net"]\n', name: 'price', broken: '):' },
  go: {
    code: 'package shop\n\nfunc (s *Shop) Price(item Item) int {\n\treturn item.net\n}\n',
    name: 'Price',
    broken: '}',
  },
  rust: {
    code: 'impl Shop {\n    pub fn price(&self) -> u32 {\n        self.net\n    }\n}\n',
    name: 'price',
    broken: '-> u32 {',
  },
  java: {
    code: 'class Shop {\n    int price(Item item) {\n        return item.net;\n    }\n}\n',
    name: 'price',
    broken: '(Item item',
  },
  c: {
    code: 'static int *price(struct item *item) {\n    return &item->net;\n}\n',
    name: 'price',
    broken: '}',
  },
  cpp: {
    code: 'template <typename T>\nT Shop::price(const T& item) const {\n    return item;\n}\n',
    name: 'Shop::price',
    broken: '}',
  },
  csharp: {
    code: 'class Shop {\n    public int Price(Item item) {\n        return item.Net;\n    }\n}\n',
    name: 'Price',
    broken: '(Item item',
  },
  ruby: { code: 'class Shop\n  def price(item)\n    item.net\n  end\nend\n', name: 'price', broken: 'end\n' },
} as const;

const languages = Object.entries(LANGUAGES).map(([languageId, rest]) => ({ languageId, ...rest }));

function without(document: string, piece: string): Replacement {
  const start = document.indexOf(piece);
  return { start, end: start + piece.length, text: '' };
}

describe.each(languages)('In $languageId', ({ languageId, code, name, broken }) => {
  it('an edit that breaks nothing has no new error', async () => {
    const edit = { start: code.length, end: code.length, text: '\n' };
    expect(await syntax.check(languageId, code, edit)).toEqual({ kind: 'checked', newErrors: [] });
  });

  it('an edit that breaks something has one, and it is said where', async () => {
    const check = await syntax.check(languageId, code, without(code, broken));
    expect(check).toMatchObject({ kind: 'checked' });
    if (check.kind !== 'checked') return;
    expect(check.newErrors.length).toBeGreaterThan(0);
    expect(check.newErrors[0]?.description).toMatch(/^line \d+: .+/u);
  });

  it('the function around its last line is found by name, with what belongs to its declaration', async () => {
    const inside = code.search(/return|self\.net|item\.net/u);
    const found = await syntax.enclosingFunction(languageId, code, inside);
    expect(found).toMatchObject({ name });
    if (!found || 'kind' in found) return;
    const text = code.slice(found.start, found.end);
    expect(text).toMatch(
      /^(?:export |@cached|template|func|pub fn|int price|public int|def |static |function )/u,
    );
    expect(text.trimEnd()).toMatch(/(?:\}|\};|end|\])$/u);
  });
});

describe('The function around a place', () => {
  const at = async (languageId: string, document: string, piece: string) => {
    const found = await syntax.enclosingFunction(languageId, document, document.indexOf(piece));
    if (!found) return undefined;
    return 'kind' in found ? found : { name: found.name, text: document.slice(found.start, found.end) };
  };

  it('is the one with a name around a short one without', async () => {
    const code = 'function total(items) {\n  return items.map((item) => item.price);\n}\n';
    expect(await at('javascript', code, 'item.price')).toMatchObject({ name: 'total' });
  });

  it('is one without a name where there is no other', async () => {
    expect(await at('javascript', 'run(() => {\n  stop();\n});\n', 'stop')).toEqual({
      name: '',
      text: '() => {\n  stop();\n}',
    });
  });

  it('is named by what it is assigned to', async () => {
    expect(await at('javascript', 'module.run = function () {\n  stop();\n};\n', 'stop')).toEqual({
      name: 'module.run',
      text: 'module.run = function () {\n  stop();\n};',
    });
    expect(
      await at('typescript', 'class A {\n  run = () => {\n    stop();\n  };\n}\n', 'stop'),
    ).toMatchObject({ name: 'run' });
    expect(await at('javascript', 'const a = { run: () => stop() };\n', 'stop')).toEqual({
      name: 'run',
      text: 'run: () => stop()',
    });
  });

  it('is not the whole declaration where that declares more', async () => {
    expect(await at('javascript', 'const a = 1, run = () => stop();\n', 'stop')).toEqual({
      name: 'run',
      text: 'run = () => stop()',
    });
  });

  it('is none outside of functions', async () => {
    expect(await at('python', 'a = 1\n', 'a')).toBeUndefined();
  });

  it('is counted in UTF-16 units', async () => {
    const code = "const smile = '😀é';\nfunction run() {\n  stop();\n}\n";
    expect(await at('javascript', code, 'stop')).toEqual({
      name: 'run',
      text: 'function run() {\n  stop();\n}',
    });
  });

  it('is not looked for in a language without a grammar, and that is said', async () => {
    expect(await at('lua', 'function run() end', 'run')).toMatchObject({
      kind: 'unchecked',
      why: 'language',
    });
  });
});

describe('Errors that were there before', () => {
  const broken = 'function a() {\n  retrun (;\n}\n\nfunction b() {\n  return 1;\n}\n';

  it('are not new, also when they have moved', async () => {
    expect(await syntax.check('javascript', broken, { start: 0, end: 0, text: 'let first = 1;\n' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
    const start = broken.indexOf('return 1');
    expect(await syntax.check('javascript', broken, { start, end: start + 8, text: 'return 2' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
  });

  it('do not hide a new one elsewhere', async () => {
    const start = broken.indexOf('return 1');
    const check = await syntax.check('javascript', broken, { start, end: start + 8, text: 'return )' });
    expect(check).toMatchObject({ kind: 'checked', newErrors: [expect.anything()] });
  });

  it('may be mended', async () => {
    const start = broken.indexOf('retrun (;');
    expect(await syntax.check('javascript', broken, { start, end: start + 9, text: 'return 0;' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
  });
});

describe('Lines inside of strings', () => {
  it('are those after the first of a template, a raw string or a text block', async () => {
    expect(
      await syntax.contentLines('javascript', 'const a = `one\n  two ${\n  b}\nthree`;\ncall();\n'),
    ).toEqual(new Set([1, 2, 3]));
    expect(await syntax.contentLines('python', 'a = """one\n  two"""\nb = 1\n')).toEqual(new Set([1]));
    expect(await syntax.contentLines('go', 'package a\n\nvar b = `one\n two`\n')).toEqual(new Set([3]));
    expect(await syntax.contentLines('rust', 'const A: &str = r#"one\n two"#;\n')).toEqual(new Set([1]));
    expect(await syntax.contentLines('java', 'class A { String a = """\n  one\n  """; }\n')).toEqual(
      new Set([1, 2]),
    );
    expect(await syntax.contentLines('ruby', 'a = <<A\n  one\nA\n')).toContain(1);
  });

  it('are found in a method that stands alone', async () => {
    expect(
      await syntax.contentLines('typescript', 'text(a: string): string {\n  return `\none`;\n}\n'),
    ).toEqual(new Set([2]));
  });

  it('are not those of a docstring or a comment', async () => {
    expect(await syntax.contentLines('python', 'def a():\n    """One.\n\n    Two.\n    """\n')).toEqual(
      new Set(),
    );
    expect(await syntax.contentLines('javascript', '/*\n * one\n */\n')).toEqual(new Set());
  });
});

describe('A text is not checked, and it is said why', () => {
  const edit = { start: 0, end: 0, text: 'x' };
  const limits = { textLength: 1 << 20, parseMs: 60_000 };

  it('when it is too large', async () => {
    const small = new TreeSitterSyntax({
      readFile: readSyntaxFile,
      now: () => 0,
      limits: { ...limits, textLength: 10 },
    });
    expect(await small.check('javascript', 'let a = 1; let b = 2;', edit)).toMatchObject({ why: 'tooLarge' });
  });

  it('when the parser takes too long; and the next text is read as if nothing had been', async () => {
    let time = 0;
    let step = 1000;
    const slow = new TreeSitterSyntax({
      readFile: readSyntaxFile,
      now: () => (time += step),
      limits: { ...limits, parseMs: 100 },
    });
    const long = 'let a = [1, 2, 3];\n'.repeat(2000);
    expect(await slow.check('javascript', long, edit)).toMatchObject({ why: 'timeout' });
    step = 0;
    expect(await slow.check('javascript', 'let a = 1;', { start: 0, end: 0, text: '\n' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
  });

  it('when a grammar cannot be read; and it is read when that is possible again', async () => {
    let fails = true;
    const flaky = new TreeSitterSyntax({
      readFile: (name) =>
        fails && name === GRAMMAR_FILES.go
          ? Promise.reject(new Error('the disk is gone'))
          : readSyntaxFile(name),
      now: () => 0,
      limits,
    });
    const check = await flaky.check('go', 'package a\n', { ...edit, text: '\n' });
    expect(check).toMatchObject({ why: 'failed', sentence: expect.stringContaining('the disk is gone') });
    fails = false;
    expect(await flaky.check('go', 'package a\n', { ...edit, text: '\n' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
  });

  it('when a grammar is no grammar', async () => {
    const hostile = new TreeSitterSyntax({
      readFile: (name) =>
        name === GRAMMAR_FILES.ruby ? Promise.resolve(new Uint8Array(100)) : readSyntaxFile(name),
      now: () => 0,
      limits,
    });
    expect(await hostile.check('ruby', 'a = 1', edit)).toMatchObject({ kind: 'unchecked', why: 'failed' });
    expect(await hostile.check('go', 'package a\n', { ...edit, text: '\n' })).toEqual({
      kind: 'checked',
      newErrors: [],
    });
  });

  it('when its language has no grammar, whatever it is called', async () => {
    for (const languageId of ['lua', 'plaintext', '', 'constructor', '__proto__']) {
      expect(await syntax.check(languageId, '', edit)).toMatchObject({ why: 'language' });
    }
  });
});

it('Only the languages that are asked for are read, once', async () => {
  const read: string[] = [];
  const lazy = new TreeSitterSyntax({
    readFile: (name) => (read.push(name), readSyntaxFile(name)),
    now: () => 0,
  });
  await Promise.all([lazy.contentLines('python', 'a'), lazy.contentLines('python', 'b')]);
  await lazy.contentLines('python', 'c');
  expect(read.filter((name) => name !== 'tree-sitter.wasm')).toEqual([GRAMMAR_FILES.python]);
});
