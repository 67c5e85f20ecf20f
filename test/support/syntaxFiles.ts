import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { TreeSitterSyntax } from '../../src/refactor/syntax/treeSitterSyntax.ts';

const folder = path.dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));

/** A grammar or the runtime as the package has it. */
export const readSyntaxFile = (name: string): Promise<Uint8Array> => readFile(path.join(folder, name));

/** The real parser, with more time than a busy machine could need. */
export const patientSyntax = (): TreeSitterSyntax =>
  new TreeSitterSyntax({
    readFile: readSyntaxFile,
    now: () => performance.now(),
    limits: { textLength: 1 << 20, parseMs: 60_000 },
  });
