import { Detour } from './detour.ts';
import { Matches } from './matches.ts';

/** Where in a text a reply may be. */
export class Position {
  matches = new Matches();
  /** The one of them that says what comes next; -1 where none does. */
  best = -1;
  readonly detour = new Detour();

  copyFrom({ matches, best, detour }: Position): void {
    this.matches.copyFrom(matches);
    this.best = best;
    this.detour.copyFrom(detour);
  }
}
