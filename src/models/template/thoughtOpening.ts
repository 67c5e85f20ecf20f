import type { ReasoningMode } from '../../protocol/generation.ts';
import { THINK_CLOSE, THINK_OPEN } from '../tokenizer/tokenRoles.ts';

/** How a prompt leaves the thought to the model. */
export interface ThoughtOpening {
  readonly text: string;
  /** The reply begins inside a thought: its first tag will be `</think>`. */
  readonly opensThought: boolean;
  /** Whether Glassbox opened it, rather than the template. */
  readonly forced: boolean;
}

const openEnd = new RegExp(`${THINK_OPEN}\\s*$`, 'u');
const closedEnd = new RegExp(`${THINK_OPEN}\\s*${THINK_CLOSE}\\s*$`, 'u');

/**
 * Makes the end of a rendered prompt fit the reasoning mode. `text` must still have its guards, so that only the
 * template's own tags are seen.
 * @param thinks whether the model is one that thinks: template or vocabulary know the tags
 */
export function openThought(text: string, mode: ReasoningMode, thinks: boolean): ThoughtOpening {
  const isOpen = openEnd.test(text);
  const isClosed = closedEnd.test(text);
  switch (mode) {
    case 'auto':
      return { text, opensThought: isOpen, forced: false };
    case 'force': {
      if (isOpen) return { text, opensThought: true, forced: false };
      const open = isClosed ? text.replace(closedEnd, '') : text;
      return { text: `${open}${THINK_OPEN}\n`, opensThought: true, forced: true };
    }
    case 'off': {
      if (isClosed || (!isOpen && !thinks)) return { text, opensThought: false, forced: false };
      const bare = isOpen ? text.replace(openEnd, '') : text;
      return { text: `${bare}${THINK_OPEN}\n\n${THINK_CLOSE}\n\n`, opensThought: false, forced: false };
    }
  }
}
