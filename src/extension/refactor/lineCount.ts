import type { Translate } from '../translate.ts';

export function lineCount(t: Translate, lines: number): string {
  return lines === 1 ? t('1 line') : t('{0} lines', lines);
}
