import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';

/** Where other people's code is, and what was made of one's own. */
const foreign: readonly string[] = ['node_modules', 'dist', 'out', 'build', 'target', '.git'];

/** Schemes of folders that VS Code's own search reads. */
const searched: readonly string[] = ['file', 'vscode-remote'];
/** For a virtual workspace that nobody searches, the search waits until somebody does: for ever. */
const mostSearchMs = 5000;

/**
 * The files of a workspace folder that end like a document, the document among them. A virtual workspace whose files cannot be
 * searched is read by its file system.
 * @param most more files than these are left out
 */
export async function filesBeside(
  document: vscode.Uri,
  most: number,
  token: vscode.CancellationToken,
): Promise<readonly vscode.Uri[]> {
  const ending = /\.[^./]+$/u.exec(document.path)?.[0];
  const folder = vscode.workspace.getWorkspaceFolder(document);
  if (ending === undefined || folder === undefined) return [document];
  const search = vscode.workspace.findFiles(
    new vscode.RelativePattern(folder, `**/*${ending}`),
    `**/{${foreign.join(',')}}/**`,
    most,
    token,
  );
  const found = searched.includes(folder.uri.scheme)
    ? await search
    : await Promise.race([search, pause(mostSearchMs, [])]);
  const isHere = (uri: vscode.Uri): boolean => uri.toString() === document.toString();
  if (found.some(isHere)) return found;
  const read = found.length > 0 ? found : await filesBelow(folder.uri, ending, most, token);
  return read.some(isHere) ? read : [document, ...read];
}

/** Breadth first, so that of a folder that is too large the nearest files are there. Folders that cannot be read are passed over. */
async function filesBelow(
  root: vscode.Uri,
  ending: string,
  most: number,
  token: vscode.CancellationToken,
): Promise<readonly vscode.Uri[]> {
  const files: vscode.Uri[] = [];
  const folders = [root];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    const entries = await vscode.workspace.fs.readDirectory(folder).then(
      (all) => all,
      () => [],
    );
    for (const [name, type] of entries) {
      if (token.isCancellationRequested || files.length === most) return files;
      const uri = vscode.Uri.joinPath(folder, name);
      // A link may lead back to where it stands.
      if (type === vscode.FileType.Directory && !foreign.includes(name)) folders.push(uri);
      else if (type === vscode.FileType.File && name.endsWith(ending)) files.push(uri);
    }
  }
  return files;
}
