import { describe, expect, it } from 'vitest';
import { Reply } from '../../../src/engine/reply.ts';
import { StopTexts } from '../../../src/engine/stopTexts.ts';
import { StreamingDetokenizer } from '../../../src/models/tokenizer/streamingDetokenizer.ts';
import { byteVocabulary } from '../../support/byteVocabulary.ts';

/** A vocabulary in which token n is the n-th of `pieces`. */
function replyOf(
  pieces: readonly string[],
  options: { startsInThought?: boolean; forced?: boolean; stopTexts?: string[]; now?: () => number } = {},
): Reply {
  return new Reply({
    detokenizer: new StreamingDetokenizer(byteVocabulary(pieces.map((piece) => Buffer.from(piece)))),
    stopTexts: new StopTexts(options.stopTexts ?? []),
    startsInThought: options.startsInThought ?? false,
    forced: options.forced ?? false,
    now: options.now ?? (() => 0),
  });
}

describe('a reply', () => {
  it('counts every token once, tags included, for the channel that it belongs to', () => {
    const pieces = ['<th', 'ink', '>\n', 'Hm', ', so', '\n</', 'think>', '\n\n', 'Four', '.', '\n'];
    const reply = replyOf(pieces);
    const events = pieces.flatMap((_, token) => reply.push(token));
    events.push(...reply.end());
    expect(reply.thought).toBe('Hm, so');
    expect(reply.answer).toBe('Four.\n');
    expect(reply.thoughtTokens).toBe(7);
    expect(reply.answerTokens).toBe(4);
    expect(reply.thoughtEnd).toBe('model');
    expect(events.map(({ type }) => type)).toEqual([
      'thoughtStart',
      'text',
      'text',
      'thoughtEnd',
      'text',
      'text',
      'text',
    ]);
  });

  it('says who closed the thought', () => {
    const reply = replyOf(['I wonder', 'Yes'], { startsInThought: true, forced: true });
    expect(reply.push(0)[0]).toEqual({ type: 'thoughtStart', forced: true });
    expect(reply.closeThought('budget')).toEqual([
      { type: 'thoughtEnd', reason: 'budget', tokens: 1, elapsedMs: 0 },
    ]);
    reply.push(1);
    reply.end();
    expect(reply).toMatchObject({ thought: 'I wonder', answer: 'Yes', thoughtTokens: 1, answerTokens: 1 });
  });

  it('measures the thought from the start of the reply when the prompt opened it', () => {
    let clock = 100;
    const reply = replyOf(['a', 'b'], { startsInThought: true, now: () => clock });
    clock = 130;
    reply.push(0);
    clock = 170;
    expect(reply.closeThought('answerNow')[0]).toMatchObject({ elapsedMs: 70 });
  });

  it('calls a thought unfinished that the end of the reply cut off', () => {
    const reply = replyOf(['<think>', 'and then']);
    reply.push(0);
    reply.push(1);
    expect(reply.end()).toEqual([{ type: 'thoughtEnd', reason: 'unfinished', tokens: 2, elapsedMs: 0 }]);
    expect(reply.answer).toBe('');
  });

  it('holds the first bytes of a character until the rest comes', () => {
    const euro = [...Buffer.from('€')].map((byte) => Uint8Array.of(byte));
    const reply = new Reply({
      detokenizer: new StreamingDetokenizer(byteVocabulary(euro)),
      stopTexts: new StopTexts([]),
      startsInThought: false,
      forced: false,
      now: () => 0,
    });
    expect(reply.push(0)).toEqual([]);
    expect(reply.push(1)).toEqual([]);
    expect(reply.push(2)).toEqual([{ type: 'text', channel: 'answer', text: '€', tokens: 3 }]);
  });

  it('ends before a stop text, also when it comes in pieces', () => {
    const pieces = ['Yes.', '\nUs', 'er', ': more'];
    const reply = replyOf(pieces, { stopTexts: ['\nUser:'] });
    const stoppedAfter = pieces.findIndex((_, token) => {
      reply.push(token);
      return reply.stopped;
    });
    reply.end();
    expect(stoppedAfter).toBe(3);
    expect(reply.answer).toBe('Yes.');
  });

  it('gives back what only looked like a stop text', () => {
    const reply = replyOf(['a\nUser', ' b'], { stopTexts: ['\nUser:'] });
    reply.push(0);
    reply.push(1);
    reply.end();
    expect(reply.answer).toBe('a\nUser b');
  });
});
