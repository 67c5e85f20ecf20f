import { decodeText } from './decodeText.ts';

/** The texts of tokens by their ids; empty, with a problem, when they are not there. */
export function readVocabulary(payload: Uint8Array | undefined, problems: string[]): Map<number, string> {
  const texts = new Map<number, string>();
  if (!payload || payload.length < 4) {
    problems.push('The texts of the tokens are missing.');
    return texts;
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const count = view.getUint32(0, true);
  let at = 4 + 8 * count;
  let whole = at <= payload.length;
  let isText = true;
  for (let i = 0; whole && i < count; i++) {
    const end = at + view.getUint32(4 + 4 * (count + i), true);
    if (end > payload.length) {
      whole = false;
      break;
    }
    const { text, whole: isUtf8 } = decodeText(payload.subarray(at, end));
    texts.set(view.getUint32(4 + 4 * i, true), text);
    isText &&= isUtf8;
    at = end;
  }
  if (!whole || !isText) problems.push('The table of the texts of tokens is wrong.');
  return texts;
}
