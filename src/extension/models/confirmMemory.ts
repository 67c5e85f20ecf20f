import type { MemoryEstimate } from '../../protocol/engine.ts';
import type { Notices } from '../chat/notices.ts';
import type { Translate } from '../translate.ts';
import { memoryWarning } from './modelDescription.ts';

/** The id of the notice; whoever stops a load takes it away. */
export const memoryNoticeId = 'memory';

/** Asks in the panel what to do with a model that free memory will not hold. */
export async function confirmMemory(
  {
    t,
    notices,
    chooseModel,
  }: { readonly t: Translate; readonly notices: Notices; readonly chooseModel: () => Promise<boolean> },
  { name, memory }: { readonly name: string; readonly memory: MemoryEstimate },
): Promise<'load' | 'other' | 'cancel'> {
  const action = await notices.ask({
    id: memoryNoticeId,
    severity: 'warning',
    message: memoryWarning(t, name, memory),
    actions: [
      { id: 'load', label: t('Load Anyway') },
      { id: 'other', label: t('Choose Another…') },
      { id: 'dismiss', label: t('Cancel') },
    ],
  });
  if (action === 'load') return 'load';
  return action === 'other' && (await chooseModel()) ? 'other' : 'cancel';
}
