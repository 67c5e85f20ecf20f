import { element } from '../element.ts';
import { highlight } from './highlight.ts';
import { iconButton } from './iconButton.ts';
import { sanitize } from './sanitize.ts';
import { strings } from './strings.ts';

export interface CodeBlock {
  readonly element: HTMLElement;
  /** Where the code's text goes. */
  readonly code: HTMLElement;
}

/**
 * A code block with its copy and insert buttons. The buttons have no listeners of their own: the page listens
 * once for `data-action` (see `codeActions`), so that blocks can be made and replaced freely while they stream.
 */
export function createCodeBlock(language: string): CodeBlock {
  const code = element('code', { attributes: { dir: 'ltr' } });
  const insert = iconButton('insert', strings.insertCode);
  insert.dataset['action'] = 'insert-code';
  const copy = iconButton('copy', strings.copyCode);
  copy.dataset['action'] = 'copy-code';
  const block = element('div', {
    class: 'code-block',
    attributes: { dir: 'ltr' },
    children: [
      element('div', {
        class: 'code-head',
        children: [element('span', { class: 'code-language', text: language.slice(0, 40) }), insert, copy],
      }),
      element('pre', {
        attributes: { tabindex: '0', role: 'group', 'aria-label': strings.code(language.slice(0, 40)) },
        children: [code],
      }),
    ],
  });
  return { element: block, code };
}

/**
 * Replaces every `<pre><code>` of rendered Markdown by a code block, and colours it.
 *
 * @param open whether the Markdown may go on; the code at its very end is then not coloured yet
 */
export function decorateCode(fragment: DocumentFragment, open: boolean): void {
  const all = [...fragment.querySelectorAll('pre')];
  for (const pre of all) {
    const text = pre.textContent;
    const className = pre.querySelector('code')?.className ?? '';
    const language = /language-(\S+)/.exec(className)?.[1] ?? '';
    const block = createCodeBlock(language);
    const growing = open && pre === all.at(-1) && isAtEnd(pre, fragment);
    const html = growing ? undefined : highlight(text, language);
    if (html === undefined) block.code.textContent = text;
    else block.code.append(sanitize(html));
    pre.replaceWith(block.element);
  }
}

function isAtEnd(node: Node, root: Node): boolean {
  for (let current = node; current !== root && current.parentNode; current = current.parentNode) {
    for (let next = current.nextSibling; next; next = next.nextSibling) {
      if (next.textContent?.trim() !== '') return false;
    }
  }
  return true;
}
