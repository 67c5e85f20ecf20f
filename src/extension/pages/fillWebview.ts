import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pageHtml } from './pageHtml.ts';

/** Shows one of the bundles of `webview/`, which may read nothing but itself. */
export function fillWebview(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  page: 'chat' | 'diagnostics' | 'trace',
): void {
  const pages = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
  webview.options = {
    enableScripts: true,
    enableForms: false,
    enableCommandUris: false,
    localResourceRoots: [pages],
  };
  webview.html = pageHtml({
    nonce: randomBytes(18).toString('base64url'),
    scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(pages, `${page}.js`)).toString(),
    styleUri: webview.asWebviewUri(vscode.Uri.joinPath(pages, `${page}.css`)).toString(),
    language: vscode.env.language,
  });
}
