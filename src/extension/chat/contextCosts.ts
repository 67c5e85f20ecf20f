import type { EngineHost } from '../../engineClient/engineHost.ts';
import type { ContextChip } from '../../protocol/chat.ts';
import type { Conversation } from '../../protocol/conversation.ts';
import { GlassboxError } from '../../protocol/errors.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { ContextOffer, ContextSource } from './contextSource.ts';
import { currentPath } from './conversationTree.ts';
import { promptMessages } from './prompt.ts';

export interface ContextCostsOptions {
  readonly engine: EngineHost;
  readonly model: ModelSession;
  readonly context: ContextSource;
  readonly onChange: () => void;
  readonly log: (message: string) => void;
}

const keptCounts = 200;

/**
 * What the shown conversation and the offered context cost in tokens, counted by the engine's own tokenizer. Nothing
 * is estimated: what is not counted yet has no number.
 */
export class ContextCosts {
  readonly #options: ContextCostsOptions;
  /** By model, offer and version of its content. */
  readonly #counts = new Map<string, number>();
  #conversationTokens = 0;
  /** Counts of the conversation that were asked for; only the last one may still be told. */
  #asked = 0;

  constructor(options: ContextCostsOptions) {
    this.#options = options;
  }

  /** Tokens of the conversation and of what is attached to the next question. */
  get total(): number {
    return this.chips().reduce(
      (sum, { attached, tokens }) => sum + (attached ? (tokens ?? 0) : 0),
      this.#conversationTokens,
    );
  }

  chips(): readonly ContextChip[] {
    return this.#options.context.offers.map((offer) => {
      const tokens = this.of(offer);
      const { id, kind, label, attached } = offer;
      return { id, kind, label, attached, ...(tokens === undefined ? {} : { tokens }) };
    });
  }

  /** Undefined while it is not counted. */
  of(offer: ContextOffer): number | undefined {
    const modelId = this.#options.model.loaded?.modelId;
    return modelId === undefined ? undefined : this.#counts.get(keyOf(offer, modelId));
  }

  /** The engine has measured the conversation while it answered. */
  measured(conversationTokens: number): void {
    this.#asked += 1;
    this.#conversationTokens = conversationTokens;
  }

  /** Counts the offers that are not counted yet. */
  async countOffers(): Promise<void> {
    const { model, engine, context, onChange, log } = this.#options;
    const modelId = model.loaded?.modelId;
    const missing = context.offers.filter((offer) => this.of(offer) === undefined);
    if (modelId === undefined || missing.length === 0) return;
    try {
      const texts = await Promise.all(missing.map((offer) => offer.content()));
      const { texts: counts } = await engine.count({ texts });
      missing.forEach((offer, index) => {
        const count = counts[index];
        if (count !== undefined) this.#counts.set(keyOf(offer, modelId), count);
      });
    } catch (thrown) {
      // The chips then have no number, which is how an unknown cost is shown.
      log(`Counting the tokens of the context failed: ${GlassboxError.from(thrown).message}`);
      return;
    }
    for (const key of this.#counts.keys()) {
      if (this.#counts.size <= keptCounts) break;
      this.#counts.delete(key);
    }
    onChange();
  }

  /** Counts a conversation that the engine has not answered in, as its template renders it. */
  async countConversation(conversation: Conversation): Promise<void> {
    const { model, engine, onChange, log } = this.#options;
    this.#asked += 1;
    const asked = this.#asked;
    this.#conversationTokens = 0;
    const messages = promptMessages(currentPath(conversation), conversation.keepFromId);
    try {
      if (model.loaded === undefined || messages.length === 0) return;
      const { prompt } = await engine.count({ messages: messages.map(({ message }) => message) });
      if (this.#asked === asked) this.#conversationTokens = prompt;
    } catch (thrown) {
      log(`Counting the tokens of the chat failed: ${GlassboxError.from(thrown).message}`);
    } finally {
      if (this.#asked === asked) onChange();
    }
  }
}

function keyOf({ id, version }: ContextOffer, modelId: number): string {
  return `${modelId}\u0000${id}\u0000${version}`;
}
