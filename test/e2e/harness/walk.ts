import { afterEach, beforeEach } from 'vitest';
import type { EditorWindow } from './editorWindow.ts';

/**
 * For a suite whose tests are the steps of one walk through the editor: after a step that failed the rest is
 * skipped, because it would only wait for what cannot come. A picture shows where it failed.
 */
export function stopAtFirstFailure(window: () => EditorWindow | undefined): void {
  let failed: string | undefined;
  beforeEach((context) => {
    if (failed !== undefined) context.skip(`the step "${failed}" failed`);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    failed ??= task.name;
    await window()?.screenshot('failed');
  });
}
