import * as vscode from 'vscode';
import type { ModelView } from '../protocol/chat.ts';
import type { LiveAnswer } from './chat/liveAnswer.ts';
import { statusText } from './statusText.ts';

/** Screen readers read every change aloud that we make here; the eye does not follow faster either. */
const refreshMs = 500;

export class StatusBar implements vscode.Disposable {
  readonly #item: vscode.StatusBarItem;
  #model: ModelView;
  #live: LiveAnswer | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(model: ModelView) {
    this.#model = model;
    this.#item = vscode.window.createStatusBarItem('glassbox.status', vscode.StatusBarAlignment.Right, 100);
    this.#item.name = 'Glassbox';
    this.#render();
    this.#item.show();
  }

  setModel(model: ModelView): void {
    const isSameKind = model.status === this.#model.status;
    this.#model = model;
    this.#refresh(!isSameKind);
  }

  setLive(live: LiveAnswer | undefined): void {
    const isSameKind = live?.status.kind === this.#live?.status.kind;
    this.#live = live;
    this.#refresh(!isSameKind);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#item.dispose();
  }

  #refresh(isUrgent: boolean): void {
    if (isUrgent) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#render();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#render();
      }, refreshMs);
    }
  }

  #render(): void {
    const { text, tooltip, label, command, isError } = statusText(vscode.l10n.t, this.#model, this.#live);
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label };
    this.#item.command = command;
    this.#item.backgroundColor = isError ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
  }
}
