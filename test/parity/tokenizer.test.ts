import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getLlama, type Llama, type LlamaModel, LlamaLogLevel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModel } from '../../src/models/openModel.ts';
import { ChatTemplate } from '../../src/models/template/chatTemplate.ts';
import { createTokenizer } from '../../src/models/tokenizer/createTokenizer.ts';
import { SUPPORTED_PRE_TOKENIZERS } from '../../src/models/tokenizer/preTokenizers.ts';
import type { Tokenizer } from '../../src/models/tokenizer/tokenizer.ts';
import type { TokenizerSource } from '../../src/models/tokenizer/tokenizerSource.ts';
import { smolLM2Path } from '../support/assets.ts';
import { VocabularyBuilder } from '../support/byteLevelVocabulary.ts';
import {
  bool,
  float32,
  type GgufMetadataEntries,
  int32s,
  string,
  strings,
  uint32,
  writeGguf,
} from '../support/ggufWriter.ts';
import { Random } from '../support/random.ts';
import { tokenizerStrings } from '../support/tokenizerStrings.ts';

const texts = tokenizerStrings();
let llama: Llama;
let folder: string;

beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
  folder = await mkdtemp(path.join(tmpdir(), 'glassbox-tokenizer-'));
});
afterAll(async () => {
  await llama.dispose();
  await rm(folder, { recursive: true, force: true });
});

/** A model file without weights: llama.cpp loads its vocabulary alone. */
async function writeVocabulary(name: string, source: TokenizerSource): Promise<string> {
  const metadata: GgufMetadataEntries = {
    'general.architecture': string('llama'),
    'llama.context_length': uint32(64),
    'llama.embedding_length': uint32(64),
    'llama.block_count': uint32(1),
    'llama.feed_forward_length': uint32(64),
    'llama.attention.head_count': uint32(1),
    'llama.attention.layer_norm_rms_epsilon': float32(1e-5),
    'tokenizer.ggml.model': string('gpt2'),
    'tokenizer.ggml.pre': string(source.pre ?? 'default'),
    'tokenizer.ggml.tokens': strings(source.tokens),
    'tokenizer.ggml.token_type': int32s(Array.from(source.tokenTypes ?? [])),
    'tokenizer.ggml.merges': strings(source.merges),
    'tokenizer.ggml.bos_token_id': uint32(source.bosTokenId ?? 0),
    'tokenizer.ggml.eos_token_id': uint32(source.eosTokenId ?? 0),
    'tokenizer.ggml.add_bos_token': bool(false),
  };
  const file = path.join(folder, `${name}.gguf`);
  await writeGguf(file, { metadata, tensors: [] });
  return file;
}

/**
 * A vocabulary in which any two neighbouring bytes of a piece merge, in an order drawn by lot, and digits merge in
 * threes: wherever two tokenizers cut a text differently, their tokens differ.
 */
function pairVocabulary(): Pick<
  TokenizerSource,
  'tokens' | 'tokenTypes' | 'merges' | 'bosTokenId' | 'eosTokenId'
> {
  const builder = new VocabularyBuilder();
  const alphabet = builder.build().tokens;
  const pairs = alphabet.flatMap((left) => alphabet.map((right) => [left, right] as const));
  const random = new Random(7);
  for (let i = pairs.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [pairs[i], pairs[j]] = [pairs[j] ?? ['', ''], pairs[i] ?? ['', '']];
  }
  for (const [left, right] of pairs) builder.merge(left, right);
  for (let number = 0; number < 1000; number++) builder.word(String(number).padStart(3, '0'));
  const bosTokenId = builder.control('<|endoftext|>');
  for (const name of ['<|im_start|>', '<|im_end|>', '<s>']) builder.control(name);
  return { ...builder.build(), bosTokenId, eosTokenId: bosTokenId };
}

/** Compares ids over all texts, and names the first text that differs. */
async function expectSameTokens(ours: Tokenizer, theirs: LlamaModel, special: boolean): Promise<void> {
  const encoded = await ours.encodeAll(texts, { special });
  for (const [index, text] of texts.entries()) {
    expect(encoded[index], JSON.stringify(text)).toEqual([...theirs.tokenize(text, special)]);
  }
}

async function expectSameVocabulary(name: string, source: TokenizerSource): Promise<void> {
  const model = await llama.loadModel({ modelPath: await writeVocabulary(name, source), vocabOnly: true });
  try {
    const ours = createTokenizer(source);
    await expectSameTokens(ours, model, true);
    await expectSameTokens(ours, model, false);
  } finally {
    // llama.cpp would wait for it for ever when it is disposed itself.
    await model.dispose();
  }
}

describe('token ids are those of llama.cpp', () => {
  it('over at least 500 different texts', () => {
    expect(new Set(texts).size).toBeGreaterThanOrEqual(500);
  });

  describe('on SmolLM2', () => {
    let source: TokenizerSource;
    let chatTemplate: string | undefined;
    let ours: Tokenizer;
    let theirs: LlamaModel;

    beforeAll(async () => {
      const file = await smolLM2Path();
      const model = await openModel(file);
      source = model.readTokenizer();
      chatTemplate = model.chatTemplate;
      await model.close();
      ours = createTokenizer(source);
      theirs = await llama.loadModel({ modelPath: file, vocabOnly: true });
    });
    afterAll(() => theirs.dispose());

    it('with special tokens as tokens', () => expectSameTokens(ours, theirs, true));
    it('with special tokens as text', () => expectSameTokens(ours, theirs, false));

    it('for every token: its text, whether it is special and whether it ends a reply', () => {
      for (const token of theirs.iterateAllTokens()) {
        const text = theirs.detokenize([token], true);
        if (!text.includes('\uFFFD')) {
          const bytes = ours.tokenBytes(token);
          expect(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), `token ${String(token)}`).toBe(
            text,
          );
        }
        expect(ours.isControl(token), text).toBe(theirs.isSpecialToken(token));
        expect(ours.isEndOfGeneration(token), text).toBe(theirs.isEogToken(token));
      }
    });

    it('for a conversation rendered by its template', async () => {
      const rendered = await new ChatTemplate(chatTemplate, ours).render(
        [
          { role: 'system', content: 'You read code.' },
          { role: 'user', content: 'What does `a ?? b` do?\n\n```ts\nconst x = a ?? b;\n```' },
          { role: 'assistant', content: 'It gives `b` when `a` is null.' },
          { role: 'user', content: 'And 12345?' },
        ],
        { addGenerationPrompt: true, reasoning: 'force', now: new Date(0) },
      );
      expect(rendered.tokens).toEqual([...theirs.tokenize(rendered.text, true)]);
    });

    it.each(SUPPORTED_PRE_TOKENIZERS)('with its vocabulary and the pre-tokenizer %s', async (pre) => {
      const variant = { ...source, pre };
      const model = await llama.loadModel({
        modelPath: await writeVocabulary(pre, variant),
        vocabOnly: true,
      });
      await expectSameTokens(createTokenizer(variant), model, true);
      await expectSameTokens(createTokenizer(variant), model, false);
      await model.dispose();
    });
  });

  describe('on a vocabulary that shows every cut', () => {
    const vocabulary = pairVocabulary();

    it.each(SUPPORTED_PRE_TOKENIZERS)('with the pre-tokenizer %s', async (pre) => {
      const source: TokenizerSource = { model: 'gpt2', pre, ...vocabulary };
      await expectSameVocabulary(`pairs-${pre}`, source);
    });
  });
});
