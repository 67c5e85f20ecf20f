import { GlassboxError } from '../../protocol/errors.ts';
import { BytePairTokenizer } from './bytePairTokenizer.ts';
import { preTokenizerNamed, SUPPORTED_PRE_TOKENIZERS } from './preTokenizers.ts';
import { tokenRoles } from './tokenRoles.ts';
import type { Tokenizer } from './tokenizer.ts';
import type { TokenizerSource } from './tokenizerSource.ts';

/**
 * A tokenizer from what the model file says about it. Normalization of Unicode is left out, as in llama.cpp:
 * code and names reach the model exactly as they are written.
 * @throws GlassboxError `tokenizer/unsupported` by name, `model/corrupt` for a vocabulary that contradicts itself
 */
export function createTokenizer(source: TokenizerSource): Tokenizer {
  if (source.model !== 'gpt2') {
    throw new GlassboxError(
      'tokenizer/unsupported',
      `Glassbox cannot tokenize for this model: its tokenizer model is "${source.model}". Supported: "gpt2" (byte-level BPE).`,
    );
  }
  const pre = source.pre ?? 'default';
  const preTokenizer = preTokenizerNamed(pre);
  if (preTokenizer === undefined) {
    throw new GlassboxError(
      'tokenizer/unsupported',
      `Glassbox cannot tokenize for this model: its pre-tokenizer is "${pre}". Supported: ${SUPPORTED_PRE_TOKENIZERS.join(', ')}.`,
    );
  }
  if (source.tokens.length === 0) {
    throw new GlassboxError(
      'model/corrupt',
      'The model file is damaged: tokenizer.ggml.tokens is empty. Download the model again.',
    );
  }
  if (source.tokenTypes !== undefined && source.tokenTypes.length < source.tokens.length) {
    throw new GlassboxError(
      'model/corrupt',
      `The model file is damaged: tokenizer.ggml.token_type has ${String(source.tokenTypes.length)} entries for ${String(source.tokens.length)} tokens. Download the model again.`,
    );
  }
  return new BytePairTokenizer(source, preTokenizer, tokenRoles(source));
}
