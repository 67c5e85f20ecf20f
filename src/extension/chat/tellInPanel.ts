import type { Notice } from '../../protocol/chat.ts';
import type { Translate } from '../translate.ts';
import { dismissAction, type Notices } from './notices.ts';

/** Tells the user a sentence above the input, and the log. */
export function tellInPanel(
  {
    notices,
    t,
    log,
  }: { readonly notices: Notices; readonly t: Translate; readonly log: (message: string) => void },
  message: string,
  severity: Notice['severity'],
): void {
  log(message);
  // The sentence is its own id: a failure that comes again is shown once.
  const actions = [{ id: dismissAction, label: t('Dismiss') }];
  void notices.ask({ id: message.slice(0, 200), severity, message, actions });
}
