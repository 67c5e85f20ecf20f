/** What a text comes to. `box` and `code` are exact, `stated` was called the answer. */
export interface FinalValue {
  readonly form: 'box' | 'code' | 'stated';
  /** As it stands in the text. */
  readonly value: string;
  /** UTF-16 offset at which it begins. */
  readonly at: number;
}

/** A value is what a person would copy; longer ones are no value. */
const MAX_STATED = 200;
const STATED =
  /\banswer(?: (?:here|then|to \w+ \w+))? *(?:(?:is|are|=|:|should be|would be|will be|must be|comes (?:out )?to)(?: (?:simply|just|therefore|indeed|that|thus|exactly)\b)?) *:?/giu;
const CHINESE_STATED = /(?:答案|结果)(?:就)?(?:应该)?(?:是|为|等于)[:：]?/gu;

/** The last `\boxed{}` of a text, with balanced braces. */
export function boxedValue(text: string): FinalValue | undefined {
  const marker = '\\boxed{';
  const open = text.lastIndexOf(marker);
  if (open === -1) return undefined;
  const from = open + marker.length;
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === '}') depth--;
    if (depth === 0) return { form: 'box', value: text.slice(from, at), at: open };
  }
  return undefined;
}

/** What is in the last fenced block that is closed. */
export function lastCodeBlock(text: string): FinalValue | undefined {
  let open: { fence: string; from: number } | undefined;
  let last: FinalValue | undefined;
  let lineStart = 0;
  for (const line of text.split('\n')) {
    const [, fence, rest = ''] = /^\s*(`{3,}|~{3,})(.{0,200})/u.exec(line) ?? [];
    if (fence !== undefined && !open) {
      open = { fence, from: lineStart + line.length + 1 };
    } else if (fence !== undefined && open && fence.startsWith(open.fence) && rest.trim() === '') {
      last = {
        form: 'code',
        value: text.slice(open.from, Math.max(open.from, lineStart - 1)),
        at: open.from,
      };
      open = undefined;
    }
    lineStart += line.length + 1;
  }
  return last;
}

/** What the text last calls the answer: the rest of that sentence. */
export function statedValue(text: string): FinalValue | undefined {
  let end: number | undefined;
  for (const pattern of [STATED, CHINESE_STATED]) {
    for (const match of text.matchAll(pattern)) end = Math.max(end ?? 0, match.index + match[0].length);
  }
  if (end === undefined) return undefined;
  const [value = ''] = /^(?:[^\n.。！!?]|\.(?=\S))*/u.exec(text.slice(end, end + MAX_STATED + 1)) ?? [];
  return value.trim() === '' || value.length > MAX_STATED
    ? undefined
    : { form: 'stated', value: value.trim(), at: end };
}

/** What an answer comes to: its last box, else its last block of code, else what it calls the answer. */
export function finalValue(text: string): FinalValue | undefined {
  return boxedValue(text) ?? lastCodeBlock(text) ?? statedValue(text);
}
