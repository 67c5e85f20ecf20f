import { afterAll, beforeAll, describe, it } from 'vitest';
import { Editor } from './harness/editor.ts';
import { stopAtFirstFailure } from './harness/walk.ts';
import { appearanceSteps } from './insight/appearanceSteps.ts';
import { diagnosticsSteps } from './insight/diagnosticsSteps.ts';
import { exportSteps } from './insight/exportSteps.ts';
import { foreignTraceSteps, writeForeignTraces } from './insight/foreignTraceSteps.ts';
import { hiddenSteps } from './insight/hiddenSteps.ts';
import { everything, InsightWalk } from './insight/insightWalk.ts';
import { keyboardSteps } from './insight/keyboardSteps.ts';
import { traceSteps } from './insight/traceSteps.ts';

/** What is seen of an answer beside the chat, with the embedded model, in one window from its first moment on. */
describe('What happens inside the model', () => {
  let editor: Editor | undefined;
  let walk: InsightWalk | undefined;
  const inWalk = (): InsightWalk => {
    if (!walk) throw new Error('The window did not open.');
    return walk;
  };

  beforeAll(async () => {
    editor = await Editor.open({ name: 'insight', workspaceTrust: true });
    await writeForeignTraces(editor.workspace);
    walk = new InsightWalk(editor, await editor.openWindow(editor.workspace, everything));
  });
  afterAll(() => editor?.close());
  stopAtFirstFailure(() => walk?.window);

  describe('Traces of others', () => foreignTraceSteps(inWalk));
  describe('The diagnostics', () => diagnosticsSteps(inWalk));
  describe('The diagnostics', () => exportSteps(inWalk));
  describe('The diagnostics', () => hiddenSteps(inWalk));
  describe('A trace', () => traceSteps(inWalk));
  describe('The pages', () => keyboardSteps(inWalk));
  describe('The pages', () => appearanceSteps(inWalk));

  it('reports no errors in the window', () => inWalk().editor.expectNoErrors());
});
