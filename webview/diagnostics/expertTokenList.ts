import type { ExpertCell } from '../../src/protocol/diagnostics.ts';
import type { ExpertTokensResult } from '../../src/protocol/records.ts';
import { element } from '../element.ts';
import { quotedText } from '../quotedText.ts';
import { visibleText } from '../visibleText.ts';
import { format } from './format.ts';
import { strings } from './strings.ts';

/** The tokens that went to an expert, each where it stood. */
export function expertTokenList(
  { layer, expert, phase }: ExpertCell,
  result: ExpertTokensResult | null,
  questions: Readonly<Record<string, string>>,
): HTMLElement[] {
  const title = element('h3', { text: strings.experts.tokensOf(layer, expert, phase) });
  if (!result || result.total === 0) {
    return [title, element('p', { class: 'muted', text: strings.experts.noTokens })];
  }
  return [
    title,
    element('p', { class: 'muted', text: strings.experts.listed(result.tokens.length, result.total) }),
    element('ol', {
      class: 'tokens',
      attributes: { tabindex: '0', 'aria-label': strings.experts.tokensOf(layer, expert, phase) },
      children: result.tokens.map((token) =>
        element('li', {
          attributes: { title: questions[token.requestId] ?? '' },
          children: [
            element('code', {
              children: [
                element('span', { class: 'muted', text: inContext(token.before) }),
                element('mark', { text: quotedText(token.text) }),
                element('span', { class: 'muted', text: inContext(token.after) }),
              ],
            }),
            element('small', {
              text: strings.experts.tokenNote(
                token.position,
                strings.phases[token.phase],
                token.evicted,
                token.rank + 1,
                format.number(token.weight),
              ),
            }),
          ],
        }),
      ),
    }),
  ];
}

/** At the ends of a conversation there is no context, which needs no sign. */
function inContext(text: string): string {
  return text === '' ? '' : visibleText(text);
}
