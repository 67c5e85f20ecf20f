import { GlassboxError } from '../../protocol/errors.ts';
import type { ChatMessage, ReasoningMode } from '../../protocol/generation.ts';
import { MarkerSplit } from '../tokenizer/markerSplit.ts';
import { THINK_CLOSE, THINK_OPEN } from '../tokenizer/tokenRoles.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { ContentGuard } from './contentGuard.ts';
import { CHATML_TEMPLATE, PLAIN_TEMPLATE } from './fallbackTemplates.ts';
import { renderTemplate } from './renderTemplate.ts';
import { templateLimits } from './templateLimits.ts';
import { openThought } from './thoughtOpening.ts';

export interface RenderOptions {
  /** True for a prompt that the model continues; false for history that ends with an answer. */
  readonly addGenerationPrompt: boolean;
  readonly reasoning: ReasoningMode;
  /** For templates that write the date. The same day gives the same text. */
  readonly now: Date;
}

export interface RenderedPrompt {
  /** What the model reads, for people. Which parts are markers is only in `tokens`. */
  readonly text: string;
  /** Ids, with BOS where the model wants it. */
  readonly tokens: readonly number[];
  /** The reply begins inside a thought, so its first tag will be `</think>`. */
  readonly opensThought: boolean;
  /** Glassbox opened the thought; the template had not. */
  readonly forcedThought: boolean;
  /** The template takes no system message; it was put in front of the first user message. */
  readonly systemMerged: boolean;
}

/** Where the template came from: the model file, or a fallback because the file has none. */
export type TemplateOrigin = 'file' | 'chatml' | 'plain';

/** Turns messages into the tokens of a prompt, the way the model was trained on conversations. */
export class ChatTemplate {
  readonly origin: TemplateOrigin;
  /** Whether template or vocabulary know `<think>`: the model thinks by itself. */
  readonly thinks: boolean;
  /** Texts with which a reply is over although no token says so; only a model without a template needs them. */
  readonly stopTexts: readonly string[];

  private readonly source: string;
  private readonly markers: MarkerSplit;
  private readonly markerTexts: readonly string[];

  /** @param fileTemplate `tokenizer.chat_template` of the model file; absent or empty means a fallback */
  constructor(
    fileTemplate: string | undefined,
    private readonly tokenizer: Tokenizer,
  ) {
    const known = new Set(tokenizer.markers);
    if (fileTemplate !== undefined && fileTemplate.trim() !== '') {
      this.origin = 'file';
      this.source = fileTemplate;
    } else if (known.has('<|im_start|>') && known.has('<|im_end|>')) {
      this.origin = 'chatml';
      this.source = CHATML_TEMPLATE;
    } else {
      this.origin = 'plain';
      this.source = PLAIN_TEMPLATE;
    }
    this.stopTexts = this.origin === 'plain' ? ['\nUser:'] : [];
    this.thinks = tokenizer.thinkCloseTokenId !== undefined || this.source.includes(THINK_CLOSE);
    // A marker of one character cannot be told from text, so a template does not write any.
    const usable = tokenizer.markers.filter((marker) => [...marker].length > 1);
    this.markers = new MarkerSplit(
      new Map(usable.map((marker) => [marker, tokenizer.tokenId(marker) ?? -1])),
    );
    // The tags count even where the vocabulary has no token for them: templates and the reasoning stream read them.
    this.markerTexts = [...new Set([...usable, THINK_OPEN, THINK_CLOSE])];
  }

  /**
   * The prompt of a conversation. Contents are ordinary text whatever they say: see ContentGuard.
   * @throws GlassboxError `template/failed` when the template refuses the conversation, `template/limit` when it
   *   was stopped
   */
  async render(messages: readonly ChatMessage[], options: RenderOptions): Promise<RenderedPrompt> {
    const guard = new ContentGuard(this.markerTexts, [
      this.source,
      ...messages.map(({ content }) => content),
    ]);
    const contents = messages.map(({ role, content }) => ({ role, content: guard.protect(content) }));
    const { text, systemMerged } = this.renderWithSystem(contents, options);
    const opening = options.addGenerationPrompt
      ? openThought(text, options.reasoning, this.thinks)
      : { text, opensThought: false, forced: false };
    return {
      text: guard.release(opening.text),
      tokens: await this.tokens(opening.text, guard),
      opensThought: opening.opensThought,
      forcedThought: opening.forced,
      systemMerged,
    };
  }

  private renderWithSystem(
    messages: readonly ChatMessage[],
    options: RenderOptions,
  ): { readonly text: string; readonly systemMerged: boolean } {
    const system = messages.filter(({ role }) => role === 'system');
    if (system.length === 0) return { text: this.renderOnce(messages, options), systemMerged: false };
    let refusal: GlassboxError | undefined;
    try {
      const text = this.renderOnce(messages, options);
      // Some templates leave the system message out without a word.
      if (system.every(({ content }) => text.includes(content.trim()))) return { text, systemMerged: false };
    } catch (error) {
      refusal = GlassboxError.from(error);
      if (refusal.code !== 'template/failed') throw refusal;
    }
    const merged = mergeSystem(messages);
    if (merged === undefined) throw refusal ?? noPlaceForSystem();
    return { text: this.renderOnce(merged, options), systemMerged: true };
  }

  private renderOnce(messages: readonly ChatMessage[], options: RenderOptions): string {
    const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
    const { bosTokenId, eosTokenId } = this.tokenizer;
    const thinking = options.reasoning === 'auto' ? undefined : options.reasoning === 'force';
    return renderTemplate(
      this.source,
      {
        messages,
        add_generation_prompt: options.addGenerationPrompt,
        bos_token: bosTokenId === undefined ? '' : this.tokenizer.tokenText(bosTokenId),
        eos_token: eosTokenId === undefined ? '' : this.tokenizer.tokenText(eosTokenId),
        // The names by which Qwen3 and DeepSeek V3.1 take the choice; templates test whether they are defined.
        ...(thinking === undefined ? {} : { enable_thinking: thinking, thinking }),
      },
      templateLimits(characters),
      options.now,
    );
  }

  private async tokens(text: string, guard: ContentGuard): Promise<number[]> {
    const fragments = this.markers.split(text);
    const texts = fragments.flatMap((fragment) => ('text' in fragment ? [guard.release(fragment.text)] : []));
    const encoded = await this.tokenizer.encodeAll(texts, { special: false });
    const { bosTokenId, addsBos } = this.tokenizer;
    const ids: number[] = [];
    let at = 0;
    for (const fragment of fragments) {
      if ('token' in fragment) ids.push(fragment.token);
      else for (const id of encoded[at++] ?? []) ids.push(id);
    }
    return addsBos && bosTokenId !== undefined && ids[0] !== bosTokenId ? [bosTokenId, ...ids] : ids;
  }
}

/** System messages in front of the first user message; undefined when there is none to carry them. */
function mergeSystem(messages: readonly ChatMessage[]): ChatMessage[] | undefined {
  const system = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  const others = messages.filter(({ role }) => role !== 'system');
  const first = others.findIndex(({ role }) => role === 'user');
  const carrier = others[first];
  if (carrier === undefined) return undefined;
  return others.with(first, { role: 'user', content: [...system, carrier.content].join('\n\n') });
}

function noPlaceForSystem(): GlassboxError {
  return new GlassboxError(
    'template/failed',
    "The model's chat template takes no system message, and there is no question to put it into. Ask a question.",
  );
}
