import type { AnswerStatus, AnswerView, Notice, QuestionView, TurnView } from '../../protocol/chat.ts';
import type { AnswerNode, Conversation, QuestionNode } from '../../protocol/conversation.ts';
import type { Translate } from '../translate.ts';
import { branchOf, currentPath } from './conversationTree.ts';
import type { LiveAnswer } from './liveAnswer.ts';

/** The turns of the shown branch. `live` is the answer being written, if it is in this conversation. */
export function turnViews(
  t: Translate,
  conversation: Conversation,
  live: LiveAnswer | undefined,
): readonly TurnView[] {
  return currentPath(conversation).map((node) => {
    const branch = branchOf(conversation, node);
    if (node.kind === 'question') return questionView(node, branch);
    return live?.node.id === node.id
      ? answerView(live.node, live.status, branch)
      : answerView(node, settledStatus(t, node), branch);
  });
}

/** What an answer that nobody writes any more came to. One without an end was cut off with its window. */
function settledStatus(t: Translate, { finish, error }: AnswerNode): AnswerStatus {
  if (error !== undefined) return { kind: 'failed', message: error };
  if (finish !== undefined) return { kind: 'done', finish };
  return { kind: 'failed', message: t('The window was closed while this answer was being written.') };
}

/** The standing reminder that the model does not read the beginning of this branch. */
export function droppedNotice(t: Translate, conversation: Conversation): Notice | undefined {
  const { keepFromId } = conversation;
  const dropped = currentPath(conversation).findIndex(({ id }) => id === keepFromId);
  if (dropped <= 0) return undefined;
  return {
    id: 'dropped',
    severity: 'info',
    message:
      dropped === 1
        ? t('The model no longer reads the first message of this chat.')
        : t('The model no longer reads the first {0} messages of this chat.', dropped),
    actions: [],
  };
}

function questionView(node: QuestionNode, branch: QuestionView['branch']): QuestionView {
  const chips = node.attachments.map(({ label, tokens }) =>
    tokens === undefined ? { label } : { label, tokens },
  );
  return { kind: 'question', id: node.id, text: node.text, chips, branch };
}

function answerView(node: AnswerNode, status: AnswerStatus, branch: AnswerView['branch']): AnswerView {
  const { id, thought, thoughtTokens, thoughtMs, thoughtEnd, answer, answerTokens, timings } = node;
  return {
    kind: 'answer',
    id,
    status,
    thought,
    thoughtTokens,
    thoughtMs,
    answer,
    answerTokens,
    hasTrace: node.hasTrace === true,
    branch,
    ...(thoughtEnd === undefined ? {} : { thoughtEnd }),
    ...(timings === undefined ? {} : { timings }),
  };
}
