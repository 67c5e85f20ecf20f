import { brotliCompressSync, constants } from 'node:zlib';
import { expect, it } from 'vitest';
import { GRAMMAR_FILES } from '../../../../src/refactor/syntax/grammar.ts';
import { packedGrammars } from '../../../../src/refactor/syntax/packedGrammars.ts';
import { TreeSitterSyntax } from '../../../../src/refactor/syntax/treeSitterSyntax.ts';
import { readSyntaxFile } from '../../../support/syntaxFiles.ts';

/** Little work is enough here. */
const pack = (bytes: Uint8Array): Uint8Array =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } });

/** What lies in `dist/syntax`, packed when it is read. */
const packed = async (name: string): Promise<Uint8Array> => {
  expect(name).toMatch(/\.wasm\.br$/u);
  return pack(await readSyntaxFile(name.slice(0, -'.br'.length)));
};

it('A packed grammar is unpacked to what it was', async () => {
  const unpacked = await packedGrammars(packed)(GRAMMAR_FILES.go);
  expect(Buffer.compare(unpacked, await readSyntaxFile(GRAMMAR_FILES.go))).toBe(0);
});

it('A file that is no packed grammar, or is packed without end, leaves the syntax unchecked', async () => {
  const edit = { start: 0, end: 0, text: '\n' };
  const bomb = pack(Buffer.alloc(1 << 25));
  for (const bytes of [new Uint8Array([1, 2, 3]), bomb]) {
    const syntax = new TreeSitterSyntax({
      readFile: packedGrammars((name) => (name.includes('java.') ? Promise.resolve(bytes) : packed(name))),
      now: () => 0,
    });
    expect(await syntax.check('java', 'class A {}', edit)).toMatchObject({
      kind: 'unchecked',
      why: 'failed',
    });
  }
});
