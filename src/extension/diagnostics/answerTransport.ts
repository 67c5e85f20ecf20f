import type { ConversationNode } from '../../protocol/conversation.ts';
import type { TransportTimes } from '../../protocol/transport.ts';

/** What the texts of answers took to the page, by the id of each answer that it was measured of. */
export function answerTransport(nodes: readonly ConversationNode[]): Record<string, TransportTimes> {
  return Object.fromEntries(
    nodes.flatMap((node) =>
      node.kind === 'answer' && node.transport !== undefined ? [[node.id, node.transport]] : [],
    ),
  );
}
