import type { ThoughtMarkers } from './markers.ts';
import { THINK_MARKERS } from './markers.ts';
import { ReasoningStream } from './reasoningStream.ts';

/**
 * The answer of a whole reply, for places that a thought must never reach: documents, the history, commit messages,
 * other extensions. Takes away what ReasoningStream calls a thought and, since the whole reply is known here,
 * two things that it cannot know while text flows:
 *
 * - Without an opening tag, everything up to the first closing tag that ends a line was a thought whose opening tag
 *   stood in the prompt.
 * - A later pair of tags whose opening tag begins a line encloses another thought.
 *
 * Tags in fenced code blocks or between backticks, and tags in the middle of a sentence, are text that the answer is
 * about, and stay. In doubt a line is taken for thought: what is lost here is still in the panel.
 */
export function stripThought(reply: string, markers: ThoughtMarkers = THINK_MARKERS): string {
  return withoutLaterThoughts(answerOf(reply, markers), markers);
}

function answerOf(reply: string, markers: ThoughtMarkers): string {
  const opened = reply.trimStart().startsWith(markers.open);
  const thoughtEnd = opened ? undefined : closingLineEnd(reply, markers, 0);
  const stream = new ReasoningStream({ markers });
  return [...stream.push(reply.slice(thoughtEnd ?? 0)), ...stream.end()]
    .map((event) => (event.type === 'text' && event.channel === 'answer' ? event.text : ''))
    .join('');
}

function withoutLaterThoughts(answer: string, markers: ThoughtMarkers): string {
  let kept = '';
  let from = 0;
  for (const line of linesOutsideFences(answer)) {
    if (line.start < from || !line.text.trimStart().startsWith(markers.open)) continue;
    const end = closingLineEnd(answer, markers, line.start);
    if (end === undefined) break;
    kept += answer.slice(from, line.start);
    from = end;
  }
  return kept + answer.slice(from);
}

/** Where the line ends that is the first from `from` on to end with an unquoted closing tag outside a fence. */
function closingLineEnd(text: string, { close }: ThoughtMarkers, from: number): number | undefined {
  for (const line of linesOutsideFences(text.slice(from))) {
    if (line.text.trimEnd().endsWith(close)) return from + line.end;
  }
  return undefined;
}

interface Line {
  readonly start: number;
  /** After the line break. */
  readonly end: number;
  /** Without the line break. */
  readonly text: string;
}

/** The lines that are neither inside a fenced code block (CommonMark 0.31, 4.5) nor a fence themselves. */
function* linesOutsideFences(text: string): Generator<Line> {
  let fence: string | undefined;
  let start = 0;
  while (start < text.length) {
    const lineBreak = text.indexOf('\n', start);
    const end = lineBreak < 0 ? text.length : lineBreak + 1;
    const line = { start, end, text: text.slice(start, lineBreak < 0 ? end : lineBreak) };
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line.text.trimEnd());
    const [, run = '', rest = ''] = mark ?? [];
    if (fence !== undefined) {
      if (run.startsWith(fence) && rest.trim() === '') fence = undefined;
    } else if (run !== '' && !(run.startsWith('`') && rest.includes('`'))) {
      fence = run;
    } else {
      yield line;
    }
    start = end;
  }
}
