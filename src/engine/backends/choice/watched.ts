/** Work that gave no sign of life for so long. */
export class Silence extends Error {
  override readonly name = 'Silence';

  constructor(readonly afterMs: number) {
    super(`There was no sign of life for ${afterMs / 1000} s.`);
  }
}

/**
 * Does work that may never end: `alive` puts its end off by another `silenceMs`. After that `signal` fires, whatever the
 * work still does is left alone, and what it ends with later counts for nothing.
 * @param outer stops the work, too; it is then waited for
 * @throws Silence, or what `work` throws
 */
export async function watched<T>(
  silenceMs: number,
  outer: AbortSignal | undefined,
  work: (watch: { readonly alive: () => void; readonly signal: AbortSignal }) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  if (outer?.aborted) stop();
  outer?.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new Silence(silenceMs));
        stop();
      }, silenceMs);
    });
    const working = work({ alive: () => void timer?.refresh(), signal: abort.signal });
    // Left alone, it may still fail.
    working.catch(() => undefined);
    return await Promise.race([working, silence]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}
