import { fence, fenceTag } from '../../reasoning/prompts/fence.ts';

const opening = /^ {0,3}(?<marks>`{3,}|~{3,})(?<tag>[^`]*)$/u;

/**
 * What a model wrote, as Markdown in which only its blocks of code are Markdown: links, pictures and HTML of a model are hostile.
 * A block that is not closed (yet) goes on to the end.
 * @param escape makes Markdown that shows a text as it is
 */
export function answerMarkdown(answer: string, escape: (text: string) => string): string {
  const parts: string[] = [];
  let lines: string[] = [];
  let open: { readonly marks: string; readonly tag: string } | undefined;
  const close = (): void => {
    const text = lines.join('\n');
    lines = [];
    if (open !== undefined) parts.push(fence(text, open.tag));
    else if (text.trim() !== '') parts.push(escape(text.trim()));
    open = undefined;
  };
  for (const line of answer.split(/\r?\n/u)) {
    const { marks = '', tag = '' } = opening.exec(line)?.groups ?? {};
    if (open !== undefined) {
      const isEnd = tag.trim() === '' && marks.startsWith(open.marks);
      if (isEnd) close();
      else lines.push(line);
    } else if (marks === '') {
      lines.push(line);
    } else {
      close();
      open = { marks, tag: fenceTag(tag.trim().split(/\s/u, 1)[0] ?? '') };
    }
  }
  if (open !== undefined || lines.length > 0) close();
  return parts.join('\n\n');
}
