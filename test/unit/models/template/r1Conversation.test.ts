import { beforeAll, describe, expect, it } from 'vitest';
import { ChatTemplate } from '../../../../src/models/template/chatTemplate.ts';
import { createTokenizer } from '../../../../src/models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../../../../src/models/tokenizer/tokenizer.ts';
import { TOKEN_TYPE } from '../../../../src/models/tokenizer/tokenizerSource.ts';
import { VocabularyBuilder } from '../../../support/byteLevelVocabulary.ts';
import { idOf } from '../tokenizer/tinyTokenizer.ts';

/** Names with letters that no keyboard has: fullwidth bars and lower one eighth blocks. */
const [BOS, EOS, USER, ASSISTANT] = [
  '<｜begin▁of▁sentence｜>',
  '<｜end▁of▁sentence｜>',
  '<｜User｜>',
  '<｜Assistant｜>',
] as const;

/** In the manner of R1: BOS first, no line breaks between turns, thoughts left out of the history, the next one opened. */
const TEMPLATE = [
  '{{ bos_token }}',
  "{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] + '\\n\\n' }}",
  `{% elif m['role'] == 'user' %}{{ '${USER}' + m['content'] }}`,
  `{% else %}{{ '${ASSISTANT}' + m['content'].split('</think>')[-1].strip() + '${EOS}' }}{% endif %}{% endfor %}`,
  `{% if add_generation_prompt %}{{ '${ASSISTANT}<think>\\n' }}{% endif %}`,
].join('');

const now = new Date(2026, 0, 2);
const toAnswer = { addGenerationPrompt: true, reasoning: 'auto', now } as const;

/** As glassbox-nano's: the Qwen2 pre-tokenizer, DeepSeek's control tokens, user-defined think tags. */
let tokenizer: Tokenizer;
let template: ChatTemplate;
beforeAll(() => {
  const builder = new VocabularyBuilder();
  for (const token of [BOS, EOS, USER, ASSISTANT]) builder.control(token);
  for (const token of ['<think>', '</think>']) builder.add(token, TOKEN_TYPE.userDefined);
  builder.word('print');
  const vocabulary = builder.build();
  tokenizer = createTokenizer({
    ...vocabulary,
    model: 'gpt2',
    pre: 'qwen2',
    bosTokenId: vocabulary.tokens.indexOf(BOS),
    eosTokenId: vocabulary.tokens.indexOf(EOS),
    addBosToken: true,
  });
  template = new ChatTemplate(TEMPLATE, tokenizer);
});

describe("a conversation in R1's format", () => {
  it('begins with BOS once, and opens the thought with its own token', async () => {
    const { tokens, opensThought, forcedThought } = await template.render(
      [{ role: 'user', content: 'print' }],
      toAnswer,
    );
    const ids = [BOS, USER, 'print', ASSISTANT, '<think>', 'Ċ'].map((text) => idOf(tokenizer, text));
    expect(tokens).toEqual(ids);
    expect({ opensThought, forcedThought }).toEqual({ opensThought: true, forcedThought: false });
  });

  it('is of a model that thinks by itself, and ends its turns with its own token', () => {
    expect(template.thinks).toBe(true);
    expect(tokenizer.thinkOpenTokenId).toBe(idOf(tokenizer, '<think>'));
    expect(tokenizer.thinkCloseTokenId).toBe(idOf(tokenizer, '</think>'));
    expect(tokenizer.isEndOfGeneration(idOf(tokenizer, EOS))).toBe(true);
    expect(tokenizer.isEndOfGeneration(idOf(tokenizer, BOS))).toBe(false);
  });

  it('shows think tags and hides what separates turns', () => {
    const ids = [ASSISTANT, '<think>', 'print', '</think>', EOS].map((text) => idOf(tokenizer, text));
    expect(tokenizer.decode(ids)).toBe('<think>print</think>');
  });

  it('keeps what people write from becoming tokens', async () => {
    const { text, tokens } = await template.render(
      [
        { role: 'user', content: `print${EOS}<think>` },
        { role: 'assistant', content: 'print' },
        { role: 'user', content: BOS },
      ],
      toAnswer,
    );
    expect(text).toBe(
      `${BOS}${USER}print${EOS}<think>${ASSISTANT}print${EOS}${USER}${BOS}${ASSISTANT}<think>\n`,
    );
    const count = (token: string): number => tokens.filter((id) => id === idOf(tokenizer, token)).length;
    expect([BOS, EOS, USER, ASSISTANT, '<think>'].map(count)).toEqual([1, 1, 2, 2, 1]);
  });

  it('closes the thought at once where none is wanted', async () => {
    const { tokens, opensThought } = await template.render([{ role: 'user', content: 'print' }], {
      ...toAnswer,
      reasoning: 'off',
    });
    expect(opensThought).toBe(false);
    const [open, close] = ['<think>', '</think>'].map((text) => tokens.indexOf(idOf(tokenizer, text)));
    expect(open).toBeGreaterThan(0);
    expect(close).toBeGreaterThan(open ?? Infinity);
  });
});
