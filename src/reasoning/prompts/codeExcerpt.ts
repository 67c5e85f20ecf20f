import { fence, fenceTag, inlineCode } from './fence.ts';

/** A document, or the part of it that is selected. Lines count from 1; both ends are included. */
export interface CodeExcerpt {
  /** Relative to the workspace where there is one. */
  readonly path: string;
  readonly languageId: string;
  readonly text: string;
  readonly lines?: { readonly first: number; readonly last: number };
}

/** `cart.ts`, or `cart.ts:10-24` for a part of it. */
export function excerptLabel({ path, lines }: Pick<CodeExcerpt, 'path' | 'lines'>): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (lines === undefined) return name;
  return lines.first === lines.last ? `${name}:${lines.first}` : `${name}:${lines.first}-${lines.last}`;
}

/** Code under a line that says where it is from. */
export function renderExcerpt(excerpt: CodeExcerpt): string {
  const { lines } = excerpt;
  const place =
    lines === undefined
      ? ''
      : lines.first === lines.last
        ? `, line ${lines.first}`
        : `, lines ${lines.first} to ${lines.last}`;
  return `${inlineCode(excerpt.path)}${place}:\n\n${fence(excerpt.text, fenceTag(excerpt.languageId))}`;
}
