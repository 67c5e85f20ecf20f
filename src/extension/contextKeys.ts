import * as vscode from 'vscode';
import type { LiveAnswer } from './chat/liveAnswer.ts';

/** `glassbox.busy` and `glassbox.thinking`, by which commands are enabled. Set only when they change. */
export class ContextKeys {
  readonly #known = new Map<string, boolean>();

  setLive(live: LiveAnswer | undefined): void {
    this.#set('glassbox.busy', live !== undefined);
    this.#set('glassbox.thinking', live?.status.kind === 'thinking');
  }

  #set(key: string, value: boolean): void {
    if ((this.#known.get(key) ?? false) === value) return;
    this.#known.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  }
}
