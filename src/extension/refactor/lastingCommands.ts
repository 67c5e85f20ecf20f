import * as vscode from 'vscode';

/**
 * Commands with their arguments, each under a name of its own. VS Code keeps the arguments of a lens only until the provider is asked
 * again, which a refactoring that is being written makes happen at any time: whoever clicks in between is told that there is no such
 * command. One without arguments is always there.
 */
export class LastingCommands {
  readonly #prefix: string;
  readonly #names = new Map<string, string>();
  readonly #registrations: vscode.Disposable[] = [];
  #made = 0;

  /** @param prefix of the names, which no other part of the extension uses */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** The name under which `command` runs with these arguments, the same every time, until `clear`. */
  named(command: string, given: readonly string[]): string {
    const key = JSON.stringify([command, ...given]);
    let name = this.#names.get(key);
    if (name === undefined) {
      // No name is given twice: what is still shown must never do something else.
      name = `${this.#prefix}.${String(++this.#made)}`;
      this.#names.set(key, name);
      this.#registrations.push(
        vscode.commands.registerCommand(name, () => vscode.commands.executeCommand(command, ...given)),
      );
    }
    return name;
  }

  /** Forgets all names. To be called when nothing shows them any more. */
  clear(): void {
    this.#names.clear();
    for (const registration of this.#registrations.splice(0)) registration.dispose();
  }
}
