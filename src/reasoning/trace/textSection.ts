import { decodeText } from './decodeText.ts';

export interface TraceTexts {
  readonly thought: string;
  readonly answer: string;
}

/** Thought and answer of a trace file; empty, with a problem, when they are not there. */
export function readTexts(payload: Uint8Array | undefined, problems: string[]): TraceTexts {
  if (payload && payload.length >= 8) {
    const view = new DataView(payload.buffer, payload.byteOffset);
    const thoughtEnd = 8 + view.getUint32(0, true);
    if (thoughtEnd + view.getUint32(4, true) === payload.length) {
      const thought = decodeText(payload.subarray(8, thoughtEnd));
      const answer = decodeText(payload.subarray(thoughtEnd));
      if (!thought.whole || !answer.whole) problems.push('The text has bytes that are no UTF-8.');
      return { thought: thought.text, answer: answer.text };
    }
  }
  problems.push('The text of thought and answer is missing.');
  return { thought: '', answer: '' };
}
