import { GlassboxError } from '../../protocol/errors.ts';
import type { TokenizerSource } from './tokenizerSource.ts';
import { TOKEN_TYPE } from './tokenizerSource.ts';

export const THINK_OPEN = '<think>';
export const THINK_CLOSE = '</think>';

/**
 * Names by which families end a turn or a text. Files often give one `eos_token_id` although a chat model ends
 * its turns with another token, and some do not even mark that token as control.
 */
const END_NAMES: ReadonlySet<string> = new Set([
  '<|im_end|>',
  '<|endoftext|>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<end_of_turn>',
  '<EOT>',
  '</s>',
  '<｜end▁of▁sentence｜>',
  // Code models: another file or repository would begin, or the gap is filled.
  '<|fim_pad|>',
  '<fim_pad>',
  '<|fim_repo|>',
  '<|repo_name|>',
  '<reponame>',
  '<|file_sep|>',
]);

/** What each token of a vocabulary is for, apart from its text. */
export interface TokenRoles {
  /** Tokens that are structure, never text. */
  readonly control: ReadonlySet<number>;
  readonly endOfGeneration: ReadonlySet<number>;
  /** Text to id, of all tokens that must never come out of somebody else's text: control tokens and markup. */
  readonly markers: ReadonlyMap<string, number>;
  /** Text to id, of user-defined tokens that are plain text (rare letters, runs of spaces). */
  readonly plain: ReadonlyMap<string, number>;
}

/** Sorts a vocabulary's tokens by role. @throws GlassboxError `model/corrupt` for an id outside the vocabulary */
export function tokenRoles(source: TokenizerSource): TokenRoles {
  const { tokens, tokenTypes } = source;
  const control = new Set<number>();
  const endOfGeneration = new Set<number>();
  const markers = new Map<string, number>();
  const plain = new Map<string, number>();

  for (let id = 0; id < tokens.length; id++) {
    const type = tokenTypes?.[id] ?? TOKEN_TYPE.normal;
    const text = tokens[id] ?? '';
    const ends = END_NAMES.has(text);
    if (type === TOKEN_TYPE.normal && !ends) continue;
    if (ends) endOfGeneration.add(id);
    if (ends || type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown) {
      control.add(id);
      if (text !== '') markers.set(text, id);
    } else if (type === TOKEN_TYPE.userDefined && text !== '') {
      (isMarkup(text) ? markers : plain).set(text, id);
    }
  }
  for (const [key, id] of [
    ['eos_token_id', source.eosTokenId],
    ['eot_token_id', source.eotTokenId],
    ['eom_token_id', source.eomTokenId],
    ['bos_token_id', source.bosTokenId],
  ] as const) {
    if (id === undefined) continue;
    const text = tokens[id];
    if (text === undefined) {
      throw new GlassboxError(
        'model/corrupt',
        `The model file is damaged: tokenizer.ggml.${key} is ${String(id)}, but its vocabulary has ${String(tokens.length)} tokens. Download the model again.`,
      );
    }
    if (key !== 'bos_token_id') endOfGeneration.add(id);
  }
  return { control, endOfGeneration, markers, plain };
}

/** User-defined tokens are either markup (`<think>`, `<｜User｜>`, `[TOOL]`) or text such as a run of spaces. */
function isMarkup(text: string): boolean {
  return /^(<.+>|\[.+\])$/su.test(text);
}
