import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';

/**
 * Markdown of model answers to HTML text. No DOM here: the result still has to pass `sanitize`.
 *
 * Differences to CommonMark, each for a reason: raw HTML is text (the model is not trusted); images become links
 * (nothing is fetched); link reference definitions are off, because a definition could change blocks that are
 * finished already (see `BlockSplitter`).
 */

/** What a link of an answer may open. Everything else is shown as text with its target in the tooltip. */
const openable = /^(?:https?:\/\/|mailto:)/i;

const parser = new MarkdownIt({ html: false, linkify: true, breaks: false, typographer: false });
parser.disable('reference');
// Only texts with a scheme are links: `main.rs` and `index.md` look like host names to a fuzzy matcher.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
parser.validateLink = () => true;

parser.core.ruler.push('glassbox-safe-links', (state) => {
  for (const token of state.tokens) {
    if (token.children) rewriteLinks(token.children);
  }
});

parser.core.ruler.push('glassbox-direction', (state) => {
  for (const token of state.tokens) {
    if (token.nesting === 1 && directed.has(token.tag)) token.attrSet('dir', 'auto');
    const style = token.attrGet('style');
    if (style === null) continue;
    // The CSP refuses style attributes; the only ones that the parser writes align table cells.
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style');
    const alignment = /text-align:(left|center|right)/.exec(String(style))?.[1];
    if (alignment !== undefined) token.attrSet('class', `align-${alignment}`);
  }
});

const directed = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'li', 'th', 'td', 'blockquote']);

parser.renderer.rules['image'] = (tokens, index) => {
  const token = tokens[index];
  if (!token) return '';
  const target = String(token.attrGet('src') ?? '');
  const label = parser.utils.escapeHtml(token.content || target);
  const escaped = parser.utils.escapeHtml(target);
  return openable.test(target)
    ? `<a href="${escaped}" title="${escaped}" class="image-link">${label}</a>`
    : `<span class="dead-link" title="${escaped}">${label}</span>`;
};

function rewriteLinks(tokens: readonly Token[]): void {
  let dead = false;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const target = String(token.attrGet('href') ?? '');
      dead = !openable.test(target);
      if (dead) {
        token.tag = 'span';
        token.attrs = [
          ['class', 'dead-link'],
          ['title', target],
        ];
      } else {
        // The tooltip is the real target, whatever title the model gave it.
        token.attrSet('title', target);
      }
    } else if (token.type === 'link_close') {
      if (dead) token.tag = 'span';
      dead = false;
    }
  }
}

export function renderMarkdown(source: string): string {
  return parser.render(source);
}

/**
 * Offsets at which the top-level blocks of `source` begin, ascending. Line ends must be `\n`.
 */
export function topLevelBlockStarts(source: string): readonly number[] {
  const tokens: Token[] = [];
  parser.block.parse(source, parser, {}, tokens);
  const starts: number[] = [];
  let line = 0;
  let offset = 0;
  for (const token of tokens) {
    if (token.level !== 0 || token.nesting < 0 || !token.map) continue;
    const [firstLine] = token.map;
    while (line < firstLine) {
      offset = source.indexOf('\n', offset) + 1;
      line += 1;
    }
    starts.push(offset);
  }
  return starts;
}
