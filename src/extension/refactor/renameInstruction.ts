/** What an instruction for the whole workspace asks for, as far as its words say. */
export interface RenameInstruction {
  /** The name as it is; absent where the selection says it. */
  readonly from?: string;
  /** The name as it shall be; absent where the model is to find one. */
  readonly to?: string;
}

const name = String.raw`[\x60'"]?([\p{L}_$][\p{L}\p{N}_$]*)[\x60'"]?`;
/** Words that stand where a name could, and are none. */
const notNames = new Set([
  'it',
  'this',
  'that',
  'symbol',
  'variable',
  'function',
  'method',
  'class',
  'the',
  'a',
  'for',
  'better',
]);
const patterns: readonly RegExp[] = [
  new RegExp(
    String.raw`^(?:please\s+)?rename\s+(?:the\s+\w+\s+)?${name}\s+(?:to|into|as)\s+${name}[.!]?$`,
    'iu',
  ),
  new RegExp(String.raw`^(?:please\s+)?call\s+(?:the\s+\w+\s+)?${name}\s+${name}\s+instead[.!]?$`, 'iu'),
  new RegExp(
    String.raw`^use\s+(?:the\s+name\s+)?(?<to>${name})\s+instead\s+of\s+(?<from>${name})[.!]?$`,
    'iu',
  ),
];
const toOnly = new RegExp(String.raw`^(?:rename\s+)?(?:it\s+|this\s+)?to\s+${name}[.!]?$`, 'iu');

/**
 * Reads "Rename `total` to `sum`" and its like, a name alone, or nothing: then the model finds the name.
 */
export function readRenameInstruction(instruction: string): RenameInstruction {
  const text = instruction.trim();
  if (isIdentifier(text) && !/^rename$/iu.test(text)) return { to: text };
  const target = toOnly.exec(text)?.[1];
  if (target !== undefined) return { to: target };
  for (const pattern of patterns) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const named = found.groups;
    const from = bare(named?.['from'] ?? found[1] ?? '');
    const to = bare(named?.['to'] ?? found[2] ?? '');
    return notNames.has(from.toLowerCase()) ? { to } : { from, to };
  }
  return {};
}

/** A name in the languages that Glassbox knows the syntax of. */
export function isIdentifier(text: string): boolean {
  return /^[\p{L}_$][\p{L}\p{N}_$]{0,199}$/u.test(text);
}

/** The name in a model's answer: alone, or in backticks in a sentence. Undefined when it gives none, or several. */
export function nameInAnswer(answer: string): string | undefined {
  const text = answer.trim().replace(/[.!]$/u, '');
  const alone = text.replaceAll(/^`+|`+$/gu, '').trim();
  if (isIdentifier(alone)) return alone;
  const quoted = [...new Set([...text.matchAll(/`([^`\n]+)`/gu)].map(([, inner]) => inner ?? ''))].filter(
    isIdentifier,
  );
  return quoted.length === 1 ? quoted[0] : undefined;
}

function bare(text: string): string {
  return text.replaceAll(/[`'"]/gu, '');
}
