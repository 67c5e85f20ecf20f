import type { Channel, GenerationEvent, ReplyPrefix } from '../protocol/generation.ts';
import type { Reply } from './reply.ts';

/** A token of a prefix, and where its text went. */
export interface ReplayedToken {
  readonly token: number;
  readonly channel: Channel;
  /** Whether the earlier reply was given it, too, to close its thought: such a token counts against no limit. */
  readonly closesThought: boolean;
}

export interface ReplayOptions {
  /** What the model is given to read when its thought is closed for it. */
  readonly closingTokens: readonly number[];
  /** Told of each token, with the channel before it. */
  readonly onToken: (token: number, channelBefore: Channel) => void;
}

/**
 * Brings a reply to where the tokens of an earlier one ended, all but the last of `prefix.tokens`: that one is new to the
 * reply. Where a thought was closed for the model, it is closed in the same way, so that counts and reason are the same.
 * @returns what happened on the way
 */
export function replayPrefix(
  reply: Reply,
  { tokens, thoughtEnd }: ReplyPrefix,
  { closingTokens, onToken }: ReplayOptions,
): { readonly events: readonly GenerationEvent[]; readonly replayed: readonly ReplayedToken[] } {
  const events: GenerationEvent[] = [];
  const replayed: ReplayedToken[] = [];
  const given = tokens.slice(0, -1);
  const isClosedAt = (at: number): boolean =>
    reply.channel === 'thought' &&
    closingTokens.length > 0 &&
    closingTokens.every((token, index) => given[at + index] === token);
  for (let at = 0; at < given.length;) {
    if (thoughtEnd !== undefined && isClosedAt(at)) {
      events.push(...reply.closeThought(thoughtEnd));
      replayed.push(
        ...closingTokens.map((token) => ({ token, channel: 'thought' as const, closesThought: true })),
      );
      at += closingTokens.length;
      continue;
    }
    const token = given[at] ?? 0;
    const channelBefore = reply.channel;
    events.push(...reply.push(token));
    onToken(token, channelBefore);
    // The tags of a thought belong to it.
    const channel = channelBefore === 'thought' ? 'thought' : reply.channel;
    replayed.push({ token, channel, closesThought: false });
    at++;
  }
  return { events, replayed };
}
