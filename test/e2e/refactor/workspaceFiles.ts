import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fee, long, sum, totals } from './samples.ts';

/** Left in the workspace by the task `check`, which fails. */
export const checked = 'checked.txt';

const task = {
  label: 'check',
  type: 'process',
  command: 'node',
  args: ['-e', `fs.writeFileSync("${checked}", ""), console.error("3 checks failed"), process.exit(1)`],
  presentation: { reveal: 'never' },
};

/** Puts what is refactored into a workspace, and a task that fails. */
export async function writeWorkspaceFiles(workspace: string): Promise<void> {
  const files = {
    'totals.js': totals,
    'sum.js': sum,
    'weights.js': sum,
    'remarked.js': `${sum}\n${totals}`,
    'fruits.txt': 'An apple costs 5.\nTwo apple pies cost 9, a pineapple 4.\n',
    'more.txt': 'No apple.\n',
    'long.js': long,
    // One of them as it comes from Windows.
    'fee.ts': fee.replaceAll('\n', '\r\n'),
    '.vscode/tasks.json': JSON.stringify({ version: '2.0.0', tasks: [task] }),
  };
  await mkdir(path.join(workspace, '.vscode'));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(workspace, name), text);
}
