import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpuAdapters } from '../../scripts/gpu-adapter.mjs';
import { ChatPanel } from './harness/chatPanel.ts';
import { Editor } from './harness/editor.ts';
import type { EditorWindow } from './harness/editorWindow.ts';
import { stopAtFirstFailure } from './harness/walk.ts';

/** A driver that computes on the CPU, which the editor also wants, and compiles each kernel at its first use. */
const patient = { timeout: 240_000 };

const adapters = await gpuAdapters().catch((error: unknown) => String(error));

describe.skipIf(typeof adapters === 'string')(
  `The GPU backend${typeof adapters === 'string' ? ` (${adapters})` : ''}`,
  () => {
    let editor: Editor;
    let window: EditorWindow;
    let panel: ChatPanel;

    beforeAll(async () => {
      if (typeof adapters === 'string') return;
      const [device] = adapters.names;
      editor = await Editor.open({
        name: 'gpu',
        environment: { ...adapters.env, GALLIVM_PERF: 'nopt' },
        settings: {
          'glassbox.engine.backend': 'gpu',
          ...(device === undefined ? {} : { 'glassbox.engine.device': device }),
        },
      });
      window = await editor.openWindow();
    });
    afterAll(() => editor.close());
    stopAtFirstFailure(() => window);

    it('answers a question, after its numbers were compared with the CPU’s', async () => {
      panel = await ChatPanel.open(window);
      await attach('nano/trace.js');
      const answer = await panel.ask('What does this print?');
      await panel.stop.waitFor({ state: 'hidden', ...patient });
      await window.screenshot('answered by the GPU');
      await expect.poll(() => answer.locator('.markdown pre code').allTextContents()).toEqual(['12\n']);
      await panel.frame.getByText(/Glassbox kernels on /).waitFor();
    });

    it('loses its device in mid-answer: the answer goes on on the CPU, and one sentence says so', async () => {
      await panel.button('New chat').click();
      await expect.poll(() => panel.answers.count()).toBe(0);
      await attach('nano/var.js');
      const answer = await panel.ask('Use const and let instead of var.');
      await expect.poll(() => panel.thoughtText(answer), patient).not.toBe('');
      const [engine] = editor.engines();
      if (engine === undefined) throw new Error('no engine runs');
      process.kill(engine.processId, 'SIGUSR2');
      // Screen readers are told the same, elsewhere.
      await panel.frame
        .locator('.notice-message')
        .filter({ hasText: /The GPU was lost .* The answer goes on on the CPU\.$/ })
        .waitFor(patient);
      await panel.stop.waitFor({ state: 'hidden', ...patient });
      await window.screenshot('the GPU is lost');
      await expect
        .poll(() => answer.locator('.markdown pre code').allTextContents())
        .toEqual([
          `const prices = [5, 8];
let total = 0;
for (let i = 0; i < prices.length; i++) {
  total += prices[i];
}
console.log(total);
`,
        ]);
      expect(editor.engines().map(({ processId }) => processId)).toEqual([engine.processId]);
    });

    it('leaves the next question to the CPU', async () => {
      await panel.ask('What does this function do?');
      await panel.stop.waitFor({ state: 'hidden', ...patient });
      await panel.frame.getByText(/^Q8_0, .* ONNX Runtime/).waitFor();
    });

    it('reports no errors in the window', () => {
      editor.expectNoErrors();
    });

    async function attach(file: string): Promise<void> {
      await window.openFile(file);
      const chip = panel.button(new RegExp(`^${file.slice(file.lastIndexOf('/') + 1)} `));
      await chip.click();
      await expect.poll(() => chip.getAttribute('aria-pressed')).toBe('true');
    }
  },
);
