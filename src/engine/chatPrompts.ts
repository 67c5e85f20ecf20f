import type { ModelFile } from '../models/modelFile.ts';
import { ChatTemplate } from '../models/template/chatTemplate.ts';
import type { Tokenizer } from '../models/tokenizer/tokenizer.ts';
import type { ChatMessage, ReasoningMode } from '../protocol/generation.ts';
import { closingText } from '../reasoning/thinkingBudget.ts';
import { commonPrefixLength } from './kvCache.ts';

export interface ChatPrompt {
  readonly tokens: readonly number[];
  /** The reply begins inside the thought. */
  readonly thoughtOpen: boolean;
  /** Glassbox opened it, not the template. */
  readonly thoughtForced: boolean;
}

/** Two questions with nothing in common, to learn what comes before a question. */
const ANY_QUESTIONS = ['a', '1'] as const;

/** The prompts of one model: conversations as the tokens it was trained on. */
export class ChatPrompts {
  readonly #template: ChatTemplate;
  readonly #tokenizer: Tokenizer;
  readonly #today: () => Date;
  #closingTokens: Promise<readonly number[]> | undefined;

  /** @param today what a template that writes the date gets to see */
  constructor(file: Pick<ModelFile, 'chatTemplate'>, tokenizer: Tokenizer, today: () => Date) {
    this.#template = new ChatTemplate(file.chatTemplate, tokenizer);
    this.#tokenizer = tokenizer;
    this.#today = today;
  }

  /** Texts with which a reply is over although no token says so. */
  get stopTexts(): readonly string[] {
    return this.#template.stopTexts;
  }

  /** @throws GlassboxError `template/*` */
  async prompt(messages: readonly ChatMessage[], mode: ReasoningMode): Promise<ChatPrompt> {
    const rendered = await this.#template.render(messages, {
      addGenerationPrompt: true,
      reasoning: mode,
      now: this.#today(),
    });
    return {
      tokens: rendered.tokens,
      thoughtOpen: rendered.opensThought,
      thoughtForced: rendered.forcedThought,
    };
  }

  /**
   * The tokens with which the prompt of the next question will begin, whatever that question is. Some templates
   * write a last answer otherwise than an earlier one, so this renders two different next questions and keeps
   * what both begin with.
   * @param messages up to and including the last answer
   * @throws GlassboxError `template/*`
   */
  async history(messages: readonly ChatMessage[], mode: ReasoningMode): Promise<readonly number[]> {
    const options = { addGenerationPrompt: false, reasoning: mode, now: this.#today() };
    const [one, other] = await Promise.all(
      ANY_QUESTIONS.map((content) =>
        this.#template.render([...messages, { role: 'user', content }], options),
      ),
    );
    const tokens = one?.tokens ?? [];
    return tokens.slice(0, commonPrefixLength(tokens, other?.tokens ?? []));
  }

  /** What the model is given to read when its thought is closed for it. */
  closingTokens(): Promise<readonly number[]> {
    this.#closingTokens ??= this.#tokenizer.encode(closingText(), { special: true });
    return this.#closingTokens;
  }
}
