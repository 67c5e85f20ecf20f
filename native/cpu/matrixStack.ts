/** `[count, rows, columns]` */
export interface StackShape {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/** Packed matrices in memory of the library, for its operators (`gb_resident` in glassbox_operators.h). */
export interface MatrixStack {
  /** What operators name it by, in their attributes. */
  readonly handle: number;
  /** Rows are packed in groups of so many: a range begins at a multiple of it and ends at one or at the last row. */
  readonly panelRows: number;
  /**
   * Packs rows of one matrix on another thread. `source` holds them as the file does and must not change meanwhile.
   * @throws CpuError `refused`
   */
  pack(matrix: number, source: Uint8Array, firstRow: number, endRow: number): Promise<void>;
  /** The memory goes when the sessions whose operators read it have gone, too. Not while it is being packed. */
  release(): void;
}
