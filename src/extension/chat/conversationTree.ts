import type {
  AnswerNode,
  Conversation,
  ConversationNode,
  QuestionNode,
} from '../../protocol/conversation.ts';

/**
 * A conversation as a tree: every edit or retry adds a sibling, and nothing is ever taken out. All functions
 * are pure and return a new conversation.
 */

/** Characters of a title made from a question. */
const titleLength = 60;

export function emptyConversation(id: string, now: number): Conversation {
  return { version: 1, id, title: '', createdAt: now, updatedAt: now, nodes: [], currentId: null, draft: '' };
}

/** The nodes from the first question to the leaf that is shown. */
export function currentPath(conversation: Conversation): readonly ConversationNode[] {
  const nodes = new Map(conversation.nodes.map((node) => [node.id, node]));
  const path: ConversationNode[] = [];
  const seen = new Set<string>();
  let id = conversation.currentId;
  // A file that was edited by hand may hold a circle: `seen` ends it.
  while (id !== null && !seen.has(id)) {
    seen.add(id);
    const node = nodes.get(id);
    if (node === undefined) break;
    path.push(node);
    id = node.parentId;
  }
  return path.reverse();
}

/** All versions of a node, itself among them, oldest first. */
export function siblings(conversation: Conversation, node: ConversationNode): readonly ConversationNode[] {
  return conversation.nodes.filter(({ kind, parentId }) => kind === node.kind && parentId === node.parentId);
}

/** Where a node stands among its versions. */
export function branchOf(
  conversation: Conversation,
  node: ConversationNode,
): { readonly index: number; readonly count: number } {
  const versions = siblings(conversation, node);
  return { index: versions.findIndex(({ id }) => id === node.id), count: versions.length };
}

export function findQuestion(conversation: Conversation, id: string): QuestionNode | undefined {
  return conversation.nodes.find((node): node is QuestionNode => node.kind === 'question' && node.id === id);
}

export function findAnswer(conversation: Conversation, id: string): AnswerNode | undefined {
  return conversation.nodes.find((node): node is AnswerNode => node.kind === 'answer' && node.id === id);
}

/** Adds a node under its parent and shows it. The first question names the conversation. */
export function withNode(conversation: Conversation, node: ConversationNode): Conversation {
  const title =
    conversation.title === '' && node.kind === 'question' ? titleOf(node.text) : conversation.title;
  return {
    ...conversation,
    title,
    nodes: [...conversation.nodes, node],
    currentId: node.id,
    updatedAt: Math.max(conversation.updatedAt, node.createdAt),
  };
}

/** Replaces the answer with the same id. */
export function withAnswer(conversation: Conversation, answer: AnswerNode): Conversation {
  return {
    ...conversation,
    nodes: conversation.nodes.map((node) => (node.id === answer.id ? answer : node)),
  };
}

/** Shows version `index` of the turn `turnId`, down to the newest leaf below it. Unknown turns change nothing. */
export function withBranch(conversation: Conversation, turnId: string, index: number): Conversation {
  const turn = conversation.nodes.find(({ id }) => id === turnId);
  const chosen = turn && siblings(conversation, turn)[index];
  return chosen ? { ...conversation, currentId: newestLeafUnder(conversation, chosen.id) } : conversation;
}

/** Two windows may have written to the same conversation: keeps every node of both, and of each the fuller one. */
export function mergeConversations(mine: Conversation, stored: Conversation): Conversation {
  const theirs = new Map(stored.nodes.map((node) => [node.id, node]));
  const merged = mine.nodes.map((node) => fullerOf(node, theirs.get(node.id)));
  const known = new Set(mine.nodes.map(({ id }) => id));
  const added = stored.nodes.filter(({ id }) => !known.has(id));
  if (added.length === 0) return { ...mine, nodes: merged };
  return {
    ...mine,
    title: mine.title === '' ? stored.title : mine.title,
    updatedAt: Math.max(mine.updatedAt, stored.updatedAt),
    nodes: [...merged, ...added].sort((a, b) => a.createdAt - b.createdAt),
  };
}

/** The first line that says something, on one line and cut at a word. */
export function titleOf(text: string): string {
  const line =
    text
      .split('\n')
      .map((part) => part.trim().replaceAll(/\s+/gu, ' '))
      .find((part) => /[\p{L}\p{N}]/u.test(part)) ?? text.trim();
  const characters = [...line];
  if (characters.length <= titleLength) return line;
  const cut = characters.slice(0, titleLength - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > titleLength / 2 ? cut.slice(0, lastSpace) : cut}…`;
}

function newestLeafUnder(conversation: Conversation, id: string): string {
  const seen = new Set<string>();
  let leaf = id;
  while (!seen.has(leaf)) {
    seen.add(leaf);
    const child = conversation.nodes.findLast(({ parentId }) => parentId === leaf);
    if (child === undefined) break;
    leaf = child.id;
  }
  return leaf;
}

function fullerOf(mine: ConversationNode, stored: ConversationNode | undefined): ConversationNode {
  if (mine.kind !== 'answer' || stored?.kind !== 'answer') return mine;
  const isEnded = (answer: AnswerNode): boolean => answer.finish !== undefined || answer.error !== undefined;
  if (isEnded(mine) !== isEnded(stored)) return isEnded(mine) ? mine : stored;
  const written = (answer: AnswerNode): number => answer.thought.length + answer.answer.length;
  return written(stored) > written(mine) ? stored : mine;
}
