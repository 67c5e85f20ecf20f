import { comparableTokens } from './answers/comparableTokens.ts';
import type { Outline, OutlineStep } from './outline/outline.ts';

/** What an alignment needs of a trace. */
export interface AlignedTrace {
  readonly thought: string;
  readonly outline: Outline;
  /** Of its tokens, in order. */
  readonly ids: Uint32Array;
}

/** Steps that stand beside each other; where one trace has nothing of the kind, its place is empty. */
export interface StepPair {
  /** Index of a step of the first trace. */
  readonly a?: number;
  readonly b?: number;
  /** 0 to 1: how alike the two steps are; 0 where there is only one. */
  readonly likeness: number;
}

export interface TraceAlignment {
  readonly pairs: readonly StepPair[];
  /** Index of the first token that differs, also where one trace ends there. Absent when the traces are the same. */
  readonly partsAt?: number;
}

/** Two steps that are less alike stand in lines of their own. */
const MIN_LIKENESS = 0.35;
/** Of the likeness; words are the rest. */
const KIND_SHARE = 0.25;
/** More of a step's beginning is not compared. */
const STEP_CHARACTERS = 600;
/** Cells of the table that are computed; with more steps than that takes, only those near the diagonal. */
const MAX_CELLS = 400_000;

/**
 * Two traces side by side: their steps in an alignment of the greatest likeness (Needleman and Wunsch, 1970, without a
 * penalty for gaps), and the token where they part.
 */
export function alignTraces(a: AlignedTrace, b: AlignedTrace): TraceAlignment {
  const partsAt = firstDifference(a.ids, b.ids);
  const pairs = alignSteps(wordedSteps(a), wordedSteps(b));
  return partsAt === undefined ? { pairs } : { pairs, partsAt };
}

function firstDifference(a: Uint32Array, b: Uint32Array): number | undefined {
  const index = a.findIndex((id, at) => id !== b[at]);
  if (index >= 0) return index;
  return a.length === b.length ? undefined : a.length;
}

interface WordedStep {
  readonly kind: OutlineStep['kind'];
  /** Each word with how often it occurs. */
  readonly words: ReadonlyMap<string, number>;
  readonly count: number;
}

function wordedSteps({ thought, outline }: AlignedTrace): WordedStep[] {
  return outline.steps.map(({ kind, start, end }) => {
    const tokens = comparableTokens(thought.slice(start, Math.min(end, start + STEP_CHARACTERS)));
    const words = new Map<string, number>();
    for (const token of tokens) words.set(token, (words.get(token) ?? 0) + 1);
    return { kind, words, count: tokens.length };
  });
}

function alignSteps(a: readonly WordedStep[], b: readonly WordedStep[]): StepPair[] {
  const width = b.length + 1;
  // Far from the diagonal nothing is computed, and nothing can be paired.
  const slope = b.length / Math.max(1, a.length);
  const band = Math.max(20, Math.floor(MAX_CELLS / Math.max(1, a.length) / 2), Math.ceil(slope));
  const rangeOf = (i: number): [first: number, end: number] => [
    Math.max(0, Math.floor(i * slope) - band),
    Math.min(b.length, Math.floor(i * slope) + band),
  ];
  // Row by row: the best likeness of a's first i and b's first j steps, and how it is reached.
  let previous = new Float64Array(width);
  const steps: { readonly first: number; readonly moves: Uint8Array; readonly likeness: Float32Array }[] = [];
  for (const [i, step] of a.entries()) {
    const [first, end] = rangeOf(i);
    const row = new Float64Array(width);
    const moves = new Uint8Array(end - first);
    const likenesses = new Float32Array(end - first);
    row.fill(previous[first] ?? 0, 0, first + 1);
    for (let j = first; j < end; j++) {
      const other = b[j];
      const alike = other ? likeness(step, other) : 0;
      const paired = alike >= MIN_LIKENESS ? (previous[j] ?? 0) + alike : -1;
      const [onlyA, onlyB] = [previous[j + 1] ?? 0, row[j] ?? 0];
      const best = Math.max(paired, onlyA, onlyB);
      row[j + 1] = best;
      moves[j - first] = best === paired ? PAIRED : best === onlyA ? ONLY_A : ONLY_B;
      likenesses[j - first] = alike;
    }
    row.fill(row[end] ?? 0, end + 1);
    steps.push({ first, moves, likeness: likenesses });
    previous = row;
  }
  return walkBack(steps, b.length);
}

const PAIRED = 1;
const ONLY_A = 2;
const ONLY_B = 3;

function walkBack(
  rows: readonly { readonly first: number; readonly moves: Uint8Array; readonly likeness: Float32Array }[],
  bLength: number,
): StepPair[] {
  const pairs: StepPair[] = [];
  let i = rows.length;
  let j = bLength;
  while (i > 0 || j > 0) {
    const row = rows[i - 1];
    const cell = row && j > 0 ? j - 1 - row.first : -1;
    // Behind the band only b goes on, before it only a.
    const move = row === undefined || cell >= row.moves.length ? ONLY_B : (row.moves[cell] ?? ONLY_A);
    if (move === PAIRED) pairs.push({ a: --i, b: --j, likeness: row?.likeness[cell] ?? 0 });
    else if (move === ONLY_A) pairs.push({ a: --i, likeness: 0 });
    else pairs.push({ b: --j, likeness: 0 });
  }
  return pairs.reverse();
}

/** Words that two steps share, of all that they have (Dice), and whether they do the same. */
function likeness(a: WordedStep, b: WordedStep): number {
  const [few, many] = a.words.size <= b.words.size ? [a.words, b.words] : [b.words, a.words];
  let shared = 0;
  for (const [word, count] of few) shared += Math.min(count, many.get(word) ?? 0);
  const total = a.count + b.count;
  const words = total === 0 ? 1 : (2 * shared) / total;
  return (1 - KIND_SHARE) * words + (a.kind === b.kind ? KIND_SHARE : 0);
}
