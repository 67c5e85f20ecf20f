import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { Channel, TokenDetail, TokenOrigin } from '../protocol/generation.ts';
import type { ChoiceDetail } from './sampling/tokenDetail.ts';

interface Place {
  readonly channel: Channel;
  readonly origin: TokenOrigin;
  readonly elapsedMs: number;
}

/** A token with what there was to choose from, as texts for people. */
export function describeChoice(
  tokenizer: Tokenizer,
  token: number,
  { logProbability, entropy, alternatives }: ChoiceDetail,
  place: Place,
): TokenDetail {
  return {
    token,
    text: textOf(tokenizer, token),
    channel: place.channel,
    origin: place.origin,
    logProbability,
    entropy,
    alternatives: alternatives.map((choice) => ({ ...choice, text: textOf(tokenizer, choice.token) })),
    elapsedMs: place.elapsedMs,
  };
}

/** A token that the model was given without being asked for one. */
export function describeGiven(tokenizer: Tokenizer, token: number, channel: Channel): TokenDetail {
  return {
    token,
    text: textOf(tokenizer, token),
    channel,
    origin: 'forced',
    logProbability: null,
    entropy: null,
    alternatives: [],
    elapsedMs: 0,
  };
}

/** What a token writes; the name of one that writes nothing, such as `<|im_end|>`. */
function textOf(tokenizer: Tokenizer, token: number): string {
  // A vocabulary padded to a round size has logits for tokens that do not exist.
  if (token >= tokenizer.vocabularySize) return '';
  return tokenizer.isControl(token) ? tokenizer.tokenText(token) : tokenizer.decode([token]);
}
