import { agreementOf } from './agreement.ts';
import { matchClass } from './matchClass.ts';
import { ended, mixed } from './mixed.ts';
import type { Situation } from './situation.ts';
import { shapeOf, type TokenClasses } from './tokenClass.ts';

/** As many keys a situation has. */
export const CONTEXTS = 10;

/** Of how long the reply has been away from its text. */
const AWAY_CLASSES = 4;
/** Of the lines of a thought or an answer the first few are told apart. */
const LINE_CLASSES = 3;

/**
 * The contexts that a token stands in, as keys of a table, of no two kinds alike but by chance: what was said, what the text says that is
 * followed and how well it was followed so far, what else may come next, and what was asked. Of names and numbers most of them know only
 * that they are some, and of what may come next which of it is the same: so they hold for code that nothing was learned from. Two different
 * contexts share a key once in some billions. Chosen one after the other, each the one that made most of glassbox-nano's replies predictable.
 * @param keys filled, `[CONTEXTS]`
 */
export function contextKeys(situation: Situation, classes: TokenClasses, keys: Int32Array): void {
  const { asked, part, line, last, second, copied, matched, repeated } = situation;
  const match = matchClass(matched);
  const away = Math.min(situation.away, AWAY_CLASSES);
  const lines = Math.min(situation.lines, LINE_CLASSES);
  const agreement = agreementOf(situation);
  const copiedShape = shapeOf(classes, copied);
  const mentionedShape = shapeOf(classes, situation.mentioned);
  const repeatedShape = shapeOf(classes, repeated);
  const shapes = mixed(mixed(1, shapeOf(classes, last)), copiedShape);
  const inLine = mixed(mixed(mixed(2, line), copiedShape), mentionedShape);
  const inPart = mixed(inLine, part);
  const agreeing = mixed(mixed(3, line), agreement);
  keys[0] = ended(mixed(mixed(shapes, part), agreement));
  keys[1] = ended(inPart);
  keys[2] = ended(mixed(mixed(inLine, 2), asked));
  keys[3] = ended(mixed(mixed(mixed(mixed(4, asked), copied), repeated), situation.other));
  keys[4] = ended(mixed(mixed(mixed(mixed(mixed(5, match), copied), last), second), mentionedShape));
  keys[5] = ended(mixed(mixed(mixed(mixed(6, asked), lines), last), second));
  keys[6] = ended(mixed(mixed(mixed(mixed(shapes, 2), asked), mentionedShape), repeatedShape));
  keys[7] = ended(mixed(agreeing, asked));
  keys[8] = ended(mixed(mixed(inPart, 3), repeatedShape));
  keys[9] = ended(mixed(mixed(mixed(agreeing, 1), match), away));
}
