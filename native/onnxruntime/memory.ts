type Koffi = typeof import('koffi');

/** What Glassbox asks of the C library's allocator. Only glibc has to be asked: others give large pieces back at once. */
export interface NativeMemory {
  /**
   * `malloc_trim(3)`. Making a session frees hundreds of megabytes in pieces that glibc keeps for itself: half a gigabyte
   * after a model of one.
   */
  trim(): void;
  /**
   * `mallopt(3)`: blocks from `bytes` on are mapped one by one and given back when freed. Left alone, glibc moves that
   * limit up to 32 MB as it goes, and blocks that are a little larger each time leave holes that none of them fits into.
   */
  mapBlocksFrom(bytes: number): void;
}

/** In malloc.h. */
const M_MMAP_THRESHOLD = -3;

export function nativeMemory(koffi: Koffi): NativeMemory {
  const nothing = { trim: () => undefined, mapBlocksFrom: () => undefined };
  if (process.platform !== 'linux') return nothing;
  try {
    const library = koffi.load('libc.so.6');
    const trim: (keptBytes: number) => number = library.func('malloc_trim', 'int', ['size_t']);
    const set: (option: number, value: number) => number = library.func('mallopt', 'int', ['int', 'int']);
    return { trim: () => void trim(0), mapBlocksFrom: (bytes) => void set(M_MMAP_THRESHOLD, bytes) };
  } catch {
    return nothing; // musl
  }
}
