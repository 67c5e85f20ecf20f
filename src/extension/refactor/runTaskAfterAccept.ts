import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';

/** How a task came out that was run after an accept. */
export interface TaskOutcome {
  readonly name: string;
  /** Undefined where the task has no process, or was ended. */
  readonly exitCode: number | undefined;
}

const runTests = 'Run tests';

/**
 * Runs the task that the setting `glassbox.refactor.afterAccept.task` names: a task's label, or "Run tests", which is the
 * workspace's test task.
 * @returns undefined where no task is set
 * @throws GlassboxError `request/invalid` when there is no such task or the workspace is not trusted
 */
export async function runTaskAfterAccept(wanted: string): Promise<TaskOutcome | undefined> {
  const label = wanted.trim();
  if (label === '') return undefined;
  if (!vscode.workspace.isTrusted) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t('The task "{0}" was not run: this folder is not trusted.', label),
    );
  }
  const task = choose(await vscode.tasks.fetchTasks(), label);
  if (task === undefined) {
    throw new GlassboxError(
      'request/invalid',
      vscode.l10n.t(
        'There is no task "{0}" to run after an accept. The setting glassbox.refactor.afterAccept.task names a task of tasks.json, or "Run tests".',
        label,
      ),
    );
  }
  return { name: task.name, exitCode: await exitCodeOf(task) };
}

function choose(tasks: readonly vscode.Task[], label: string): vscode.Task | undefined {
  const named = tasks.find(({ name, source }) => name === label || `${source}: ${name}` === label);
  if (named !== undefined || label.toLowerCase() !== runTests.toLowerCase()) return named;
  const tests = tasks.filter(({ group }) => group?.id === vscode.TaskGroup.Test.id);
  return tests.find(({ group }) => group?.isDefault === true) ?? tests[0];
}

async function exitCodeOf(task: vscode.Task): Promise<number | undefined> {
  const listeners: vscode.Disposable[] = [];
  try {
    return await new Promise<number | undefined>((resolve, reject) => {
      let execution: vscode.TaskExecution | undefined;
      // A task may end before `executeTask` has told which execution it is.
      const early: (readonly [vscode.TaskExecution, number | undefined])[] = [];
      const ended = (which: vscode.TaskExecution, code: number | undefined): void => {
        if (execution === undefined) early.push([which, code]);
        else if (which === execution) resolve(code);
      };
      listeners.push(
        vscode.tasks.onDidEndTaskProcess(({ execution: which, exitCode }) => ended(which, exitCode)),
        vscode.tasks.onDidEndTask(({ execution: which }) => {
          // The end of the process, which has the code, is told before this one or right after it.
          setTimeout(() => ended(which, undefined), 200);
        }),
      );
      vscode.tasks.executeTask(task).then((started) => {
        execution = started;
        const over = early.find(([which]) => which === started);
        if (over !== undefined) resolve(over[1]);
      }, reject);
    });
  } finally {
    for (const listener of listeners) listener.dispose();
  }
}
