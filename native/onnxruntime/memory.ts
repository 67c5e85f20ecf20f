type Koffi = typeof import('koffi');

/**
 * glibc's `malloc_trim(3)`. Making a session frees hundreds of megabytes in pieces that glibc keeps for itself: half a
 * gigabyte after a model of one. Other C libraries give large pieces back at once; there this does nothing.
 */
export function memoryTrimmer(koffi: Koffi): () => void {
  if (process.platform !== 'linux') return () => undefined;
  try {
    const trim: (keptBytes: number) => number = koffi
      .load('libc.so.6')
      .func('malloc_trim', 'int', ['size_t']);
    return () => void trim(0);
  } catch {
    return () => undefined; // musl
  }
}
