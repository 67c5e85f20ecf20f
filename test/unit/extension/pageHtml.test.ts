import { describe, expect, it } from 'vitest';
import { pageHtml } from '../../../src/extension/pages/pageHtml.ts';

const html = pageHtml({
  nonce: 'N0NCE',
  scriptUri: 'https://x/chat.js?a=1&b="',
  styleUri: 'https://x/chat.css',
  language: 'de',
});

describe('The HTML of a webview', () => {
  it('allows nothing but the script and the style that carry the nonce', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/u.exec(html)?.[1] ?? '';
    expect(policy.split('; ').sort()).toEqual([
      "base-uri 'none'",
      "default-src 'none'",
      "form-action 'none'",
      "script-src 'nonce-N0NCE'",
      "style-src 'nonce-N0NCE'",
    ]);
  });

  it('has no inline script, style or handler', () => {
    expect(html).not.toMatch(/<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/u);
  });

  it('escapes what it puts into attributes and names its language', () => {
    expect(html).toContain('src="https://x/chat.js?a=1&amp;b=&quot;"');
    expect(html).toContain('<html lang="de">');
  });
});
