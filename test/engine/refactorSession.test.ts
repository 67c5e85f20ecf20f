import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedModelPath } from '../../src/engineClient/embeddedModelPath.ts';
import { EngineHost } from '../../src/engineClient/engineHost.ts';
import type { AnswerSettings } from '../../src/extension/chat/answerSettings.ts';
import { ModelSession } from '../../src/extension/models/modelSession.ts';
import { ModelRun } from '../../src/extension/refactor/modelRun.ts';
import { RefactorSession } from '../../src/extension/refactor/refactorSession.ts';
import type { RefactorTask } from '../../src/extension/refactor/refactorTask.ts';
import { acceptedText, currentText, pendingHunks } from '../../src/extension/refactor/review.ts';
import type { SessionPhase } from '../../src/extension/refactor/sessionPhase.ts';
import { parseStoredReview, type StoredReview } from '../../src/extension/refactor/storedReview.ts';
import { storedTarget } from '../../src/extension/refactor/storedSession.ts';
import { TraceStore } from '../../src/extension/trace/traceStore.ts';
import type { RefactoringId } from '../../src/refactor/refactoring.ts';
import { TreeSitterSyntax } from '../../src/refactor/syntax/treeSitterSyntax.ts';
import { enginePath } from '../support/engineProcess.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** A program that the embedded model refactors right, greedily, in two places. */
const totals = `var prices = [5, 8];
const rate = 2;
var total = 0;
for (const price of prices) {
  total += price * rate;
}
console.log(total);`;
const modern = totals.replace('var prices', 'const prices').replace('var total', 'let total');
const document = `// shop\n${totals}\n// end\n`;

const greedy: AnswerSettings = {
  mode: 'auto',
  budgetTokens: 512,
  sampling: { temperature: 0 },
  keepTraces: true,
};

describe('A refactoring by the embedded model', () => {
  let folder: string;
  let engine: EngineHost;
  let traces: TraceStore;
  let run: ModelRun;
  let asked = 0;
  const grammars = path.dirname(createRequire(import.meta.url).resolve('@vscode/tree-sitter-wasm'));
  const syntax = new TreeSitterSyntax({
    readFile: (name) => readFile(path.join(grammars, name)),
    now: () => performance.now(),
  });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'glassbox-refactor-'));
    engine = new EngineHost({ enginePath });
    traces = new TraceStore(folder, { maxBytes: 1 << 24 });
    const model = new ModelSession({
      engine,
      backendFolder: path.join(folder, 'backends'),
      settings: () => ({ path: embeddedModelPath(root), isEmbedded: true }),
      confirmMemory: () => Promise.resolve('load'),
      onChange: () => undefined,
    });
    run = new ModelRun({ engine, model, traces, settings: () => greedy, log: () => undefined, now: () => 1 });
  });
  afterAll(async () => {
    await engine.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('proposes changes, keeps what it wrote on the way, and leaves a trace', async () => {
    const { session, phases, saves } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    expect(review(session).proposed).toBe(modern);
    expect(pendingHunks(review(session)).map(({ id }) => id)).toEqual(['line-1', 'line-3']);
    expect(session.proposedDocument).toBe(document.replace(totals, modern));
    expect(session.thought).not.toBe('');
    expect(session.answer).not.toContain(session.thought);
    expect(session.prompt?.messages.at(-1)?.content).toMatch(/Use const and let instead of var\.$/u);
    expect(await traces.fileOf('refactor', session.requestId)).toBeDefined();

    // The preview grew with the lines that were written, and showed nothing as gone that was still to come.
    const grown = phases.flatMap((phase) =>
      phase.kind === 'writing' && phase.growing ? [phase.growing] : [],
    );
    expect(grown.map(({ writtenLines }) => writtenLines)).toEqual(
      [...grown.map(({ writtenLines }) => writtenLines)].sort((a, b) => a - b),
    );
    for (const { hunks, coveredLines } of grown) {
      for (const { originalStart, originalLines } of hunks) {
        expect(originalStart + originalLines.length).toBeLessThanOrEqual(coveredLines);
      }
    }
    expect(saves.map((stored) => parseStoredReview(JSON.stringify(stored)))).toEqual(saves);
    expect(saves.at(-1)).toMatchObject({ status: 'reviewing', proposed: modern });
  });

  it('follows the document while it writes, and waits where its lines were changed', async () => {
    const { session, when } = ask({ refactoring: 'modernSyntax' });
    const edited = document.replace('// shop', '// the shop').replace('var total = 0', 'var total = 1');
    when('writing', () => {
      const at = document.indexOf('0;\nfor');
      session.documentChanged(edited, [
        { offset: at, length: 1, text: '1' },
        { offset: 3, length: 0, text: 'the ' },
      ]);
    });
    await session.start();
    expect(session.isTouched).toBe(true);
    expect(session.proposedDocument).toBeUndefined();
    expect(session.settle()).toBe(1);
    expect(session.isTouched).toBe(false);
    expect(session.proposedDocument).toBe(edited.replace('var prices', 'const prices'));
  });

  it('goes on as if nothing had been when an edit in its lines is taken back', async () => {
    const { session } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    session.documentChanged(document.replace('rate = 2', 'rate = 23'), [
      { offset: 42, length: 0, text: '3' },
    ]);
    expect(session.isTouched).toBe(true);
    session.documentChanged(document, [{ offset: 42, length: 1, text: '' }]);
    expect(session.isTouched).toBe(false);
    expect(pendingHunks(review(session))).toHaveLength(2);
  });

  it('finds its lines again in a document that was closed and opened meanwhile', async () => {
    const { session } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    const moved = `// one\n// two\n${document}`;
    session.documentChanged(moved, []);
    expect(session.isTouched).toBe(false);
    expect(session.proposedDocument).toBe(moved.replace(totals, modern));
  });

  it('comes back from the disk where its document still has its lines', async () => {
    const { session, saves } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    session.decide(['line-1'], 'rejected');
    const stored = saves.at(-1);
    if (stored === undefined) throw new Error('Nothing was saved.');
    const moved = `\n\n${document}`;
    const target = storedTarget(stored, moved);
    if (target === undefined) throw new Error('The place was not found.');
    const { session: restored } = ask({ refactoring: 'modernSyntax' }, target, stored);
    expect(restored.proposedDocument).toBe(moved.replace('var total', 'let total'));
    expect(storedTarget(stored, document.replace('rate', 'tax'))).toBeUndefined();
  });

  it('keeps an explanation until it is dismissed, also on the disk', async () => {
    const sum =
      'function sumOf(weights) {\n  let total = 0;\n  for (const weight of weights) {\n    total += weight;\n  }\n  return total;\n}';
    const target = { languageId: 'javascript', document: sum, start: 0, end: sum.length };
    const { session, saves, forgotten } = ask({ refactoring: 'explain' }, target);
    await session.start();
    expect(session.phase.kind).toBe('text');
    const stored = saves.at(-1);
    if (stored === undefined) throw new Error('Nothing was saved.');
    const { session: restored } = ask({ refactoring: 'explain' }, storedTarget(stored, sum), stored);
    expect(restored.phase.kind).toBe('text');
    expect(restored.answer).toMatch(/^It returns/u);
    session.end();
    expect(forgotten).toEqual([session.task.id]);
  });

  it('goes along when its file gets another name', async () => {
    const { session, saves } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    session.moved('file:///shop/new.js', 'new.js');
    expect(session.task).toMatchObject({ uri: 'file:///shop/new.js', path: 'new.js' });
    expect(saves.at(-1)).toMatchObject({ uri: 'file:///shop/new.js', path: 'new.js', status: 'reviewing' });
    expect(pendingHunks(review(session))).toHaveLength(2);
  });

  it('shows what is no code as a text, and tries again twice at most, otherwise than before', async () => {
    const sum =
      'function sumOf(weights) {\n  let total = 0;\n  for (const weight of weights) {\n    total += weight;\n  }\n  return total;\n}';
    const { session } = ask(
      { instruction: 'What does this function do?' },
      { languageId: 'javascript', document: sum, start: 0, end: sum.length },
    );
    await session.start();
    expect(session.phase).toMatchObject({
      kind: 'rejected',
      reason: 'The model answered with a text and not with code.',
    });
    expect(session.answer).toMatch(/^It returns/u);
    const names = [session.requestId];
    while (session.canTryAgain) {
      await session.tryAgain();
      names.push(session.requestId);
      if (names.length > 3) break;
    }
    expect(new Set(names).size).toBe(3);
    await session.tryAgain();
    expect(session.requestId).toBe(names[2]);
  });

  it('keeps a proposal while it asks again, and where that is stopped before the first word', async () => {
    const { session, forgotten } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    const { requestId, thought, answer } = session;
    const again = session.tryAgain();
    expect(session.phase.kind).toBe('writing');
    // What a crash would leave.
    expect(session.stored()).toMatchObject({ status: 'reviewing', proposed: modern, requestId, answer });
    session.stop();
    await again;
    expect(review(session).proposed).toBe(modern);
    expect(session).toMatchObject({ requestId, thought, answer });
    expect(forgotten).toEqual([]);
  });

  it('keeps a proposal where the new answer cannot be used, and says why', async () => {
    const { session, when, saves } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    const { requestId } = session;
    const running = await engine.engineState();
    if (!running) throw new Error('No engine runs.');
    when('growing', () => process.kill(running.processId, 'SIGKILL'));
    await session.tryAgain();
    await expect.poll(async () => (await engine.engineState())?.processId).not.toBe(running.processId);
    // A short answer may be whole before the engine ends.
    if (session.requestId !== requestId) return;
    expect(review(session).proposed).toBe(modern);
    expect(session.unused?.reason).toContain('engine process was killed');
    expect(session.unused?.answer).not.toBe('');
    const notes = [expect.stringContaining('The new answer could not be used: ')];
    expect(session.phase).toMatchObject({ notes });
    expect(saves.at(-1)).toMatchObject({ status: 'reviewing', requestId, notes });
  });

  it('follows a document whose line endings change, and asks about no line that nobody changed', async () => {
    const { session } = ask({ refactoring: 'modernSyntax' });
    await session.start();
    const windows = document.replaceAll('\n', '\r\n');
    session.documentChanged(windows, [{ offset: 0, length: document.length, text: windows }]);
    expect(session.isTouched).toBe(false);
    expect(session.proposedDocument).toBe(
      windows.replace('var prices', 'const prices').replace('var total', 'let total'),
    );
    session.documentChanged(document, [{ offset: 0, length: windows.length, text: document }]);
    expect(session.proposedDocument).toBe(document.replace(totals, modern));
  });

  it('keeps what was written when it is stopped, and offers it as a text', async () => {
    const { session, when } = ask({ refactoring: 'modernSyntax' });
    when('growing', () => session.stop());
    await session.start();
    // A short answer may be whole before the engine hears of the stop.
    if (session.phase.kind === 'rejected') {
      expect(session.phase.reason).toBe('The answer was stopped before it was complete.');
      expect(session.answer).not.toBe('');
      expect(session.canTryAgain).toBe(true);
    } else {
      expect(session.phase.kind).toBe('reviewing');
    }
  });

  it('ends without a trace of itself when it is stopped before the first word', async () => {
    const { session, forgotten } = ask({ refactoring: 'modernSyntax' });
    const started = session.start();
    session.stop();
    await started;
    expect(session.phase.kind).toBe('ended');
    expect(forgotten).toEqual([session.task.id]);
  });

  it('waits for its turn where another one is being written, and both come to their end', async () => {
    const [{ session: one }, { session: other }] = [
      ask({ refactoring: 'modernSyntax' }),
      ask({ refactoring: 'modernSyntax' }),
    ];
    await Promise.all([one.start(), other.start()]);
    expect(acceptedText(review(one))).toBe(modern);
    expect(acceptedText(review(other))).toBe(modern);
  });

  it('says what the small model cannot do, and what to do instead', async () => {
    const { session } = ask({ refactoring: 'addTypes' });
    await expect(session.start()).rejects.toMatchObject({
      code: 'request/invalid',
      message: expect.stringContaining('choose a larger model'),
    });
    expect(session.phase.kind).toBe('ended');
  });

  it('survives the engine: the next try starts another one', async () => {
    const { session, when } = ask({ refactoring: 'modernSyntax' });
    const running = await engine.engineState();
    if (!running) throw new Error('No engine runs.');
    when('writing', () => process.kill(running.processId, 'SIGKILL'));
    await session.start();
    if (session.phase.kind === 'failed') {
      expect(session.phase.code).toBe('engine/stopped');
      expect(session.canTryAgain).toBe(true);
      await session.tryAgain();
    }
    expect(acceptedText(review(session))).toBe(modern);
    expect(currentText(review(session))).toBe(totals);
  });

  function ask(
    wish: { readonly refactoring?: RefactoringId; readonly instruction?: string },
    target = { languageId: 'javascript', document, start: 8, end: 8 + totals.length },
    restored?: StoredReview,
  ) {
    asked += 1;
    const phases: SessionPhase[] = [];
    const saves: StoredReview[] = [];
    const forgotten: string[] = [];
    const once = new Map<string, () => void>();
    const task: RefactorTask = {
      id: `task-${asked}`,
      createdAt: 1,
      uri: 'file:///shop/totals.js',
      path: 'totals.js',
      languageId: 'javascript',
      title: 'Refactor',
      instruction: wish.instruction ?? '',
      ...(wish.refactoring === undefined ? {} : { refactoring: wish.refactoring }),
      answer: 'edit',
      problems: [],
    };
    const session = new RefactorSession(
      {
        task,
        target,
        run,
        syntax,
        gather: () => Promise.resolve({ imports: '', definitions: [] }),
        save: (stored) => saves.push(stored),
        forget: (id) => forgotten.push(id),
        onChange: ({ phase }) => {
          phases.push(phase);
          const event = phase.kind === 'writing' && phase.growing !== undefined ? 'growing' : undefined;
          for (const name of [
            event,
            phase.kind === 'writing' && phase.step.kind === 'answering' ? 'writing' : undefined,
          ]) {
            const act = name === undefined ? undefined : once.get(name);
            if (name === undefined || act === undefined) continue;
            once.delete(name);
            act();
          }
        },
      },
      restored,
    );
    return {
      session,
      phases,
      saves,
      forgotten,
      when: (name: 'writing' | 'growing', act: () => void) => once.set(name, act),
    };
  }
});

function review(session: RefactorSession) {
  if (session.phase.kind !== 'reviewing')
    throw new Error(`Nothing is under review: ${JSON.stringify(session.phase)}`);
  return session.phase.review;
}
