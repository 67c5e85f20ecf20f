import type { DiagnosticsHostMessage, DiagnosticsState } from '../../src/protocol/diagnostics.ts';
import { mergeDiagnostics } from '../../src/protocol/mergeDiagnostics.ts';
import { element, setText } from '../element.ts';
import { ComparePanel } from './comparePanel.ts';
import type { DiagnosticsHost } from './diagnosticsHost.ts';
import { ExpertsPanel } from './expertsPanel.ts';
import { format } from './format.ts';
import { KvPanel } from './kvPanel.ts';
import { MemoryPanel } from './memoryPanel.ts';
import { onThemeChange } from './palette.ts';
import { Panel } from './panel.ts';
import { ReusePanel } from './reusePanel.ts';
import { SpeedPanel } from './speedPanel.ts';
import { strings } from './strings.ts';

/** What changes with every token is drawn as it comes; figures to read twice a second. */
const LIVE = { intervalMs: 0 };
const CALM = { intervalMs: 500 };

/** The whole page: says what it wants to see and draws what the host sends, once a frame. */
export class DiagnosticsPage {
  readonly element: HTMLElement;
  readonly #host: DiagnosticsHost;
  readonly #title = element('h1');
  readonly #status = element('p', { class: 'muted', attributes: { role: 'status' } });
  readonly #error = element('p', { class: 'error', attributes: { role: 'alert', hidden: '' } });
  readonly #empty = element('div', { class: 'empty', attributes: { hidden: '' } });
  readonly #earlier = element('p', {
    class: 'notice',
    text: strings.earlier.note,
    attributes: { role: 'status', hidden: '' },
  });
  readonly #panels: HTMLElement;
  readonly #kv: KvPanel;
  readonly #experts: ExpertsPanel;
  readonly #compare: ComparePanel;
  readonly #sections: readonly Panel[];
  readonly #memorySection: Panel;
  readonly #kvSection: Panel;
  readonly #expertsSection: Panel;
  readonly #noExperts = element('p', {
    class: 'muted',
    text: strings.experts.noExperts,
    attributes: { hidden: '' },
  });
  readonly #freeze = button(strings.freeze, () => this.#setFrozen(!this.#isFrozen));
  readonly #openTab = button(strings.openTab, () => this.#host.post({ type: 'openTab' }));
  readonly #compareButton = button(strings.compare.title, () => this.#toggleCompare());
  #state: DiagnosticsState | undefined;
  #isFrozen = false;
  #isFrameAsked = false;

  constructor(host: DiagnosticsHost) {
    this.#host = host;
    this.#kv = new KvPanel((of) => host.post({ type: 'readText', of }));
    this.#experts = new ExpertsPanel({
      want: (wanted) => host.post({ type: 'want', wanted }),
      readExpert: (of) => host.post({ type: 'readExpert', of }),
    });
    this.#compare = new ComparePanel((requestIds) => host.post({ type: 'compare', requestIds }));
    this.#expertsSection = new Panel(strings.experts.title, this.#experts, LIVE);
    this.#memorySection = new Panel(strings.memory.title, new MemoryPanel(), CALM);
    this.#kvSection = new Panel(strings.kv.title, this.#kv, CALM);
    this.#sections = [
      this.#memorySection,
      this.#kvSection,
      new Panel(strings.reuse.title, new ReusePanel(), CALM),
      this.#expertsSection,
      new Panel(strings.speed.title, new SpeedPanel(), CALM),
    ];
    this.#panels = element('div', {
      class: 'panels',
      children: this.#sections.flatMap((section) =>
        section === this.#expertsSection ? [section.element, this.#noExperts] : [section.element],
      ),
    });
    this.element = element('main', {
      children: [
        element('header', { children: [this.#title, this.#toolbar(), this.#status, this.#error] }),
        this.#empty,
        this.#earlier,
        this.#compare.element,
        this.#panels,
      ],
    });
    this.#freeze.setAttribute('aria-pressed', 'false');
    this.#compareButton.setAttribute('aria-expanded', 'false');
  }

  start(): void {
    this.#host.listen((message) => this.#receive(message));
    onThemeChange(() => {
      for (const section of this.#sections) section.recolour();
      this.#compare.recolour();
    });
    this.#host.post({ type: 'ready' });
    this.#host.post({ type: 'want', wanted: this.#experts.wanted });
  }

  #toolbar(): HTMLElement {
    return element('div', {
      class: 'toolbar',
      attributes: { role: 'toolbar', 'aria-label': strings.toolbar },
      children: [
        this.#freeze,
        this.#compareButton,
        button(strings.exportJson, () => this.#host.post({ type: 'export', format: 'json' })),
        button(strings.exportTrace, () => this.#host.post({ type: 'export', format: 'chromeTrace' })),
        this.#openTab,
      ],
    });
  }

  #receive(message: DiagnosticsHostMessage): void {
    switch (message.type) {
      case 'place':
        this.#openTab.hidden = message.place === 'tab';
        return;
      case 'state':
        this.#state = message.state;
        this.#showFrozen(message.frozen);
        return this.#drawSoon();
      case 'update':
        // What was on its way when the view was frozen comes too late.
        if (!this.#state || this.#isFrozen) return;
        this.#state = mergeDiagnostics(this.#state, message.update);
        this.#error.hidden = true;
        return this.#drawSoon();
      case 'text':
        return this.#kv.received(message.of, message.text);
      case 'expertTokens':
        return this.#experts.received(message.of, message.tokens);
      case 'compared':
        return this.#compare.received(message);
      case 'error':
        this.#error.hidden = false;
        setText(this.#error, message.message);
        return;
      default:
        return message satisfies never;
    }
  }

  #drawSoon(): void {
    if (this.#isFrameAsked) return;
    this.#isFrameAsked = true;
    requestAnimationFrame(() => {
      this.#isFrameAsked = false;
      if (this.#state) this.#draw(this.#state);
    });
  }

  #draw(state: DiagnosticsState): void {
    const { status, conversation, model, atMs } = state;
    const isReady = status === 'ready' || status === 'earlier';
    setText(this.#title, conversation.title === '' ? strings.title : conversation.title);
    setText(this.#status, this.#isFrozen ? strings.frozen(format.time(atMs)) : (model?.name ?? ''));
    this.#empty.hidden = isReady;
    this.#panels.hidden = !isReady;
    this.#earlier.hidden = status !== 'earlier';
    this.#compareButton.disabled = !isReady;
    if (status === 'noModel' || status === 'noConversation') {
      this.#empty.replaceChildren(
        element('h2', { text: strings.empty[status].title }),
        element('p', { text: strings.empty[status].text }),
      );
      this.#compare.open(false);
      return;
    }
    this.#memorySection.element.hidden = state.memory === undefined;
    this.#kvSection.element.hidden = status === 'earlier';
    // Of an earlier session nobody knows whether the model had any where no trace tells.
    const hasExperts = status === 'earlier' ? state.expertsOfTraces > 0 : state.experts !== null;
    this.#noExperts.hidden = hasExperts;
    setText(this.#noExperts, status === 'earlier' ? strings.earlier.noExperts : strings.experts.noExperts);
    this.#expertsSection.element.hidden = !hasExperts;
    for (const section of this.#sections) section.show(state);
    this.#compare.show(state);
  }

  #setFrozen(frozen: boolean): void {
    this.#showFrozen(frozen);
    this.#host.post({ type: 'freeze', frozen });
    if (this.#state) this.#draw(this.#state);
  }

  #showFrozen(frozen: boolean): void {
    this.#isFrozen = frozen;
    this.#freeze.setAttribute('aria-pressed', String(frozen));
  }

  #toggleCompare(): void {
    this.#compare.open(!this.#compare.isOpen);
    this.#compareButton.setAttribute('aria-expanded', String(this.#compare.isOpen));
  }
}

function button(text: string, pressed: () => void): HTMLButtonElement {
  const made = element('button', { text, attributes: { type: 'button' } });
  made.addEventListener('click', pressed);
  return made;
}
