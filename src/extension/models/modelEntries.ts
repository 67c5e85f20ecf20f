import path from 'node:path';
import type { Translate } from '../translate.ts';
import type { ChosenModel } from './chosenModel.ts';

/** A model that can be picked by its name. */
export interface ModelEntry {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** What picking it writes to `glassbox.model.path`: empty for the embedded model, whose folder changes with updates. */
  readonly setting: string;
}

/** The models that were used before, the current one first, and the one that Glassbox carries. */
export function modelEntries(
  t: Translate,
  models: {
    readonly current: ChosenModel;
    readonly recent: readonly string[];
    readonly embedded: string | undefined;
  },
): readonly ModelEntry[] {
  const { current, recent, embedded } = models;
  const describe = (file: string): string => (file === current.path ? t('current') : '');
  const files = [...new Set([current.path, ...recent])].filter((file) => file !== '' && file !== embedded);
  const entries = files.map((file) => ({
    label: path.basename(file),
    description: describe(file),
    detail: path.dirname(file),
    setting: file,
  }));
  if (embedded === undefined) return entries;
  return [
    ...entries,
    {
      label: t('{0} (embedded)', path.basename(embedded, '.gguf')),
      description: describe(embedded),
      detail: t(
        'Comes with Glassbox. Traces, checks, refactors and describes small JavaScript and TypeScript code.',
      ),
      setting: '',
    },
  ];
}
