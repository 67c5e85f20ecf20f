import { StreamingDetokenizer } from '../models/tokenizer/streamingDetokenizer.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';

/**
 * What each token writes; the name of one that writes nothing, such as `<|im_end|>`. Joined it is the whole text: a
 * character that several tokens make stands with the last of them.
 */
export function tokenTexts(tokenizer: Tokenizer, tokens: readonly number[]): string[] {
  const detokenizer = new StreamingDetokenizer(tokenizer);
  const texts = tokens.map((token) => {
    if (token >= tokenizer.vocabularySize) return '';
    const text = detokenizer.push(token);
    const isSilent = tokenizer.isControl(token) && tokenizer.visibleBytes(token).length === 0;
    return isSilent ? detokenizer.flush() + tokenizer.tokenText(token) : text;
  });
  const rest = detokenizer.flush();
  if (rest !== '' && texts.length > 0) texts[texts.length - 1] += rest;
  return texts;
}
