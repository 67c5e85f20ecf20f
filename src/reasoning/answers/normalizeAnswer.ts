import { comparableTokens } from './comparableTokens.ts';
import { finalValue } from './finalValue.ts';

/** An answer reduced to what it says, so that answers that say the same are equal. */
export interface NormalizedAnswer {
  /** Equal for answers that say the same. */
  readonly key: string;
  /** What it comes to, for people. */
  readonly value: string;
}

/**
 * Reduces an answer to its last boxed value, else to its last block of code, else to what it calls the answer, else it is
 * compared whole. Code keeps its case and its lines; all else is compared by words, numbers and signs.
 */
export function normalizeAnswer(answer: string): NormalizedAnswer {
  const final = finalValue(answer);
  if (final?.form === 'code') {
    const code = trimmedCode(final.value);
    return { key: `code:${code}`, value: code };
  }
  const value = (final?.value ?? answer).trim();
  return { key: `value:${withoutName(comparableTokens(value)).join(' ')}`, value };
}

/** Without white space at line ends, empty lines around, and the indentation that all lines have. */
export function trimmedCode(code: string): string {
  const lines = code.split(/\r\n|\r|\n/u).map((line) => line.trimEnd());
  while (lines[0] === '') lines.shift();
  while (lines.at(-1) === '') lines.pop();
  const indents = lines.filter((line) => line !== '').map((line) => /^[ \t]*/u.exec(line)?.[0].length ?? 0);
  const common = indents.reduce((least, indent) => Math.min(least, indent), Infinity);
  return lines.map((line) => line.slice(common === Infinity ? 0 : common)).join('\n');
}

/** `x = 5` says 5. */
export function withoutName(tokens: readonly string[]): readonly string[] {
  const [name = '', equals, ...value] = tokens;
  return equals === '=' && value.length > 0 && /^\p{L}/u.test(name) ? value : tokens;
}
