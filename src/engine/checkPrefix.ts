import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import { GlassboxError } from '../protocol/errors.ts';
import type { ReplyPrefix } from '../protocol/generation.ts';

/** @throws GlassboxError `request/invalid` for tokens that this model cannot have written */
export function checkPrefix(
  { tokens }: ReplyPrefix,
  tokenizer: Pick<Tokenizer, 'vocabularySize' | 'isEndOfGeneration'>,
): void {
  tokens.forEach((token, index) => {
    if (token >= tokenizer.vocabularySize) {
      throw new GlassboxError(
        'request/invalid',
        `The reply cannot go on from token ${token}: this model has ${tokenizer.vocabularySize} tokens. ` +
          'Choose the model that wrote the reply.',
      );
    }
    if (index < tokens.length - 1 && tokenizer.isEndOfGeneration(token)) {
      throw new GlassboxError(
        'request/invalid',
        `Token ${token} ends a reply, so nothing can go on behind it.`,
      );
    }
  });
}
