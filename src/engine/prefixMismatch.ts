import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { EvictionReason, PrefixMismatch, TokenText } from '../protocol/records.ts';
import { commonPrefixLength } from './kvCache.ts';
import { tokenTexts } from './tokenTexts.ts';

/** Tokens of context around the first that differs: a line or two. */
const BEFORE = 32;
const AFTER = 12;

/** Where `prompt` parts from what is cached, as text for people. Undefined when it goes on from all of it. */
export function prefixMismatch(
  cached: readonly number[],
  prompt: readonly number[],
  { tokenizer, reason }: { readonly tokenizer: Tokenizer; readonly reason: EvictionReason },
): PrefixMismatch | undefined {
  const position = commonPrefixLength(cached, prompt);
  if (position === cached.length) return undefined;
  const textOf = (tokens: readonly number[]): string => tokenTexts(tokenizer, tokens).join('');
  const at = (tokens: readonly number[]): TokenText | null => {
    const token = tokens[position];
    return token === undefined ? null : { token, text: textOf([token]) };
  };
  return {
    position,
    reason,
    cached: at(cached) ?? { token: 0, text: '' },
    prompt: at(prompt),
    before: textOf(cached.slice(Math.max(0, position - BEFORE), position)),
    cachedAfter: textOf(cached.slice(position + 1, position + 1 + AFTER)),
    promptAfter: textOf(prompt.slice(position + 1, position + 1 + AFTER)),
  };
}
