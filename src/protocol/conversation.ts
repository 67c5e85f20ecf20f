import * as v from 'valibot';
import { GUESS_SOURCES } from './generation.ts';
import { TransportTimes } from './transport.ts';

const guessCounts = {
  drafted: v.number(),
  accepted: v.number(),
  byPosition: v.pipe(v.array(v.object({ drafted: v.number(), accepted: v.number() })), v.readonly()),
};

/**
 * Conversations as they are kept on disk: turns are nodes that point to their parent, so editing a question
 * or retrying an answer adds a sibling and loses nothing. Files are validated when they are read back.
 */

export const QuestionNode = v.object({
  kind: v.literal('question'),
  id: v.string(),
  parentId: v.nullable(v.string()),
  createdAt: v.number(),
  text: v.string(),
  /** What was attached, as sent to the model. */
  attachments: v.array(v.object({ label: v.string(), content: v.string(), tokens: v.optional(v.number()) })),
});

export const AnswerNode = v.object({
  kind: v.literal('answer'),
  id: v.string(),
  parentId: v.string(),
  createdAt: v.number(),
  thought: v.string(),
  thoughtTokens: v.number(),
  thoughtMs: v.number(),
  thoughtEnd: v.optional(v.picklist(['model', 'budget', 'answerNow', 'loop', 'unfinished'])),
  answer: v.string(),
  answerTokens: v.number(),
  finish: v.optional(v.picklist(['stop', 'length', 'loop', 'contextFull', 'cancelled'])),
  /** A trace of it was saved; it may have made room for newer ones since. */
  hasTrace: v.optional(v.boolean()),
  /** Set when the answer broke off; says what happened. */
  error: v.optional(v.string()),
  timings: v.optional(
    v.object({
      promptTokens: v.number(),
      reusedTokens: v.number(),
      prefillMs: v.number(),
      decodedTokens: v.number(),
      decodeMs: v.number(),
      timeToFirstTokenMs: v.number(),
      backendMs: v.number(),
      speculation: v.exactOptional(
        v.object({
          ...guessCounts,
          // Absent from conversations that were saved before there was more than one.
          bySource: v.optional(
            v.pipe(v.array(v.object({ source: v.picklist(GUESS_SOURCES), ...guessCounts })), v.readonly()),
            [],
          ),
        }),
      ),
    }),
  ),
  /** Of the texts to the page. */
  transport: v.exactOptional(TransportTimes),
});

export const Conversation = v.object({
  version: v.literal(1),
  id: v.string(),
  title: v.string(),
  createdAt: v.number(),
  updatedAt: v.number(),
  nodes: v.array(v.variant('kind', [QuestionNode, AnswerNode])),
  /** The leaf shown. Null for an empty conversation. */
  currentId: v.nullable(v.string()),
  /** The first node that the model still reads, once the user agreed to drop what is before it. */
  keepFromId: v.optional(v.string()),
  draft: v.string(),
});
export type QuestionNode = v.InferOutput<typeof QuestionNode>;
export type AnswerNode = v.InferOutput<typeof AnswerNode>;
export type ConversationNode = QuestionNode | AnswerNode;
export type Conversation = v.InferOutput<typeof Conversation>;
