import path from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { Editor } from './harness/editor.ts';
import { RefactorReview } from './harness/refactorReview.ts';
import { stopAtFirstFailure } from './harness/walk.ts';
import { largerModelSteps } from './refactor/largerModelSteps.ts';
import { placeSteps } from './refactor/placeSteps.ts';
import { proposalSteps } from './refactor/proposalSteps.ts';
import { restrictedSteps } from './refactor/restrictedSteps.ts';
import { returnSteps } from './refactor/returnSteps.ts';
import { taskSteps } from './refactor/taskSteps.ts';
import { virtualSteps } from './refactor/virtualSteps.ts';
import { writeWorkspaceFiles } from './refactor/workspaceFiles.ts';

/** All of it in one window, from its first moment on, when its folder is not trusted yet. */
describe('Refactoring', () => {
  let editor: Editor | undefined;
  let review: RefactorReview | undefined;
  const inReview = (): RefactorReview => {
    if (!review) throw new Error('The window did not open.');
    return review;
  };

  beforeAll(async () => {
    editor = await Editor.open({
      name: 'refactor',
      workspaceTrust: true,
      settings: { 'files.autoSave': 'off' },
      extensions: [path.join(import.meta.dirname, 'harness/parcelFiles')],
    });
    await writeWorkspaceFiles(editor.workspace);
    review = new RefactorReview(editor, await editor.openWindow());
  });
  afterAll(() => editor?.close());
  stopAtFirstFailure(() => review?.window);

  restrictedSteps(inReview);
  proposalSteps(inReview);
  taskSteps(inReview);
  placeSteps(inReview);
  returnSteps(inReview);
  largerModelSteps(inReview);
  virtualSteps(inReview);

  it('reports no errors in the window', () => inReview().editor.expectNoErrors());
});
