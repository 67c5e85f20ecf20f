import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { GlassboxError } from '../../protocol/errors.ts';
import { REFACTORINGS } from '../../refactor/refactoring.ts';
import { namesIn } from '../storage/namesIn.ts';
import { RefactorCodeActions } from './codeActions.ts';
import type { RefactorFeature, RefactorFeatureOptions } from './refactorFeature.ts';
import type { RefactorSession } from './refactorSession.ts';

/** As long as one line takes to read. */
const shownDecidedMs = 5000;

export type RegisterRefactorOptions = Omit<RefactorFeatureOptions, 'syntax'> & {
  /** With the grammars of the syntax check. */
  readonly extensionPath: string;
};

/** The window's part of refactoring that is there from the start: commands and code actions. All else is loaded at the first use. */
export interface RegisteredRefactor extends vscode.Disposable {
  /** Saves reviews that wait. To be awaited before the window closes. */
  close(): Promise<void>;
}

export function registerRefactor(options: RegisterRefactorOptions): RegisteredRefactor {
  let loading: Promise<RefactorFeature> | undefined;
  const feature = (): Promise<RefactorFeature> => {
    loading ??= load(options).catch((thrown: unknown) => {
      // The next command may try again.
      loading = undefined;
      throw thrown;
    });
    return loading;
  };

  const command = (
    name: string,
    run: (feature: RefactorFeature, ...given: readonly unknown[]) => Promise<void> | void,
  ) =>
    vscode.commands.registerCommand(`glassbox.${name}`, async (...given: readonly unknown[]) => {
      try {
        await run(await feature(), ...given);
      } catch (thrown) {
        const { code, message } = GlassboxError.from(thrown);
        if (code === 'request/cancelled') return;
        options.log(message);
        void vscode.window.showErrorMessage(`Glassbox: ${message}`);
      }
    });
  /** A command about one refactoring: given by its id (a lens), by its zone, or the one at the cursor. */
  const about = (
    name: string,
    run: (
      feature: RefactorFeature,
      session: RefactorSession,
      hunkIds: readonly string[] | undefined,
      given: unknown,
    ) => Promise<void> | void,
  ) =>
    command(`refactor.${name}`, async (loaded, first, second) => {
      const owner = isThread(first) ? loaded.ownerOf(first) : undefined;
      const id = owner?.sessionId ?? (typeof first === 'string' ? first : undefined);
      const session = loaded.sessions.current(id);
      if (session === undefined) {
        // A button is drawn a moment longer than what it is about, and may be clicked twice.
        if (id !== undefined) {
          vscode.window.setStatusBarMessage(
            vscode.l10n.t('That refactoring is decided already.'),
            shownDecidedMs,
          );
          return;
        }
        throw new GlassboxError('request/invalid', vscode.l10n.t('There is no refactoring to do that with.'));
      }
      const hunkId = owner?.hunkId ?? (typeof second === 'string' ? second : undefined);
      await run(
        loaded,
        session,
        hunkId === undefined ? loaded.actions.hunkAtCursor(session) : [hunkId],
        second,
      );
    });

  /** Opens the code where it is not seen: the next time it can be decided. */
  const aboutSeen = (name: string, run: Parameters<typeof about>[1]) =>
    about(name, (loaded, session, hunkIds, given) =>
      loaded.actions.isSeen(session) ? run(loaded, session, hunkIds, given) : loaded.actions.open(session),
    );

  const registrations = vscode.Disposable.from(
    command('refactor', (loaded) => loaded.choose()),
    command('editWithInstruction', (loaded) => loaded.editWithInstruction()),
    command('refactor.sendInstruction', (loaded, comment) => loaded.input.box.send(comment)),
    command('refactor.listInstructions', (loaded, comment) => loaded.input.box.list(comment)),
    command('refactor.cancelInstruction', (loaded) => loaded.input.box.cancel()),
    command('refactor.earlierInstruction', (loaded) => loaded.input.box.step(1)),
    command('refactor.laterInstruction', (loaded) => loaded.input.box.step(-1)),
    command('refactorInWorkspace', (loaded) => loaded.refactorInWorkspace()),
    command('refactor.showPrompt', (loaded) => loaded.showPrompt()),
    command('refactor.next', (loaded) => loaded.actions.goTo(1)),
    command('refactor.previous', (loaded) => loaded.actions.goTo(-1)),
    command('refactor.stop', (loaded, id) => loaded.stop(typeof id === 'string' ? id : undefined)),
    ...REFACTORINGS.map(({ id }) =>
      command(`refactor.${id}`, (loaded, uri, range, message) =>
        loaded.refactor(
          id,
          uri instanceof vscode.Uri && range instanceof vscode.Range ? { uri, range } : undefined,
          typeof message === 'string' ? message : undefined,
        ),
      ),
    ),
    about('accept', async (loaded, session, hunkIds) => {
      if (hunkIds !== undefined) await loaded.actions.accept(session, hunkIds);
      else await loaded.actions.goTo(1);
    }),
    about('reject', async (loaded, session, hunkIds) => {
      if (hunkIds !== undefined) await loaded.actions.reject(session, hunkIds);
      else await loaded.actions.goTo(1);
    }),
    aboutSeen('acceptAll', (loaded, session) => loaded.actions.accept(session)),
    aboutSeen('rejectAll', (loaded, session) => loaded.actions.reject(session)),
    about('showSideBySide', (loaded, session) => loaded.actions.showSideBySide(session)),
    about('showThought', (loaded, session) => loaded.show(session, 'thought')),
    about('showAnswer', (loaded, session) => loaded.show(session, 'answer')),
    about('showTrace', (loaded, session) => loaded.showTrace(session)),
    about('tryAgain', (loaded, session) => loaded.tryAgain(session)),
    about('copy', (loaded, session) => loaded.actions.copy(session)),
    about('showInChat', (loaded, session) => loaded.showInChat(session)),
    about('resolveConflict', (loaded, session, _hunkIds, given) =>
      loaded.actions.resolveConflict(session, typeof given === 'string' ? given : undefined),
    ),
    about('dismiss', (_loaded, session) => session.end()),
    vscode.languages.registerCodeActionsProvider({ pattern: '**' }, new RefactorCodeActions(), {
      providedCodeActionKinds: RefactorCodeActions.kinds,
    }),
  );

  // Only a window that has something to bring back pays for it.
  void namesIn(options.folder)
    .then(async (names) => {
      if (names.length > 0) await (await feature()).sessions.restore();
    })
    .catch((thrown: unknown) => options.log(GlassboxError.from(thrown).message));

  return {
    close: async () => {
      if (loading !== undefined) await (await loading).sessions.close();
    },
    dispose: () => {
      registrations.dispose();
      void loading?.then((loaded) => loaded.dispose());
    },
  };
}

async function load({ extensionPath, ...options }: RegisterRefactorOptions): Promise<RefactorFeature> {
  const [{ RefactorFeature: Feature }, { TreeSitterSyntax }, { packedGrammars }] = await Promise.all([
    import('./refactorFeature.ts'),
    import('../../refactor/syntax/treeSitterSyntax.ts'),
    import('../../refactor/syntax/packedGrammars.ts'),
  ]);
  const syntax = new TreeSitterSyntax({
    readFile: packedGrammars((name) => readFile(path.join(extensionPath, 'dist', 'syntax', name))),
    now: () => performance.now(),
  });
  return new Feature({ ...options, syntax });
}

function isThread(value: unknown): value is vscode.CommentThread {
  return typeof value === 'object' && value !== null && 'comments' in value && 'range' in value;
}
