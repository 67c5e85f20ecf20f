import type { ConversationNode } from '../../protocol/conversation.ts';
import type { DiagnosedAnswer } from '../../protocol/diagnostics.ts';

/** What answers cost, as it was saved with them; without those that came to no end. Oldest first. */
export function savedAnswers(nodes: readonly ConversationNode[]): DiagnosedAnswer[] {
  return nodes
    .flatMap((node): DiagnosedAnswer[] => {
      if (node.kind !== 'answer' || node.timings === undefined) return [];
      const { id: requestId, createdAt: startedAtMs, finish, timings } = node;
      const { promptTokens, reusedTokens, prefillMs, speculation } = timings;
      const computed = promptTokens - reusedTokens;
      return [
        {
          requestId,
          startedAtMs,
          ...(finish === undefined ? {} : { finishReason: finish }),
          promptTokens,
          reusedTokens,
          prefillMs,
          estimatedSavedMs: computed > 0 ? reusedTokens * (prefillMs / computed) : null,
          timeToFirstTokenMs: timings.timeToFirstTokenMs,
          decodedTokens: timings.decodedTokens,
          decodeMs: timings.decodeMs,
          backendMs: timings.backendMs,
          ...(speculation === undefined ? {} : { speculation }),
          steps: [],
        },
      ];
    })
    .sort((a, b) => a.startedAtMs - b.startedAtMs);
}
