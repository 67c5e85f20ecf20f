/**
 * A value as what matters when two are compared: words in lower case, numbers by their value, signs. White space,
 * Markdown, quotes, the marks of LaTeX and full stops at the end do not.
 */
export function comparableTokens(value: string): string[] {
  const plain = value
    .toLowerCase()
    .replaceAll(/\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/gu, '$1/$2')
    .replaceAll(/\\(?:text|mathrm|mathbf|textbf|operatorname)\s*\{([^{}]*)\}/gu, '$1')
    .replaceAll(/\\(?:cdot|times)\b/gu, '*')
    .replaceAll(/\\(?:left|right|quad|displaystyle|[,;:! ()[\]])/gu, ' ')
    .replaceAll(/\*\*|__|[`"'$\u2018\u2019\u201c\u201d]/gu, '')
    // Thousands: 1,440 and 1440.
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/gu, '');
  const tokens =
    plain.match(/\p{Script=Han}|\d+(?:\.\d+)?|[\p{L}\p{M}_]+|[^\s\p{L}\p{N}.,;!?。，；！？]/gu) ?? [];
  return tokens.map((token) => (/^\d/u.test(token) && token.length < 16 ? String(Number(token)) : token));
}
