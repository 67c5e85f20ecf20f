import type { BlockType } from './blockType.ts';
import { cacheCodeBits, type CacheType } from './cacheType.ts';
import bindings from './parts/bindings.wgsl';
import blocksBF16 from './parts/blocksBF16.wgsl';
import blocksF16 from './parts/blocksF16.wgsl';
import blocksF32 from './parts/blocksF32.wgsl';
import blocksQ4_0 from './parts/blocksQ4_0.wgsl';
import blocksQ4_1 from './parts/blocksQ4_1.wgsl';
import blocksQ4_K from './parts/blocksQ4_K.wgsl';
import blocksQ5_0 from './parts/blocksQ5_0.wgsl';
import blocksQ5_1 from './parts/blocksQ5_1.wgsl';
import blocksQ5_K from './parts/blocksQ5_K.wgsl';
import blocksQ6_K from './parts/blocksQ6_K.wgsl';
import blocksQ8_0 from './parts/blocksQ8_0.wgsl';
import cacheF16 from './parts/cacheF16.wgsl';
import cacheF32 from './parts/cacheF32.wgsl';
import cacheQuantized from './parts/cacheQuantized.wgsl';
import exactFloats from './parts/exactFloats.wgsl';
import exactSilu from './parts/exactSilu.wgsl';
import expertColumn from './parts/expertColumn.wgsl';
import fourRows from './parts/fourRows.wgsl';
import gateUpRows from './parts/gateUpRows.wgsl';
import joinSplits from './parts/joinSplits.wgsl';
import nibbles from './parts/nibbles.wgsl';
import normedInput from './parts/normedInput.wgsl';
import packedRows from './parts/packedRows.wgsl';
import reduceShared from './parts/reduceShared.wgsl';
import reduceSubgroups from './parts/reduceSubgroups.wgsl';
import rotary from './parts/rotary.wgsl';
import roundBlocks from './parts/roundBlocks.wgsl';
import roundedForm from './parts/roundedForm.wgsl';
import routeToken from './parts/routeToken.wgsl';
import selectBest from './parts/selectBest.wgsl';
import silu from './parts/silu.wgsl';
import state from './parts/state.wgsl';
import storeDirect from './parts/storeDirect.wgsl';
import storeQuantized from './parts/storeQuantized.wgsl';

/** What kernels share. WGSL has no includes; a module may declare things in any order. */
export const PARTS = {
  bindings,
  exactFloats,
  exactSilu,
  expertColumn,
  fourRows,
  gateUpRows,
  joinSplits,
  nibbles,
  normedInput,
  packedRows,
  reduceShared,
  reduceSubgroups,
  rotary,
  roundBlocks,
  roundedForm,
  routeToken,
  selectBest,
  silu,
  state,
} as const;
export type PartName = keyof typeof PARTS;

const BLOCK_PARTS: Readonly<Record<BlockType, string>> = {
  F32: blocksF32,
  F16: blocksF16,
  BF16: blocksBF16,
  Q4_0: blocksQ4_0,
  Q4_1: blocksQ4_1,
  Q5_0: blocksQ5_0,
  Q5_1: blocksQ5_1,
  Q8_0: blocksQ8_0,
  Q4_K: blocksQ4_K,
  Q5_K: blocksQ5_K,
  Q6_K: blocksQ6_K,
};

/** `weightsOf` for a type of weights. */
export function blockPart(type: BlockType): string {
  return BLOCK_PARTS[type];
}

/**
 * The same for a second matrix, whose functions and parameters have names of their own: `secondFourRows`, `secondQuants`. A type's
 * text says what it reads by name, so that no type is written twice.
 */
export function secondBlockPart(type: BlockType): string {
  const text = [BLOCK_PARTS[type], PARTS.fourRows].join('\n');
  const own = [...text.matchAll(/fn (\w+)\(/g)].map(([, name]) => name ?? '');
  return text
    .replace(new RegExp(`\\b(${own.join('|')})\\(`, 'g'), (_, name: string) => `${second(name)}(`)
    .replace(/parameters\.(\w+)/g, (_, name: string) => `parameters.${second(name)}`);
}

function second(name: string): string {
  return `second${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** `readCache` for a type of cache, and for kernels that store rows `stageCache` and `storeRow`. */
export function cachePart(type: CacheType, stores: boolean): string {
  const bits = cacheCodeBits(type);
  const floats = type === 'f16' ? cacheF16 : cacheF32;
  const read = bits === undefined ? floats : `const codeBits = ${String(bits)}u;\n${cacheQuantized}`;
  if (!stores) return read;
  return `${read}\n${bits === undefined ? storeDirect : storeQuantized}`;
}
