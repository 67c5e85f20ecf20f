import type { ContextChip, ModelView } from '../../src/protocol/chat.ts';
import { ReasoningMode } from '../../src/protocol/generation.ts';
import { nameTextArea } from '../controls.ts';
import { ContextChips } from './contextChips.ts';
import { ContextMeter } from './contextMeter.ts';
import { element, setText, uniqueId } from '../element.ts';
import { icon } from './icons.ts';
import type { IconName } from './icons.ts';
import { ModelLine } from './modelLine.ts';
import { strings } from './strings.ts';

interface ComposerActions {
  readonly ask: (text: string) => void;
  readonly stop: () => void;
  readonly chooseModel: () => void;
  readonly toggleChip: (chipId: string, attached: boolean) => void;
  readonly setReasoningMode: (mode: ReasoningMode) => void;
  /** Every change of the text. */
  readonly edited: (text: string) => void;
}

/** Where a question is written: its context, its text, and what it will be asked of. */
export class Composer {
  readonly element: HTMLElement;
  private readonly chips: ContextChips;
  private readonly area: HTMLElementTagNameMap['vscode-text-area'];
  private readonly meter = new ContextMeter();
  private readonly model: ModelLine;
  private readonly mode = element('vscode-dropdown', {
    class: 'mode',
    attributes: { 'aria-label': strings.reasoningMode, position: 'above' },
  });
  private readonly send = actionButton('send', strings.send);
  private readonly stop = actionButton('stop', strings.stop);
  private readonly hint = element('p', { class: 'hint', attributes: { id: uniqueId('hint') } });
  private contextTokens = 0;
  private capacity = 0;
  private modelView: ModelView = { status: 'none' };
  private busy = false;
  private hasModelState = false;

  constructor(private readonly actions: ComposerActions) {
    this.chips = new ContextChips(actions.toggleChip);
    this.model = new ModelLine(actions.chooseModel);
    this.area = element('vscode-text-area', {
      class: 'input',
      attributes: {
        'aria-describedby': this.hint.id,
        placeholder: strings.placeholder,
        rows: '2',
        dir: 'auto',
      },
    });
    this.area.addEventListener('input', () => {
      actions.edited(this.area.value);
      this.refresh();
    });
    this.area.addEventListener('keydown', (event) => {
      // `isComposing`: Enter that ends an input method's composition is not meant for us.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.submit();
    });
    this.send.addEventListener('click', () => {
      this.submit();
    });
    this.stop.addEventListener('click', actions.stop);
    for (const mode of ReasoningMode.options) {
      this.mode.append(
        element('vscode-option', { text: strings.reasoningModes[mode], attributes: { value: mode } }),
      );
    }
    this.mode.addEventListener('change', () => {
      const chosen = ReasoningMode.options.find((mode) => mode === this.mode.value);
      if (chosen) actions.setReasoningMode(chosen);
    });
    this.element = element('form', {
      class: 'composer',
      // Named, so that it is a landmark.
      attributes: { 'aria-label': strings.composer },
      children: [
        element('div', {
          class: 'composer-box',
          children: [
            this.chips.element,
            this.area,
            element('div', {
              class: 'composer-bar',
              children: [
                this.mode,
                this.meter.element,
                element('span', { class: 'spacer' }),
                this.send,
                this.stop,
              ],
            }),
          ],
        }),
        this.hint,
        this.model.element,
      ],
    });
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
    });
    this.refresh();
  }

  /** To be called when the page is in the document. */
  connected(): void {
    nameTextArea(this.area, strings.input);
  }

  get draft(): string {
    return this.area.value;
  }

  set draft(text: string) {
    this.area.value = text;
    this.refresh();
  }

  focus(): void {
    this.area.focus();
  }

  setBusy(busy: boolean): void {
    if (this.busy === busy) return;
    const focusLost =
      this.stop.contains(document.activeElement) || this.send.contains(document.activeElement);
    this.busy = busy;
    this.refresh();
    if (focusLost) this.focus();
  }

  setChips(chips: readonly ContextChip[], contextTokens: number): void {
    this.chips.update(chips);
    this.contextTokens = contextTokens;
    this.meter.update(this.contextTokens, this.capacity);
  }

  setModel(model: ModelView, capacity: number): void {
    this.hasModelState = true;
    this.modelView = model;
    this.capacity = capacity;
    this.model.update(model);
    this.meter.update(this.contextTokens, this.capacity);
    this.refresh();
  }

  setReasoningMode(mode: ReasoningMode): void {
    // The dropdown takes its value once its options are upgraded.
    if (this.mode.value !== mode) this.mode.value = mode;
  }

  private get blocked(): string {
    if (!this.hasModelState) return strings.hint.connecting;
    if (this.busy) return strings.hint.busy;
    return this.modelView.status === 'none' ? strings.hint.noModel : '';
  }

  private submit(): void {
    const text = this.area.value.trim();
    if (text === '' || this.blocked !== '') return;
    this.draft = '';
    this.actions.ask(text);
  }

  private refresh(): void {
    const blocked = this.blocked;
    setText(this.hint, blocked);
    this.hint.hidden = blocked === '';
    this.send.hidden = this.busy;
    this.stop.hidden = !this.busy;
    this.send.disabled = blocked !== '' || this.area.value.trim() === '';
  }
}

function actionButton(name: IconName, label: string): HTMLElementTagNameMap['vscode-button'] {
  return element('vscode-button', {
    class: `action action-${name}`,
    attributes: { appearance: 'icon', 'aria-label': label, title: label },
    children: [icon(name)],
  });
}
