import type { Memento } from 'vscode';

const key = 'glassbox.recentModels';
const kept = 10;

/** The paths of the models chosen last, newest first. */
export class RecentModels {
  readonly #memento: Memento;

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  get paths(): readonly string[] {
    const stored: unknown = this.#memento.get(key);
    return Array.isArray(stored) ? stored.filter((path): path is string => typeof path === 'string') : [];
  }

  async add(path: string): Promise<void> {
    await this.#memento.update(key, [path, ...this.paths.filter((other) => other !== path)].slice(0, kept));
  }
}
