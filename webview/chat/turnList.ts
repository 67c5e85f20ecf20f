import type { ChatState, HostMessage } from '../../src/protocol/chat.ts';
import { AnswerTurn } from './answerTurn.ts';
import { element } from '../element.ts';
import type { FrameQueue } from './frameQueue.ts';
import { QuestionTurn } from './questionTurn.ts';

/** What a turn can ask of the page. */
export interface TurnActions {
  readonly answerNow: () => void;
  readonly copy: (text: string) => void;
  readonly edit: (questionId: string, text: string) => void;
  readonly retry: (answerId: string) => void;
  readonly selectBranch: (turnId: string, index: number) => void;
  readonly openTrace: (answerId: string) => void;
  readonly thoughtToggled: (answerId: string, expanded: boolean) => void;
}

type Turn = QuestionTurn | AnswerTurn;

/** The turns of the conversation shown; a turn keeps its element for as long as it is in the list. */
export class TurnList {
  readonly element = element('div', { class: 'turns' });
  private turns = new Map<string, Turn>();

  constructor(
    private readonly queue: FrameQueue,
    private readonly actions: TurnActions,
    private readonly isThoughtExpanded: (answerId: string) => boolean,
  ) {}

  update(state: ChatState, enabled: boolean): void {
    const kept = new Map<string, Turn>();
    for (const view of state.turns) {
      const known = this.turns.get(view.id);
      if (view.kind === 'question') {
        const turn = known instanceof QuestionTurn ? known : new QuestionTurn(view, this.actions);
        turn.update(view, enabled);
        kept.set(view.id, turn);
      } else {
        const expanded = this.isThoughtExpanded(view.id);
        const turn =
          known instanceof AnswerTurn ? known : new AnswerTurn(view, this.queue, expanded, this.actions);
        turn.update(view, enabled, state.thinkingBudget);
        kept.set(view.id, turn);
      }
    }
    for (const [id, turn] of this.turns) {
      if (kept.get(id) === turn) continue;
      turn.dispose();
      turn.element.remove();
    }
    this.turns = kept;
    this.arrange();
  }

  /** The answer with this id, if it is shown. */
  answer(id: string): AnswerTurn | undefined {
    const turn = this.turns.get(id);
    return turn instanceof AnswerTurn ? turn : undefined;
  }

  append(delta: Extract<HostMessage, { type: 'delta' }>): void {
    this.answer(delta.answerId)?.append(delta);
  }

  /** Puts the elements in order without touching those that are in place already. */
  private arrange(): void {
    let next = this.element.firstElementChild;
    for (const turn of this.turns.values()) {
      if (turn.element === next) next = next.nextElementSibling;
      else this.element.insertBefore(turn.element, next);
    }
  }
}
