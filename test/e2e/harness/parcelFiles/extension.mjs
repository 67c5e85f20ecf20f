// A file system that VS Code knows nothing of: it cannot search in it, and no other extension reads it from the disk.
import fs from 'node:fs/promises';
import * as vscode from 'vscode';

/** @type {(error: unknown, uri: import('vscode').Uri) => never} */
function rethrow(error, uri) {
  throw error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? vscode.FileSystemError.FileNotFound(uri)
    : error;
}

/** @param {import('vscode').ExtensionContext} context */
export function activate(context) {
  /** @type {import('vscode').EventEmitter<import('vscode').FileChangeEvent[]>} */
  const changed = new vscode.EventEmitter();
  /** @type {import('vscode').FileSystemProvider} */
  const provider = {
    onDidChangeFile: changed.event,
    watch: () => new vscode.Disposable(() => undefined),
    stat: async (uri) => {
      const found = await fs.stat(uri.path).catch((error) => rethrow(error, uri));
      const type = found.isDirectory() ? vscode.FileType.Directory : vscode.FileType.File;
      return { type, ctime: found.ctimeMs, mtime: found.mtimeMs, size: found.size };
    },
    readDirectory: async (uri) => {
      const entries = await fs
        .readdir(uri.path, { withFileTypes: true })
        .catch((error) => rethrow(error, uri));
      return entries.map((entry) => [
        entry.name,
        entry.isDirectory() ? vscode.FileType.Directory : vscode.FileType.File,
      ]);
    },
    readFile: async (uri) =>
      new Uint8Array(await fs.readFile(uri.path).catch((error) => rethrow(error, uri))),
    writeFile: async (uri, content) => {
      await fs.writeFile(uri.path, content);
      changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    },
    createDirectory: (uri) => fs.mkdir(uri.path),
    delete: (uri, { recursive }) => fs.rm(uri.path, { recursive }),
    rename: (from, to) => fs.rename(from.path, to.path),
  };
  context.subscriptions.push(vscode.workspace.registerFileSystemProvider('parcel', provider));
}
