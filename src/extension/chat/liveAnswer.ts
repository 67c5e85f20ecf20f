import type { AnswerStatus } from '../../protocol/chat.ts';
import type { AnswerNode } from '../../protocol/conversation.ts';
import type { GenerateResult, GenerationEvent } from '../../protocol/generation.ts';
import type { TransportTimes } from '../../protocol/transport.ts';

/** An answer while it is written: what will be kept, and what is only shown. */
export interface LiveAnswer {
  readonly node: AnswerNode;
  readonly status: AnswerStatus;
  /** When the open thought began, on the caller's clock. */
  readonly thoughtStartedAt?: number;
  readonly tokensPerSecond?: number;
  /** Tokens in the cache, as the engine measured them last. */
  readonly contextTokens?: number;
}

export function emptyAnswer(id: string, parentId: string, now: number): AnswerNode {
  return {
    kind: 'answer',
    id,
    parentId,
    createdAt: now,
    thought: '',
    thoughtTokens: 0,
    thoughtMs: 0,
    answer: '',
    answerTokens: 0,
  };
}

/** One event of the engine, taken in. `now` is in milliseconds on any steady clock. */
export function withEvent(live: LiveAnswer, event: GenerationEvent, now: number): LiveAnswer {
  switch (event.type) {
    case 'prompt':
      return {
        ...live,
        status: {
          kind: 'prefill',
          done: 0,
          total: event.promptTokens - event.reusedTokens,
          reused: event.reusedTokens,
        },
      };
    case 'prefill': {
      const reused = live.status.kind === 'prefill' ? live.status.reused : 0;
      return { ...live, status: { kind: 'prefill', done: event.done, total: event.total, reused } };
    }
    case 'thoughtStart':
      return { ...live, status: { kind: 'thinking' }, thoughtStartedAt: now };
    case 'text':
      return withText(live, event, now);
    case 'thoughtEnd': {
      const { thoughtStartedAt: _closed, ...rest } = live;
      return {
        ...rest,
        status: { kind: 'answering' },
        node: {
          ...live.node,
          thoughtEnd: event.reason,
          thoughtTokens: event.tokens,
          thoughtMs: event.elapsedMs,
        },
      };
    }
    case 'speed':
      return { ...live, tokensPerSecond: event.tokensPerSecond, contextTokens: event.contextTokens };
    case 'tokens':
    case 'backendChanged':
      return live;
    default:
      return event satisfies never;
  }
}

/** The engine's last word: its counts and timings replace what was summed up on the way. */
export function withResult(live: LiveAnswer, result: GenerateResult): LiveAnswer {
  return {
    status: { kind: 'done', finish: result.finishReason },
    contextTokens: result.contextTokens,
    node: {
      ...live.node,
      thought: result.thought,
      thoughtTokens: result.thoughtTokens,
      answer: result.answer,
      answerTokens: result.answerTokens,
      finish: result.finishReason,
      timings: result.timings,
      ...(result.thoughtEnd === undefined ? {} : { thoughtEnd: result.thoughtEnd }),
    },
  };
}

/** What its texts took to the page so far. */
export function withTransport(live: LiveAnswer, transport: TransportTimes | undefined): LiveAnswer {
  return transport === undefined ? live : { ...live, node: { ...live.node, transport } };
}

/** Its trace was saved. */
export function withTrace(live: LiveAnswer): LiveAnswer {
  return { ...live, node: { ...live.node, hasTrace: true } };
}

/** The user stopped it before the engine had a word to say. */
export function withStop(live: LiveAnswer): LiveAnswer {
  return { status: { kind: 'done', finish: 'cancelled' }, node: { ...live.node, finish: 'cancelled' } };
}

/** The answer broke off: what is written stays, and `message` says what happened. */
export function withFailure(live: LiveAnswer, message: string): LiveAnswer {
  return { status: { kind: 'failed', message }, node: { ...live.node, error: message } };
}

function withText(
  live: LiveAnswer,
  { channel, text, tokens }: Extract<GenerationEvent, { type: 'text' }>,
  now: number,
): LiveAnswer {
  const { node } = live;
  if (channel === 'answer') {
    return {
      ...live,
      status: { kind: 'answering' },
      node: { ...node, answer: node.answer + text, answerTokens: node.answerTokens + tokens },
    };
  }
  const thoughtStartedAt = live.thoughtStartedAt ?? now;
  return {
    ...live,
    thoughtStartedAt,
    status: { kind: 'thinking' },
    node: {
      ...node,
      thought: node.thought + text,
      thoughtTokens: node.thoughtTokens + tokens,
      thoughtMs: now - thoughtStartedAt,
    },
  };
}
