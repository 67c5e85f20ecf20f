import type { PackedType } from '../cpu/library.ts';

/** How the cached experts' kernels read a matrix that native/cpu has packed (parts/packedRows.wgsl, native/cpu/source/form.h). */
export interface PackedForm {
  /** 4 or 8. */
  readonly codeBits: number;
  /** What makes each byte of a word of codes a number with a sign, by exclusive or. */
  readonly codeFlip: number;
  /** Taken off each code after that. */
  readonly centre: number;
  /** 0: halves; 1: halves and minima; 2: factors and minima of eight blocks; 3: factors of 16 columns. */
  readonly scaleKind: number;
}

const FORMS: Readonly<Record<PackedType, PackedForm>> = {
  Q4_0: { codeBits: 4, codeFlip: 0, centre: 8, scaleKind: 0 },
  Q4_1: { codeBits: 4, codeFlip: 0, centre: 0, scaleKind: 1 },
  Q5_0: { codeBits: 8, codeFlip: 0, centre: 16, scaleKind: 0 },
  Q5_1: { codeBits: 8, codeFlip: 0, centre: 0, scaleKind: 1 },
  // Codes of eight bits go up to 255, and have 128 taken off.
  Q8_0: { codeBits: 8, codeFlip: 0x8080_8080, centre: 0, scaleKind: 0 },
  Q4_K: { codeBits: 4, codeFlip: 0, centre: 0, scaleKind: 2 },
  Q5_K: { codeBits: 8, codeFlip: 0, centre: 0, scaleKind: 2 },
  Q6_K: { codeBits: 8, codeFlip: 0, centre: 32, scaleKind: 3 },
};

/** Words of a block's scales in 16 rows, by kind; a super-block's are shared out among its eight. */
const SCALE_WORDS = [8, 16, 10, 9];

export function packedForm(type: PackedType): PackedForm {
  return FORMS[type];
}

/** Whether a row's product adds minima times the inputs' sums. */
export function hasMinima(type: PackedType): boolean {
  const { scaleKind } = FORMS[type];
  return scaleKind === 1 || scaleKind === 2;
}

/** Words of 16 packed rows of `columns` weights. */
export function panelWords(type: PackedType, columns: number): number {
  const { codeBits, scaleKind } = FORMS[type];
  const words = (columns / 32) * (16 * codeBits + (SCALE_WORDS[scaleKind] ?? NaN));
  return Math.ceil(words / 16) * 16;
}

/** Words of a packed matrix. */
export function packedWords(type: PackedType, rows: number, columns: number): number {
  return Math.ceil(rows / 16) * panelWords(type, columns);
}
