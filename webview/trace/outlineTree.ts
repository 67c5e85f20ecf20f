import { element } from '../element.ts';
import type { OpenedTrace } from './openedTrace.ts';
import { strings } from './strings.ts';

interface Item {
  readonly element: HTMLElement;
  readonly depth: number;
  readonly token: number;
  readonly hasChildren: boolean;
}

/** The steps of a thought as a tree; choosing one goes to its text. Arrow keys move, open and close. */
export class OutlineTree {
  readonly element: HTMLElement;
  private readonly tree: HTMLElement;
  private readonly items: readonly Item[];
  private readonly closed = new Set<number>();
  private focused = 0;

  constructor(
    opened: OpenedTrace,
    private readonly chosen: (token: number) => void,
  ) {
    this.items = itemsOf(opened);
    this.tree = element('div', {
      class: 'outline-tree',
      attributes: { role: 'tree', 'aria-label': strings.outline },
      children: this.items.map((item) => item.element),
    });
    const isEmpty = opened.outline.steps.length === 0;
    this.element = element('section', {
      class: 'outline',
      children: [
        element('h2', { text: strings.outline }),
        ...(isEmpty ? [element('p', { class: 'muted', text: strings.noThought })] : []),
        ...(this.items.length === 0 ? [] : [this.tree]),
      ],
    });
    this.items.forEach((item, index) => {
      item.element.tabIndex = index === 0 ? 0 : -1;
      // A screen reader moves the focus by itself.
      item.element.addEventListener('focus', () => {
        this.become(index);
      });
      item.element.addEventListener('click', (event) => {
        const isToggle = event.target instanceof Element && event.target.closest('.twistie') !== null;
        if (isToggle && item.hasChildren) this.toggle(index);
        else this.choose(index);
      });
    });
    this.tree.addEventListener('keydown', (event) => {
      this.key(event);
    });
  }

  /** Marks the step that holds a token. */
  show(token: number): void {
    const current = this.items.findLastIndex((item) => item.token <= token);
    this.items.forEach((item, index) => {
      item.element.setAttribute('aria-selected', String(index === current));
    });
  }

  private choose(index: number): void {
    const item = this.items[index];
    if (!item) return;
    this.focus(index);
    this.chosen(item.token);
  }

  private key(event: KeyboardEvent): void {
    const item = this.items[this.focused];
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const isClosed = this.closed.has(this.focused);
    switch (event.key) {
      case 'ArrowDown':
        this.move(1);
        break;
      case 'ArrowUp':
        this.move(-1);
        break;
      case 'ArrowRight':
        if (item.hasChildren && isClosed) this.toggle(this.focused);
        else if (item.hasChildren) this.move(1);
        break;
      case 'ArrowLeft':
        if (item.hasChildren && !isClosed) this.toggle(this.focused);
        else
          this.focus(
            this.items.findLastIndex((each, index) => index < this.focused && each.depth < item.depth),
          );
        break;
      case 'Home':
        this.focus(0);
        break;
      case 'End':
        this.focus(this.items.findLastIndex((each) => !each.element.hidden));
        break;
      case 'Enter':
      case ' ':
        this.choose(this.focused);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private move(by: 1 | -1): void {
    let index = this.focused + by;
    while (this.items[index]?.element.hidden === true) index += by;
    this.focus(index);
  }

  private focus(index: number): void {
    this.items[index]?.element.focus();
  }

  /** This item is the one that Tab comes to. */
  private become(index: number): void {
    const [before, item] = [this.items[this.focused], this.items[index]];
    if (before) before.element.tabIndex = -1;
    if (item) item.element.tabIndex = 0;
    this.focused = index;
  }

  private toggle(index: number): void {
    if (!this.closed.delete(index)) this.closed.add(index);
    let hiddenBelow = Infinity;
    this.items.forEach((item, at) => {
      item.element.hidden = item.depth > hiddenBelow;
      if (item.element.hidden) return;
      const isClosed = this.closed.has(at);
      hiddenBelow = isClosed ? item.depth : Infinity;
      if (item.hasChildren) item.element.setAttribute('aria-expanded', String(!isClosed));
    });
  }
}

function itemsOf({ outline, stepTokens, trace, firstAnswerToken, closingToken }: OpenedTrace): Item[] {
  const { steps } = outline;
  const items = steps.map((step, index): Item => {
    const token = stepTokens[index] ?? 0;
    const amount = Math.max(0, (stepTokens[index + 1] ?? token) - token);
    const kind = strings.kinds[step.kind];
    const marks = [
      ...(step.repeats === undefined ? [] : [strings.repeats(step.repeats)]),
      ...(step.loop === undefined ? [] : [strings.loop(step.loop.repeats)]),
    ];
    const hasChildren = (steps[index + 1]?.depth ?? 0) > step.depth;
    const created = element('div', {
      class: 'outline-step',
      attributes: {
        role: 'treeitem',
        'aria-level': String(step.depth + 1),
        'aria-selected': 'false',
        ...(hasChildren ? { 'aria-expanded': 'true' } : {}),
      },
      children: [
        element('span', { class: 'twistie' }),
        element('span', { class: `swatch kind-${step.kind}` }),
        element('span', {
          class: 'step-title',
          children: [
            element('span', { text: step.title, attributes: { dir: 'auto' } }),
            element('span', { class: 'muted step-kind', text: [kind, ...marks].join(' · ') }),
          ],
        }),
        element('span', {
          class: 'muted step-tokens',
          attributes: { title: strings.tokens(amount) },
          children: [
            strings.count(amount),
            element('span', { class: 'visually-hidden', text: strings.tokensUnit }),
          ],
        }),
      ],
    });
    created.style.paddingInlineStart = `${4 + 14 * Math.min(step.depth, 12)}px`;
    return { element: created, depth: step.depth, token, hasChildren };
  });
  const { thoughtEnd } = trace.about;
  if (closingToken !== undefined && thoughtEnd !== undefined) {
    items.push(landmark('cut', strings.thoughtEnd(thoughtEnd), closingToken));
  }
  if (firstAnswerToken !== undefined) items.push(landmark('answer', strings.answerStep, firstAnswerToken));
  return items;
}

function landmark(kind: string, title: string, token: number): Item {
  const created = element('div', {
    class: `outline-step landmark ${kind}`,
    attributes: { role: 'treeitem', 'aria-level': '1', 'aria-selected': 'false' },
    children: [
      element('span', { class: 'twistie' }),
      element('span', { class: `swatch ${kind}` }),
      element('span', { class: 'step-title', text: title }),
    ],
  });
  return { element: created, depth: 0, token, hasChildren: false };
}
