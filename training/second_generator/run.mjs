import vm from 'node:vm';
import ts from 'typescript';

/** Only an endless loop takes as long, also on a machine that is busy. */
const TIME_LIMIT_MS = 20_000;

/** @param {string} code TypeScript or JavaScript */
function withoutTypes(code) {
  try {
    new vm.Script(code);
    return code;
  } catch {
    return ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
  }
}

/**
 * Runs a program to its end.
 * @param {string} code
 * @returns {string[]} the lines that it printed
 */
export function printedLines(code) {
  /** @type {string[]} */
  const lines = [];
  const log = (/** @type {unknown[]} */ ...values) =>
    lines.push(
      ...values
        .map((value) => {
          if (typeof value === 'object' || typeof value === 'function')
            throw new Error('only plain values are printed');
          return String(value);
        })
        .join(' ')
        .split('\n'),
    );
  vm.runInNewContext(withoutTypes(code), { console: { log } }, { timeout: TIME_LIMIT_MS });
  return lines;
}

/**
 * @param {string} code declares `name`
 * @param {string} name
 * @param {readonly unknown[]} values arguments
 * @returns {unknown} a plain copy of the result
 */
export function called(code, name, values) {
  const call = `${withoutTypes(code)}\n;JSON.stringify({ result: ${name}(...${JSON.stringify(values)}) })`;
  return JSON.parse(vm.runInNewContext(call, {}, { timeout: TIME_LIMIT_MS })).result;
}
