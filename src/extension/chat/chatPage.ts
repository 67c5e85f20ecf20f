import type { ChatState, ConversationSummary, HostMessage } from '../../protocol/chat.ts';
import { machineMs } from '../../protocol/machineMs.ts';
import type { ModelSession } from '../models/modelSession.ts';
import type { Translate } from '../translate.ts';
import type { Answering } from './answering.ts';
import type { TextDelta } from './answerRun.ts';
import type { AnswerSettings } from './answerSettings.ts';
import { droppedNotice, turnViews } from './chatProjection.ts';
import type { ContextCosts } from './contextCosts.ts';
import { DeltaBatcher, type TextsSent } from './deltaBatcher.ts';
import type { LiveAnswer } from './liveAnswer.ts';
import type { Notices } from './notices.ts';
import type { OpenConversations } from './openConversations.ts';

export interface ChatPageOptions {
  readonly model: ModelSession;
  readonly notices: Notices;
  readonly settings: () => AnswerSettings;
  readonly t: Translate;
  /** False where no page is there: it asks for the whole state when it comes. */
  readonly post: (message: HostMessage) => boolean;
  readonly conversations: OpenConversations;
  readonly costs: ContextCosts;
  readonly answering: Answering;
  /** All conversations, newest first. */
  readonly history: () => readonly ConversationSummary[];
}

/** At most this many conversations are listed in the panel; *Open History* lists all. */
const listedConversations = 100;
/** The context meter need not move with every token. */
const meterMs = 500;

/** What the page is shown: the whole state, and text and numbers as they come. It changes nothing of the chat. */
export class ChatPage {
  readonly #options: ChatPageOptions;
  readonly #deltas: DeltaBatcher;
  #meterTimer: NodeJS.Timeout | undefined;

  constructor(options: ChatPageOptions) {
    this.#options = options;
    this.#deltas = new DeltaBatcher((delta, sent) => this.#postDelta(delta, sent), machineMs);
  }

  state(): ChatState {
    const { model, notices, settings, t, conversations, costs, answering, history } = this.#options;
    const { mode, budgetTokens } = settings();
    const conversation = conversations.shown;
    const run = answering.shownRun;
    const dropped = droppedNotice(t, conversation);
    return {
      conversationId: conversation.id,
      title: conversation.title,
      turns: turnViews(t, conversation, run?.live),
      history: history().slice(0, listedConversations),
      chips: costs.chips(),
      model: model.view,
      reasoningMode: mode,
      thinkingBudget: budgetTokens,
      context: { tokens: costs.total, capacity: model.loaded?.contextCapacity ?? 0 },
      notices: dropped === undefined ? notices.all : [dropped, ...notices.all],
      draft: conversation.draft,
      ...(run === undefined ? {} : { busy: run.live.node.id }),
    };
  }

  /** Sends the whole state; everything but text being written goes this way. */
  postState(): void {
    this.#deltas.flush();
    this.#options.post({ type: 'state', state: this.state() });
  }

  postChips(): void {
    const { post, costs } = this.#options;
    post({ type: 'chips', chips: costs.chips(), contextTokens: costs.total });
  }

  /** Sends what is new of the shown conversation's answer; `delta` is its text, undefined where only its status changed. */
  postLive({ node, status, tokensPerSecond }: LiveAnswer, delta: TextDelta | undefined): void {
    const { id: answerId, thoughtTokens, answerTokens, thoughtMs, thoughtEnd } = node;
    if (delta === undefined) {
      this.#deltas.flush();
      const end = thoughtEnd === undefined ? {} : { thoughtEnd };
      this.#options.post({ type: 'status', answerId, status, thoughtMs, ...end });
      return;
    }
    const speed = tokensPerSecond === undefined ? {} : { tokensPerSecond };
    this.#deltas.add({ type: 'delta', answerId, ...delta, thoughtTokens, answerTokens, thoughtMs, ...speed });
  }

  /** Sends the context's costs, soon. */
  moveMeter(): void {
    this.#meterTimer ??= setTimeout(() => {
      this.#meterTimer = undefined;
      this.postChips();
    }, meterMs);
  }

  dispose(): void {
    clearTimeout(this.#meterTimer);
  }

  /** Text for the page, which is followed on its way. */
  #postDelta(delta: Extract<HostMessage, { type: 'delta' }>, sent: TextsSent): void {
    const { answering, post } = this.#options;
    const { run } = answering;
    const transport = sent.texts > 0 && run?.live.node.id === delta.answerId ? run.transport : undefined;
    const mark = transport?.mark(machineMs());
    const isPosted = post(mark === undefined ? delta : { ...delta, mark });
    if (isPosted) transport?.posted(sent);
  }
}
