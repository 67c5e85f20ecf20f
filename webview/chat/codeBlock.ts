import { element } from './element.ts';
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

/** Replaces every `<pre><code>` of rendered Markdown by a code block, coloured when `coloured` is set. */
export function decorateCode(fragment: DocumentFragment, coloured: boolean): void {
  for (const pre of fragment.querySelectorAll('pre')) {
    const text = pre.textContent;
    const className = pre.querySelector('code')?.className ?? '';
    const language = /language-(\S+)/.exec(className)?.[1] ?? '';
    const block = createCodeBlock(language);
    const html = coloured ? highlight(text, language) : undefined;
    if (html === undefined) block.code.textContent = text;
    else block.code.append(sanitize(html));
    pre.replaceWith(block.element);
  }
}
