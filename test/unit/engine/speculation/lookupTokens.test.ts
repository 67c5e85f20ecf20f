import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lookupTokens } from '../../../../src/engine/speculation/lookupTokens.ts';
import { TextLookup } from '../../../../src/engine/speculation/textLookup.ts';
import { NO_TOKEN } from '../../../../src/models/ngrams/noToken.ts';
import { openModel } from '../../../../src/models/openModel.ts';
import { createTokenizer } from '../../../../src/models/tokenizer/createTokenizer.ts';
import type { Tokenizer } from '../../../../src/models/tokenizer/tokenizer.ts';
import { copiedAhead } from './copiedAhead.ts';

let tokenizer: Tokenizer;

beforeAll(async () => {
  const file = await openModel(path.resolve('media/model/glassbox-nano.gguf'));
  tokenizer = createTokenizer(file.readTokenizer());
  await file.close();
});

const CODE = 'let a = 1;\nreturn a;';

/** What of the text is looked up, as it is read. */
async function block(text: string, question: string): Promise<string> {
  const tokens = await lookupTokens(
    { text },
    await tokenizer.encode(question, { special: false }),
    tokenizer,
  );
  return tokenizer.decode(tokens.slice(0, tokens.indexOf(NO_TOKEN)));
}

describe('the block in which a reply is expected to repeat a text', () => {
  it('opens as the question opens its block with the text', async () => {
    const question = `Use const.\n\n\`\`\`typescript\n${CODE}\n\`\`\`\n`;
    expect(await block(CODE, question)).toBe(`\`\`\`typescript\n${CODE}\n\`\`\``);
  });

  it('closes behind the last line of whole lines, not behind an empty one', async () => {
    const question = `Use const.\n\n\`\`\`typescript\n${CODE}\n\`\`\`\n`;
    for (const text of [`${CODE}\n`, `${CODE}\r\n`]) {
      expect(await block(text, question)).toBe(`\`\`\`typescript\n${CODE}\n\`\`\``);
    }
  });

  it('has as many marks as the question needs around a text with marks of its own', async () => {
    const text = 'Text\n```\ncode\n```\nend';
    expect(await block(text, `\`\`\`\`md\n${text}\n\`\`\`\`\n`)).toBe(`\`\`\`\`md\n${text}\n\`\`\`\``);
  });

  it('is a plain one where the question has the text in none, not at all, or has another', async () => {
    const plain = `\`\`\`\n${CODE}\n\`\`\``;
    expect(await block(CODE, `Use const:\n${CODE}\n`)).toBe(plain);
    expect(await block(CODE, 'Use const.')).toBe(plain);
    expect(await block(CODE, '```js\nlet b;\n```\n')).toBe(plain);
    expect(await block('', '```js\n\n```\n')).toBe('```\n\n```');
  });
});

describe('the answer that is expected behind a thought', () => {
  it('begins with the block, and is what a lookup says once the thought has ended', async () => {
    const question = `Use const.\n\n\`\`\`typescript\n${CODE}\n\`\`\`\n`;
    const prompt = await tokenizer.encode(question, { special: false });
    const lookup = new TextLookup(await lookupTokens({ text: CODE }, prompt, tokenizer));
    for (const token of await tokenizer.encode('a becomes b\n</think>', { special: true }))
      lookup.accept(token);
    const expected = tokenizer.decode(copiedAhead(lookup, 9).map(({ token }) => token));
    expect(expected).toMatch(/^\n\n```typescript\nlet a/u);
  });

  it('is not expected behind an empty line of a thought or of code', async () => {
    const prompt = await tokenizer.encode('Use const.', { special: false });
    const lookup = new TextLookup(await lookupTokens({ text: 'let a;\n\nlet b;' }, prompt, tokenizer));
    for (const token of await tokenizer.encode('let x;\n\n', { special: false })) lookup.accept(token);
    expect(tokenizer.decode(copiedAhead(lookup, 3).map(({ token }) => token))).toBe('let b');
  });

  it('is none where nothing but the question is looked up', async () => {
    const prompt = await tokenizer.encode('Use const.', { special: false });
    expect(await lookupTokens('prompt', prompt, tokenizer)).toEqual([NO_TOKEN, ...prompt]);
  });
});
