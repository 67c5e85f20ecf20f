import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../../webview/chat/markdown.ts';

describe('renderMarkdown', () => {
  it('shows raw HTML and thought tags of the model as text', () => {
    expect(renderMarkdown('<script>x()</script> <think>hm</think>')).toBe(
      '<p dir="auto">&lt;script&gt;x()&lt;/script&gt; &lt;think&gt;hm&lt;/think&gt;</p>\n',
    );
  });

  it.each(['javascript:alert(1)', 'JaVaScRiPt:alert(1)', 'command:x', 'vscode://a/b', 'file:///etc/passwd', 'data:text/html,x', './a.ts'])(
    'shows a link to %s as text with its target in the tooltip',
    (target) => {
      const html = renderMarkdown(`[click](${target})`);
      expect(html).not.toContain('href');
      expect(html).toContain('class="dead-link"');
      expect(html).toContain('>click</span>');
    },
  ); // prettier-ignore

  it('shows the real target of a link in its tooltip, whatever title the model wrote', () => {
    expect(renderMarkdown('[bank](https://example.com "https://bank.example")')).toBe(
      '<p dir="auto"><a href="https://example.com" title="https://example.com">bank</a></p>\n',
    );
  });

  it('fetches no image: it becomes a link', () => {
    const html = renderMarkdown('![pixel](https://example.com/p.png)');
    expect(html).not.toContain('<img');
    expect(html).toContain('href="https://example.com/p.png"');
  });

  it('does not take file names for addresses', () => {
    expect(renderMarkdown('See main.rs and index.md.')).not.toContain('href');
  });

  it('writes no style attribute, because the policy would refuse it', () => {
    const html = renderMarkdown('| a | b |\n|:-:|--:|\n| 1 | 2 |\n');
    expect(html).not.toContain('style=');
    expect(html).toContain('class="align-right"');
  });
});
