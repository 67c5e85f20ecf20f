import { STEP_KINDS } from '../../src/reasoning/outline/outline.ts';
import { element } from '../element.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';

/**
 * The steps of a thought, and the answer, as pieces of one strip as wide as they took. A picture with a text of its own: the
 * outline beside it is what the keyboard uses.
 */
export function thoughtStrip(opened: OpenedTrace, chosen: (token: number) => void): HTMLElement {
  const pieces = piecesOf(opened);
  const strip = element('div', {
    class: 'strip',
    attributes: { role: 'img', 'aria-label': strings.stripText(shares(pieces)) },
    children: pieces.map(({ className, title, token, share }) => {
      const piece = element('span', { class: `strip-piece ${className}`, attributes: { title } });
      // Factors below 1 in all would leave a part of the strip empty.
      piece.style.flexGrow = String(1000 * Math.max(share, 0.0005));
      piece.dataset['token'] = String(token);
      return piece;
    }),
  });
  strip.addEventListener('click', (event) => {
    const piece = event.target instanceof HTMLElement ? event.target.dataset['token'] : undefined;
    if (piece !== undefined) chosen(Number(piece));
  });
  const legend = element('ul', {
    class: 'legend',
    attributes: { 'aria-label': strings.legend },
    children: STEP_KINDS.filter((kind) => opened.outline.steps.some((step) => step.kind === kind)).map(
      (kind) =>
        element('li', {
          children: [element('span', { class: `swatch kind-${kind}` }), strings.kinds[kind]],
        }),
    ),
  });
  const isTimed = opened.trace.tokens.elapsedMs.some((elapsed) => elapsed > 0);
  return element('div', {
    class: 'strip-box',
    children: [strip, legend, ...(isTimed ? [] : [element('p', { class: 'muted', text: strings.untimed })])],
  });
}

interface Piece {
  readonly className: string;
  readonly kind: string;
  readonly title: string;
  readonly token: number;
  /** Of the whole reply's time. */
  readonly share: number;
}

function piecesOf({ outline, stepTokens, trace, firstAnswerToken, closingToken }: OpenedTrace): Piece[] {
  const { elapsedMs, count } = trace.tokens;
  const whole = elapsedMs.reduce((sum, elapsed) => sum + elapsed, 0);
  const share = (from: number, end: number): number =>
    whole > 0
      ? elapsedMs.subarray(from, end).reduce((sum, elapsed) => sum + elapsed, 0) / whole
      : (end - from) / Math.max(1, count);
  const pieces = outline.steps.map((step, index): Piece => {
    const token = stepTokens[index] ?? 0;
    const isRepeated = step.repeats !== undefined || step.loop !== undefined;
    return {
      className: `kind-${step.kind}${isRepeated ? ' repeated' : ''}`,
      kind: strings.kinds[step.kind],
      title: `${strings.kinds[step.kind]}: ${step.title}`,
      token,
      share: share(token, Math.max(token, stepTokens[index + 1] ?? token)),
    };
  });
  const { thoughtEnd } = trace.about;
  if (closingToken !== undefined && thoughtEnd !== undefined) {
    const title = strings.thoughtEnd(thoughtEnd);
    pieces.push({ className: 'cut', kind: title, title, token: closingToken, share: 0 });
  }
  if (firstAnswerToken !== undefined) {
    const title = strings.answerStep;
    pieces.push({
      className: 'answer',
      kind: title,
      title,
      token: firstAnswerToken,
      share: share(firstAnswerToken, count),
    });
  }
  return pieces;
}

function shares(pieces: readonly Piece[]): string[] {
  const sums = new Map<string, number>();
  for (const { kind, share } of pieces) sums.set(kind, (sums.get(kind) ?? 0) + share);
  return [...sums].map(([kind, share]) => (share === 0 ? kind : strings.share(kind, share)));
}
