import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branchOf,
  currentPath,
  emptyConversation,
  mergeConversations,
  titleOf,
  withAnswer,
  withBranch,
  withNode,
} from '../../../src/extension/chat/conversationTree.ts';
import { answer, conversationOf, question } from './conversations.ts';

const textsOf = (...args: Parameters<typeof currentPath>) => currentPath(...args).map(({ id }) => id);

describe('A conversation', () => {
  it('shows the branch that was added last', () => {
    const conversation = conversationOf(question('q1', null), answer('a1', 'q1'), question('q2', 'a1'));
    expect(textsOf(conversation)).toEqual(['q1', 'a1', 'q2']);
  });

  it('keeps both answers when one is retried, and shows the new one', () => {
    const conversation = conversationOf(question('q1', null), answer('a1', 'q1'), answer('a2', 'q1'));
    expect(textsOf(conversation)).toEqual(['q1', 'a2']);
    expect(branchOf(conversation, answer('a1', 'q1'))).toEqual({ index: 0, count: 2 });
    expect(branchOf(conversation, answer('a2', 'q1'))).toEqual({ index: 1, count: 2 });
  });

  it('keeps both versions of an edited first question, each with what followed it', () => {
    const edited = conversationOf(
      question('q1', null),
      answer('a1', 'q1'),
      question('q2', 'a1'),
      question('q1b', null),
      answer('a1b', 'q1b'),
    );
    expect(textsOf(edited)).toEqual(['q1b', 'a1b']);
    expect(textsOf(withBranch(edited, 'q1b', 0))).toEqual(['q1', 'a1', 'q2']);
    expect(textsOf(withBranch(withBranch(edited, 'q1b', 0), 'q1', 1))).toEqual(['q1b', 'a1b']);
  });

  it('stays as it is when a branch is chosen that does not exist', () => {
    const conversation = conversationOf(question('q1', null), answer('a1', 'q1'));
    expect(withBranch(conversation, 'a1', 1)).toBe(conversation);
    expect(withBranch(conversation, 'unknown', 0)).toBe(conversation);
  });

  it('is named by its first question and keeps that name', () => {
    const conversation = conversationOf(
      question('q1', null, '\n  What is   this?\nMore'),
      answer('a1', 'q1'),
    );
    expect(conversation.title).toBe('What is this?');
    expect(withNode(conversation, question('q2', 'a1', 'Other')).title).toBe('What is this?');
  });

  it('ends when its file holds a circle', () => {
    const circle = { ...conversationOf(question('q1', 'a1'), answer('a1', 'q1')), currentId: 'a1' };
    expect(textsOf(circle)).toEqual(['q1', 'a1']);
    expect(() => withBranch(circle, 'a1', 0)).not.toThrow();
  });

  it('shows nothing when the shown node is missing', () => {
    expect(textsOf({ ...emptyConversation('c', 0), currentId: 'gone' })).toEqual([]);
  });
});

describe('A title', () => {
  it('is cut at a word and never longer than 60 characters', () => {
    expect(titleOf('word '.repeat(30))).toBe(`${'word '.repeat(11).trim()}…`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        expect([...titleOf(text)].length).toBeLessThanOrEqual(60);
        expect(titleOf(text)).not.toContain('\n');
      }),
    );
  });

  it('skips lines that only hold marks', () => {
    expect(titleOf('```\n---\nWhy does this fail?')).toBe('Why does this fail?');
  });
});

describe('Merging with what another window has saved', () => {
  const mine = conversationOf(question('q1', null), answer('a1', 'q1'));

  it('keeps the nodes of both and shows my branch', () => {
    const theirs = withNode(mine, { ...question('q2', 'a1'), createdAt: 50 });
    const ours = withNode(mine, { ...question('q3', 'a1'), createdAt: 40 });
    const merged = mergeConversations(ours, theirs);
    expect(merged.nodes.map(({ id }) => id)).toEqual(['q1', 'a1', 'q3', 'q2']);
    expect(textsOf(merged)).toEqual(['q1', 'a1', 'q3']);
  });

  it('takes the finished answer over the one that is still being written, whoever has it', () => {
    const partial = withAnswer(mine, { ...answer('a1', 'q1'), answer: 'A long beginning' });
    const finished = withAnswer(mine, { ...answer('a1', 'q1'), answer: 'Short', finish: 'stop' });
    expect(mergeConversations(partial, finished).nodes[1]).toMatchObject({ answer: 'Short' });
    expect(mergeConversations(finished, partial).nodes[1]).toMatchObject({ answer: 'Short' });
  });

  it('takes the longer one of two unfinished answers', () => {
    const short = withAnswer(mine, { ...answer('a1', 'q1'), thought: 'a' });
    const long = withAnswer(mine, { ...answer('a1', 'q1'), thought: 'ab' });
    expect(mergeConversations(short, long).nodes[1]).toMatchObject({ thought: 'ab' });
    expect(mergeConversations(long, short).nodes[1]).toMatchObject({ thought: 'ab' });
  });
});
