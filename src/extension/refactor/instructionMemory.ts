import type * as vscode from 'vscode';
import { instructionsOf, withInstruction } from './instructionHistory.ts';

const storageKey = 'glassbox.refactor.instructions';

/** The instructions that were given before, in whatever window. */
export class InstructionMemory {
  readonly #memento: vscode.Memento;

  constructor(memento: vscode.Memento) {
    this.#memento = memento;
  }

  /** Newest first. */
  get earlier(): readonly string[] {
    return instructionsOf(this.#memento.get<unknown>(storageKey));
  }

  async remember(instruction: string): Promise<void> {
    await this.#memento.update(storageKey, withInstruction(this.earlier, instruction));
  }

  async forget(instruction: string): Promise<void> {
    await this.#memento.update(
      storageKey,
      this.earlier.filter((each) => each !== instruction),
    );
  }
}
