import { readFileSync } from 'node:fs';
import type { FinishReason } from '../../../src/protocol/generation.ts';
import type { ReplyToJudge } from '../../../src/refactor/answerCode.ts';
import type { EditTarget } from '../../../src/refactor/editTarget.ts';

const folder = new URL('../../fixtures/refactor/', import.meta.url);

/** A class in TypeScript, two spaces a level. */
export const CART = readFileSync(new URL('cart.ts.txt', folder), 'utf8');

const METHOD = CART.slice(CART.indexOf('  total('), CART.indexOf('\n  clear('));

/** What the recorded answers make of the method, when they are good. */
export const NEW_METHOD = `  total(member: boolean): number {
    let sum = 0;
    for (const item of this.items) {
      sum += item.price;
    }
    return member ? sum * rate : sum;
  }
`;

/** A document's piece as what an answer is to change. @throws Error when it does not stand there exactly once */
export function targetAt(document: string, piece: string, languageId = 'typescript'): EditTarget {
  const start = document.indexOf(piece);
  if (start < 0 || document.includes(piece, start + 1)) throw new Error(`${piece} does not stand there once`);
  return { languageId, document, start, end: start + piece.length };
}

/** The method `total`, its lines whole. */
export const METHOD_TARGET = targetAt(CART, METHOD);

/** `CART` with the new method. */
export const NEW_CART = CART.replace(METHOD, () => NEW_METHOD);

export function recorded(name: string, finishReason: FinishReason = 'stop'): ReplyToJudge {
  return { answer: readFileSync(new URL(`answers/${name}.md`, folder), 'utf8'), finishReason };
}

export const asked = (answer: string): ReplyToJudge => ({ answer, finishReason: 'stop' });
