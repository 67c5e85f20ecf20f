export interface PageHtmlOptions {
  /** Fresh for every page; the only script and style that may run carry it. */
  readonly nonce: string;
  /** As the webview reaches them. */
  readonly scriptUri: string;
  readonly styleUri: string;
  /** BCP 47, for screen readers. */
  readonly language: string;
}

/**
 * The HTML of a webview. Nothing is allowed that is not listed: no network, no frames, no images, no
 * inline script or style, no form.
 */
export function pageHtml({ nonce, scriptUri, styleUri, language }: PageHtmlOptions): string {
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    `base-uri 'none'`,
    `form-action 'none'`,
  ];
  return `<!DOCTYPE html>
<html lang="${escapeAttribute(language)}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Glassbox</title>
    <link rel="stylesheet" nonce="${nonce}" href="${escapeAttribute(styleUri)}">
  </head>
  <body>
    <script nonce="${nonce}" src="${escapeAttribute(scriptUri)}"></script>
  </body>
</html>
`;
}

function escapeAttribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
