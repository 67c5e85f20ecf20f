// VS Code loads an extension's entry as CommonJS.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const vscode = require('vscode');

/**
 * Shows Glassbox's view, and a file of the sample where there is one, once for each profile. The embedded model is for
 * tiny programs: it gets one, selected, so that a question is all that is left to ask.
 */
exports.activate = async (context) => {
  if (context.globalState.get('shown')) return;
  await context.globalState.update('shown', true);
  const isEmbedded = !vscode.workspace.getConfiguration('glassbox').get('model.path');
  const [file] = await vscode.workspace.findFiles(isEmbedded ? 'nano/trace.js' : 'src/cart.ts', undefined, 1);
  if (file) {
    const document = await vscode.workspace.openTextDocument(file);
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    await vscode.window.showTextDocument(document, isEmbedded ? { selection: all } : {});
  }
  await vscode.commands.executeCommand('glassbox.chat.focus');
};
