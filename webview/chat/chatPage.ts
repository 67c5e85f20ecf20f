import type { ChatState, HostMessage } from '../../src/protocol/chat.ts';
import { afterDrawing } from './afterDrawing.ts';
import { Announcer } from './announcer.ts';
import { isRunning } from './answerTurn.ts';
import { Composer } from './composer.ts';
import { element, setText } from '../element.ts';
import { EmptyState } from './emptyState.ts';
import { FrameQueue } from './frameQueue.ts';
import { HistoryPanel } from './historyPanel.ts';
import type { PageHost } from './host.ts';
import { confirm, iconButton } from './iconButton.ts';
import { Notices } from './notices.ts';
import { PersistedState } from './pageState.ts';
import { StickToBottom } from './stickToBottom.ts';
import { strings } from './strings.ts';
import { TurnList } from './turnList.ts';

const draftDelayMs = 300;

/** The chat panel: renders what the host says and sends back what the user wants. It owns no state that matters. */
export class ChatPage {
  readonly element: HTMLElement;
  private readonly persisted: PersistedState;
  private readonly announcer = new Announcer();
  private readonly queue = new FrameQueue(() => {
    this.stick.settle();
  });
  private readonly title = element('h1', { class: 'title' });
  private readonly historyButton: HTMLButtonElement;
  private readonly exportButton: HTMLButtonElement;
  private readonly turns: TurnList;
  private readonly empty: EmptyState;
  private readonly scroller: HTMLElement;
  private readonly stick: StickToBottom;
  private readonly jump: HTMLButtonElement;
  private readonly notices: Notices;
  private readonly composer: Composer;
  private readonly history: HistoryPanel;
  private state: ChatState | undefined;
  /** The answer being written, as far as this page knows. */
  private busyId: string | undefined;
  private draftTimer: number | undefined;

  constructor(private readonly host: PageHost) {
    this.persisted = new PersistedState(host);
    this.turns = new TurnList(
      this.queue,
      {
        answerNow: () => host.post({ type: 'answerNow' }),
        copy: (text) => this.copy(text),
        edit: (questionId, text) => {
          host.post({ type: 'edit', questionId, text });
          this.stick.jumpToBottom();
        },
        retry: (answerId) => {
          host.post({ type: 'retry', answerId });
          this.stick.jumpToBottom();
        },
        selectBranch: (turnId, index) => host.post({ type: 'selectBranch', turnId, index }),
        openTrace: (answerId) => host.post({ type: 'openTrace', answerId }),
        thoughtToggled: (answerId, expanded) => this.persisted.setThought(answerId, expanded),
      },
      (answerId) => this.persisted.current.thoughts[answerId] ?? false,
    );
    this.empty = new EmptyState({
      chooseModel: () => host.post({ type: 'chooseModel' }),
      example: (text) => this.insertDraft(text),
    });
    this.composer = new Composer({
      ask: (text) => this.ask(text),
      stop: () => host.post({ type: 'stop' }),
      chooseModel: () => host.post({ type: 'chooseModel' }),
      toggleChip: (chipId, attached) => host.post({ type: 'toggleChip', chipId, attached }),
      setReasoningMode: (mode) => host.post({ type: 'setReasoningMode', mode }),
      edited: (text) => this.draftChanged(text),
    });
    this.notices = new Notices((noticeId, actionId) =>
      host.post({ type: 'noticeAction', noticeId, actionId }),
    );
    this.history = new HistoryPanel({
      open: (conversationId) => {
        this.flushDraft();
        host.post({ type: 'openConversation', conversationId });
      },
      remove: (conversationId) => host.post({ type: 'deleteConversation', conversationId }),
      closed: () => {
        this.historyButton.setAttribute('aria-expanded', 'false');
        this.historyButton.focus();
      },
    });
    this.historyButton = iconButton('history', strings.history, () => {
      if (this.history.isOpen) return this.history.close();
      this.history.open();
      this.historyButton.setAttribute('aria-expanded', 'true');
    });
    this.historyButton.setAttribute('aria-expanded', 'false');
    this.exportButton = iconButton('download', strings.exportMarkdown, () =>
      host.post({ type: 'exportMarkdown' }),
    );
    const newChat = iconButton('add', strings.newChat, () => {
      this.flushDraft();
      host.post({ type: 'newChat' });
      this.composer.focus();
    });
    this.jump = element('button', {
      class: 'jump',
      text: strings.jumpToLatest,
      attributes: { type: 'button' },
    });
    this.jump.hidden = true;
    this.jump.addEventListener('click', () => {
      this.stick.jumpToBottom();
      this.composer.focus();
    });
    this.scroller = element('main', {
      class: 'scroller',
      attributes: { 'aria-label': strings.conversation, tabindex: '-1' },
      children: [this.empty.element, this.turns.element],
    });
    this.stick = new StickToBottom(
      this.scroller,
      () => this.showJump(),
      () => {
        // What was remembered is not overwritten before it could be restored.
        if (this.state) this.persisted.setScroll(this.stick.place());
      },
    );
    this.element = element('div', {
      class: 'page',
      children: [
        element('header', {
          class: 'header',
          children: [
            this.title,
            element('div', {
              class: 'toolbar',
              attributes: { role: 'toolbar', 'aria-label': strings.toolbar },
              children: [newChat, this.historyButton, this.exportButton],
            }),
          ],
        }),
        element('div', { class: 'middle', children: [this.scroller, this.jump, this.history.element] }),
        element('div', { class: 'bottom', children: [this.notices.element, this.composer.element] }),
        this.announcer.element,
      ],
    });
    this.listen();
  }

  /** Tells the host that the page can show something, and shows what was there before. */
  start(): void {
    this.composer.connected();
    this.composer.draft = this.persisted.current.draft;
    this.host.listen((message) => {
      this.receive(message);
    });
    this.host.post({ type: 'ready' });
  }

  private receive(message: HostMessage): void {
    switch (message.type) {
      case 'state':
        return this.showState(message.state);
      case 'delta':
        this.turns.append(message);
        return this.tellWhenDrawn(message.mark);
      case 'status':
        return this.showStatus(message);
      case 'model':
        return this.showModel(message.model);
      case 'chips':
        return this.composer.setChips(message.chips, message.contextTokens);
      case 'focusInput':
        if (message.text !== undefined) this.insertDraft(message.text);
        return this.composer.focus();
      case 'announce':
        return this.announcer.announce(message.text);
      default:
        return message satisfies never;
    }
  }

  /** The host measures how long text takes until it is seen. */
  private tellWhenDrawn(mark: number | undefined): void {
    if (mark === undefined) return;
    const cameAt = performance.now();
    afterDrawing(() => this.host.post({ type: 'drawn', mark, heldMs: performance.now() - cameAt }));
  }

  private showState(state: ChatState): void {
    const before = this.state;
    const sameConversation = before?.conversationId === state.conversationId;
    this.state = state;
    this.busyId = state.busy;
    setText(this.title, state.title === '' ? strings.untitled : state.title);
    this.title.title = state.title;
    this.exportButton.disabled = state.turns.length === 0;
    this.turns.update(state, state.busy === undefined);
    this.history.update(state.history, state.conversationId);
    for (const message of this.notices.update(state.notices)) this.announcer.announce(message);
    this.composer.setReasoningMode(state.reasoningMode);
    this.composer.setChips(state.chips, state.context.tokens);
    this.showModel(state.model);
    this.showBusy();
    if (!sameConversation) this.enterConversation(state, before === undefined);
  }

  /** The draft and the place in the conversation come from the host, or from before the page was hidden. */
  private enterConversation(state: ChatState, first: boolean): void {
    const { current } = this.persisted;
    const comesBack = first && current.conversationId === state.conversationId;
    if (comesBack) {
      // The page may know more than the host: it was hidden before the typing paused.
      if (this.composer.draft !== state.draft) this.draftChanged(this.composer.draft);
    } else {
      // What waits to be reported was written for the conversation before.
      window.clearTimeout(this.draftTimer);
      this.draftTimer = undefined;
      this.composer.draft = state.draft;
      this.persisted.setScroll(undefined);
    }
    this.persisted.update({ conversationId: state.conversationId, draft: this.composer.draft });
    if (comesBack && current.scroll) this.stick.restore(current.scroll);
    else this.stick.jumpToBottom();
  }

  private showStatus(message: Extract<HostMessage, { type: 'status' }>): void {
    const answer = this.turns.answer(message.answerId);
    if (!answer) return;
    const before = answer.status.kind;
    answer.setStatus(message.status, message.thoughtEnd, message.thoughtMs);
    const { kind } = message.status;
    if (kind !== before) {
      if (kind === 'thinking') this.announcer.announce(strings.announce.thinking);
      else if (kind === 'answering') this.announcer.announce(strings.announce.answering);
      else if (kind === 'done') this.announcer.announce(strings.announce.done(answer.answerTokens));
      else if (kind === 'failed') this.announcer.announce(strings.announce.failed(message.status.message));
    }
    if (!isRunning(message.status) && this.busyId === message.answerId) {
      this.busyId = undefined;
      this.showBusy();
    }
    this.stick.settle();
  }

  private showModel(model: ChatState['model']): void {
    const capacity = model.status === 'ready' ? model.contextCapacity : (this.state?.context.capacity ?? 0);
    this.composer.setModel(model, capacity);
    this.empty.update((this.state?.turns.length ?? 0) === 0, model);
    if (this.busyId !== undefined) {
      this.turns.answer(this.busyId)?.setLoading(model.status === 'loading' ? model : undefined);
    }
  }

  private showBusy(): void {
    this.composer.setBusy(this.busyId !== undefined);
    this.showJump();
  }

  private showJump(): void {
    this.jump.hidden = this.stick.atBottom || (this.state?.turns.length ?? 0) === 0;
  }

  private ask(text: string): void {
    window.clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.persisted.update({ draft: '' });
    this.host.post({ type: 'ask', text });
    this.stick.jumpToBottom();
  }

  /** Adds to what the user has written already; nothing they wrote is replaced. */
  private insertDraft(text: string): void {
    const { draft } = this.composer;
    this.composer.draft = draft.trim() === '' ? text : `${draft.trimEnd()}\n${text}`;
    this.draftChanged(this.composer.draft);
    this.composer.focus();
  }

  private draftChanged(text: string): void {
    this.persisted.update({ draft: text });
    window.clearTimeout(this.draftTimer);
    this.draftTimer = window.setTimeout(() => {
      this.flushDraft();
    }, draftDelayMs);
  }

  private flushDraft(): void {
    if (this.draftTimer === undefined) return;
    window.clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.host.post({ type: 'draft', text: this.composer.draft });
  }

  private copy(text: string): void {
    this.host.post({ type: 'copy', text });
    this.announcer.announce(strings.copied);
  }

  private listen(): void {
    this.element.addEventListener('click', (event) => {
      this.codeAction(event);
    });
    document.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || this.busyId === undefined) return;
      this.host.post({ type: 'stop' });
    });
    const leave = () => {
      this.flushDraft();
      this.persisted.flush();
    };
    window.addEventListener('pagehide', leave);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') leave();
    });
  }

  /** Copy and insert of every code block, in one listener: see `createCodeBlock`. */
  private codeAction(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest<HTMLButtonElement>('button[data-action]');
    const text = button?.closest('.code-block')?.querySelector('code')?.textContent;
    if (!button || text === undefined) return;
    if (button.dataset['action'] === 'copy-code') {
      this.copy(text);
      confirm(button, strings.copied);
    } else {
      this.host.post({ type: 'insert', text });
      confirm(button, strings.inserted);
    }
  }
}
