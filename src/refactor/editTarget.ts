/** What an answer is to change. Offsets count UTF-16 units, as VS Code and JavaScript do. */
export interface EditTarget {
  readonly languageId: string;
  /** The whole text of the document when the model was asked. */
  readonly document: string;
  /** The selection. */
  readonly start: number;
  readonly end: number;
}

/** A piece of a document with another text. */
export interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function selectedText({ document, start, end }: EditTarget): string {
  return document.slice(start, end);
}

export function applyReplacement(document: string, { start, end, text }: Replacement): string {
  return document.slice(0, start) + text + document.slice(end);
}
