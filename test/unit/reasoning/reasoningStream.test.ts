import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReasoningStreamOptions, StreamEvent } from '../../../src/reasoning/reasoningStream.ts';
import { ReasoningStream } from '../../../src/reasoning/reasoningStream.ts';

interface Split {
  /** Absent when the reply had no thought. */
  readonly thought?: string;
  readonly closed?: boolean;
  readonly answer: string;
}

/** Runs pieces through a stream, and checks on the way that the events are in a lawful order. */
function run(pieces: readonly string[], options?: ReasoningStreamOptions): Split {
  const stream = new ReasoningStream(options);
  return collect([...pieces.flatMap((piece) => stream.push(piece)), ...stream.end()]);
}

function collect(events: readonly StreamEvent[]): Split {
  let phase: 'before' | 'thought' | 'answer' = 'before';
  let thought: string | undefined;
  let closed: boolean | undefined;
  let answer = '';
  for (const event of events) {
    if (event.type === 'thoughtStart') {
      expect(phase).toBe('before');
      [phase, thought] = ['thought', ''];
    } else if (event.type === 'thoughtEnd') {
      expect(phase).toBe('thought');
      [phase, closed] = ['answer', event.closed];
    } else {
      expect(event.text).not.toBe('');
      if (event.channel === 'thought') {
        expect(phase).toBe('thought');
        thought = (thought ?? '') + event.text;
      } else {
        expect(phase).not.toBe('thought');
        phase = 'answer';
        answer += event.text;
      }
    }
  }
  expect(phase).not.toBe('thought');
  return {
    ...(thought === undefined ? {} : { thought }),
    ...(closed === undefined ? {} : { closed }),
    answer,
  };
}

/** The same split by regular expressions over the whole reply: the plain twin of the state machine. */
function splitWhole(reply: string, startsInThought: boolean): Split {
  const start = startsInThought
    ? /^(?:[ \t\r\n]*<think>)*/.exec(reply)
    : /^[ \t\r\n]*<think>(?:[ \t\r\n]*<think>)*/.exec(reply);
  if (!start) return { answer: beginning(reply, false) };
  const rest = reply.slice(start[0].length);
  const onTagLine = startsInThought || start[0] !== '';
  const close = /(?<!`)<\/think>|(?<=`)<\/think>(?!`)/.exec(rest);
  const body = close ? rest.slice(0, close.index) : rest;
  const thought = /^[ \t\r\n]*$/.test(body)
    ? undefined
    : firstLine(body, onTagLine).replace(/[ \t\r\n]+$/, '');
  return {
    ...(thought === undefined ? {} : { thought, closed: close !== null }),
    answer: close ? beginning(rest.slice(close.index + close[0].length), true) : '',
  };
}

function beginning(text: string, afterTag: boolean): string {
  const tags = /^(?:[ \t\r\n]*<\/think>)+/.exec(text)?.[0] ?? '';
  return firstLine(text.slice(tags.length), afterTag || tags !== '');
}

function firstLine(text: string, onTagLine: boolean): string {
  const white = /^[ \t\r\n]*/.exec(text)?.[0] ?? '';
  if (white.length === text.length) return '';
  const indentation = /[\r\n]/.test(white) ? white.replace(/^.*[\r\n]/s, '') : onTagLine ? '' : white;
  return indentation + text.slice(white.length);
}

/** Texts in which every decision of the machine is likely to come up. */
const replies = fc
  .array(
    fc.constantFrom(
      '<think>',
      '</think>',
      '<',
      '</',
      'think',
      '>',
      '`',
      '```',
      '\n',
      ' ',
      '\t',
      'a',
      'Ω',
      '😀',
      '\r\n',
    ),
    { maxLength: 24 },
  )
  .map((parts) => parts.join(''));

const cutReplies = replies.chain((reply) =>
  fc
    .array(fc.nat({ max: reply.length }), { maxLength: 12 })
    .map((cuts) => [...cuts, 0, reply.length].sort((a, b) => a - b))
    .map((cuts) => ({ reply, pieces: cuts.slice(1).map((cut, i) => reply.slice(cuts[i], cut)) })),
);

describe('ReasoningStream, for any reply and any way of cutting it', () => {
  it.each([false, true])(
    'splits as the whole reply would be split (startsInThought: %s)',
    (startsInThought) => {
      fc.assert(
        fc.property(cutReplies, ({ reply, pieces }) => {
          expect(run(pieces, { startsInThought })).toEqual(splitWhole(reply, startsInThought));
        }),
        { numRuns: 5000, seed: 1 },
      );
    },
  );

  it('splits the same when it arrives by UTF-16 units', () => {
    fc.assert(
      fc.property(replies, fc.boolean(), (reply, startsInThought) => {
        expect(run(reply.split(''), { startsInThought })).toEqual(run([reply], { startsInThought }));
      }),
      { numRuns: 2000, seed: 2 },
    );
  });

  it('loses and doubles nothing but tags and white space around them', () => {
    fc.assert(
      fc.property(cutReplies, fc.boolean(), ({ reply, pieces }, startsInThought) => {
        const { thought = '', answer } = run(pieces, { startsInThought });
        const bare = (text: string) => text.replace(/<\/?think>|\s/g, '');
        expect(bare(`${thought} ${answer}`)).toBe(bare(reply.replace(/<\/?think>/g, ' ')));
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});

describe('ReasoningStream', () => {
  const cases: readonly [what: string, reply: string, expected: Split, options?: ReasoningStreamOptions][] = [
    [
      'separates thought and answer',
      '<think>\nHm.\n</think>\n\nYes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
    ],
    [
      'begins in the thought when the template opened it',
      'Hm.\n</think>\n\nYes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
      { startsInThought: true },
    ],
    [
      'drops an opening tag that repeats the one of the template',
      '\n<think>\nHm.</think>Yes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
      { startsInThought: true },
    ],
    [
      'takes a thought that is never closed to the end',
      '<think>Hm, \n',
      { thought: 'Hm,', closed: false, answer: '' },
    ],
    [
      'shows the beginning of a tag that never came',
      '<think>a </thi',
      { thought: 'a </thi', closed: false, answer: '' },
    ],
    ['passes a reply without a thought', 'Yes. <b>Yes</b>', { answer: 'Yes. <b>Yes</b>' }],
    ['passes a reply that begins like a tag', '<thing>', { answer: '<thing>' }],
    ['passes an unfinished opening tag as answer', '<thin', { answer: '<thin' }],
    ['makes no thought of white space', '<think>\n\n</think>\n\nYes.', { answer: 'Yes.' }],
    [
      'ignores white space before the opening tag',
      '\n  <think>Hm.</think> Yes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
    ],
    [
      'leaves tags in the answer as they are, in code blocks and outside',
      '<think>Hm.</think>```xml\n<think>x</think>\n```\n<think>y</think>',
      { thought: 'Hm.', closed: true, answer: '```xml\n<think>x</think>\n```\n<think>y</think>' },
    ],
    [
      'leaves tags in an answer without a thought',
      'Use `<think>`.\n</think>',
      { answer: 'Use `<think>`.\n</think>' },
    ],
    [
      'drops a second closing tag where the answer begins',
      '<think>Hm.</think>\n</think>\nYes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
    ],
    ['drops a closing tag of a thought that never began', '</think>\n\nYes.', { answer: 'Yes.' }],
    [
      'does not nest',
      '<think>a <think> b</think>Yes.',
      { thought: 'a <think> b', closed: true, answer: 'Yes.' },
    ],
    [
      'keeps a closing tag that the thought quotes between backticks',
      '<think>It ends with `</think>`, so.</think>Yes.',
      { thought: 'It ends with `</think>`, so.', closed: true, answer: 'Yes.' },
    ],
    [
      'closes after a lone backtick',
      '<think>a `</think>Yes.',
      { thought: 'a `', closed: true, answer: 'Yes.' },
    ],
    [
      'closes after a lone backtick at the end',
      '<think>a `</think>',
      { thought: 'a `', closed: true, answer: '' },
    ],
    [
      'closes inside a fence, so that an open fence cannot swallow the answer',
      '<think>```ts\nlet a;\n</think>\nYes.',
      { thought: '```ts\nlet a;', closed: true, answer: 'Yes.' },
    ],
    ['takes other tags for text', '<thinking>Hm.</thinking>Yes.', { answer: '<thinking>Hm.</thinking>Yes.' }],
    ['is case-sensitive', '<Think>Hm.</Think>', { answer: '<Think>Hm.</Think>' }],
    [
      'keeps the indentation of the first line',
      '<think>a</think>\n\n    return 1;\n',
      { thought: 'a', closed: true, answer: '    return 1;\n' },
    ],
    [
      'takes the tags of another model',
      '<|START|>Hm.<|END|>Yes.',
      { thought: 'Hm.', closed: true, answer: 'Yes.' },
      { markers: { open: '<|START|>', close: '<|END|>' } },
    ],
    ['has nothing to say about an empty reply', '', { answer: '' }],
  ];
  it.each(cases)('%s', (_what, reply, expected, options) => {
    expect(run([reply], options)).toEqual(expected);
    expect(run(reply.split(''), options)).toEqual(expected);
  });

  it('lets unambiguous text flow at once', () => {
    const stream = new ReasoningStream();
    stream.push('<think>');
    expect(stream.push('Let me')).toEqual([
      { type: 'thoughtStart' },
      { type: 'text', channel: 'thought', text: 'Let me' },
    ]);
    expect(stream.push(' see if a <')).toEqual([{ type: 'text', channel: 'thought', text: ' see if a' }]);
    expect(stream.push(' b')).toEqual([{ type: 'text', channel: 'thought', text: ' < b' }]);
    stream.push('</think>\n\n');
    expect(stream.push('It is <')).toEqual([{ type: 'text', channel: 'answer', text: 'It is <' }]);
  });

  it('knows the channel of the next text', () => {
    const stream = new ReasoningStream();
    expect(stream.channel).toBe('answer');
    stream.push('<think>');
    expect(stream.channel).toBe('thought');
    stream.push('a</think>');
    expect(stream.channel).toBe('answer');
    expect(new ReasoningStream({ startsInThought: true }).channel).toBe('thought');
  });

  it('can be told that the thought is over', () => {
    const stream = new ReasoningStream({ startsInThought: true });
    const events = [
      ...stream.push('So a </th'),
      ...stream.closeThought(),
      ...stream.closeThought(),
      ...stream.push('\n</think>\n\nYes'),
      ...stream.end(),
    ];
    expect(collect(events)).toEqual({ thought: 'So a </th', closed: true, answer: 'Yes' });
  });

  it('makes no thought of one that is closed before its first text', () => {
    const stream = new ReasoningStream({ startsInThought: true });
    expect(collect([...stream.closeThought(), ...stream.push(' Yes'), ...stream.end()])).toEqual({
      answer: 'Yes',
    });
  });

  it('refuses text after the end', () => {
    const stream = new ReasoningStream();
    stream.end();
    expect(stream.end()).toEqual([]);
    expect(() => stream.push('a')).toThrow('the reply has ended');
  });

  it('refuses markers that trimming would break', () => {
    expect(() => new ReasoningStream({ markers: { open: '', close: '</x>' } })).toThrow(RangeError);
    expect(() => new ReasoningStream({ markers: { open: '<x>', close: '\n</x>' } })).toThrow(RangeError);
  });
});
