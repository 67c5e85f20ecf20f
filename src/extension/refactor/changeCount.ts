import type { Translate } from '../translate.ts';

export function changeCount(t: Translate, changes: number): string {
  return changes === 1 ? t('1 change') : t('{0} changes', changes);
}
