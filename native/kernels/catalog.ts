import absorbAndStoreSource from './absorbAndStore.wgsl';
import addExpertsSource from './addExperts.wgsl';
import attentionDecodeSource from './attentionDecode.wgsl';
import attentionPrefillSource from './attentionPrefill.wgsl';
import attentionReduceSource from './attentionReduce.wgsl';
import attentionValuesSource from './attentionValues.wgsl';
import bestOfAllSource from './bestOfAll.wgsl';
import bestOfSlicesSource from './bestOfSlices.wgsl';
import cachedDownSource from './cachedDown.wgsl';
import cachedGateUpSource from './cachedGateUp.wgsl';
import downAndExpertsSource from './downAndExperts.wgsl';
import embedSource from './embed.wgsl';
import expertDownSource from './expertDown.wgsl';
import expertGateUpSource from './expertGateUp.wgsl';
import expertSumSource from './expertSum.wgsl';
import expertTilesSource from './expertTiles.wgsl';
import gateUpSource from './gateUp.wgsl';
import groupTokensSource from './groupTokens.wgsl';
import { defineKernel } from './kernel.ts';
import matMatSource from './matMat.wgsl';
import matVecSource from './matVec.wgsl';
import matVecPairSource from './matVecPair.wgsl';
import rmsNormSource from './rmsNorm.wgsl';
import rotateAndStoreSource from './rotateAndStore.wgsl';
import routeAndRoundSource from './routeAndRound.wgsl';
import routerSource from './router.wgsl';
import swiGluSource from './swiGlu.wgsl';

/** How a packed matrix is read: parts/packedRows.wgsl. */
const PACKED_CONSTANTS = ['codeBits', 'codeFlip', 'centre', 'scaleKind'] as const;

/** How tokens are routed: parts/routeToken.wgsl. */
const ROUTER_CONSTANTS = [
  'experts',
  'topK',
  'sigmoidGate',
  'hasSelectionBias',
  'normalizeWeights',
  'groupCount',
  'chosenGroups',
  'sharedSlots',
] as const;

/** Our kernels. What each computes, its shapes, parameters and constants stand on top of its file. */
export const KERNELS = {
  embed: defineKernel('embed', embedSource, { parts: ['state'], readsBlocks: true }),
  rmsNorm: defineKernel('rmsNorm', rmsNormSource, { constants: ['hasResidual'] }),
  matVec: defineKernel('matVec', matVecSource, {
    parts: ['fourRows', 'normedInput'],
    readsBlocks: true,
    constants: ['unitsPerLane', 'hasNorm', 'hasBias', 'hasResidual'],
  }),
  matVecPair: defineKernel('matVecPair', matVecPairSource, {
    parts: ['fourRows', 'normedInput'],
    readsBlocks: true,
    readsSecondBlocks: true,
    constants: ['unitsPerLane', 'hasBias'],
  }),
  matMat: defineKernel('matMat', matMatSource, {
    readsBlocks: true,
    usesTile: true,
    constants: ['side', 'hasBias', 'hasResidual'],
  }),
  gateUp: defineKernel('gateUp', gateUpSource, {
    parts: ['fourRows', 'normedInput', 'silu', 'gateUpRows'],
    readsBlocks: true,
    readsSecondBlocks: true,
    constants: ['unitsPerLane', 'hasNorm'],
  }),
  swiGlu: defineKernel('swiGlu', swiGluSource, { parts: ['silu'] }),
  rotateAndStore: defineKernel('rotateAndStore', rotateAndStoreSource, {
    parts: ['rotary'],
    storesCache: true,
    constants: ['queryHeads', 'kvHeads', 'headDim4', 'rotary4', 'interleaved', 'hasHeadNorm'],
  }),
  attentionDecode: defineKernel('attentionDecode', attentionDecodeSource, {
    usesCache: true,
    constants: ['groupHeads', 'tiles', 'keyDim4', 'valueDim4'],
  }),
  attentionReduce: defineKernel('attentionReduce', attentionReduceSource, {
    parts: ['joinSplits'],
    constants: ['valueDim4'],
  }),
  attentionValues: defineKernel('attentionValues', attentionValuesSource, {
    parts: ['fourRows', 'joinSplits'],
    readsBlocks: true,
    constants: ['latentDim4', 'valueDim4', 'quads', 'unitsPerLane'],
  }),
  attentionPrefill: defineKernel('attentionPrefill', attentionPrefillSource, {
    usesCache: true,
    usesTile: true,
    constants: ['groupHeads', 'keyDim4', 'valueDim4', 'tilePositions'],
  }),
  absorbAndStore: defineKernel('absorbAndStore', absorbAndStoreSource, {
    parts: ['fourRows', 'rotary'],
    readsBlocks: true,
    storesCache: true,
    constants: [
      'queryHeads',
      'plainDim4',
      'latentDim4',
      'rotary4',
      'headDim4',
      'interleaved',
      'unitsPerLane',
    ],
  }),
  router: defineKernel('router', routerSource, {
    parts: ['state', 'routeToken'],
    constants: ROUTER_CONSTANTS,
  }),
  expertGateUp: defineKernel('expertGateUp', expertGateUpSource, {
    parts: ['state', 'fourRows', 'normedInput', 'silu', 'gateUpRows'],
    readsBlocks: true,
    readsSecondBlocks: true,
    constants: ['unitsPerLane', 'hasNorm'],
  }),
  expertDown: defineKernel('expertDown', expertDownSource, {
    parts: ['state', 'fourRows'],
    readsBlocks: true,
    constants: ['slots', 'summed', 'unitsPerLane'],
  }),
  routeAndRound: defineKernel('routeAndRound', routeAndRoundSource, {
    parts: ['state', 'routeToken', 'exactFloats', 'roundedForm', 'roundBlocks'],
    constants: [...ROUTER_CONSTANTS, 'hasSums'],
  }),
  cachedGateUp: defineKernel('cachedGateUp', cachedGateUpSource, {
    parts: ['state', 'exactFloats', 'exactSilu', 'roundedForm', 'roundBlocks', 'packedRows'],
    constants: [...PACKED_CONSTANTS, 'hasSums'],
  }),
  cachedDown: defineKernel('cachedDown', cachedDownSource, {
    parts: ['state', 'exactFloats', 'roundedForm', 'packedRows'],
    constants: PACKED_CONSTANTS,
  }),
  addExperts: defineKernel('addExperts', addExpertsSource, {
    parts: ['state', 'expertColumn'],
    constants: ['topK', 'slots'],
  }),
  downAndExperts: defineKernel('downAndExperts', downAndExpertsSource, {
    parts: ['state', 'fourRows', 'expertColumn'],
    readsBlocks: true,
    constants: ['unitsPerLane', 'topK', 'slots'],
  }),
  groupTokens: defineKernel('groupTokens', groupTokensSource, {
    parts: ['state'],
    constants: ['experts', 'tileTokens'],
  }),
  expertTiles: defineKernel('expertTiles', expertTilesSource, {
    parts: ['state'],
    readsBlocks: true,
    usesTile: true,
    constants: ['side', 'tokensPerLane'],
  }),
  expertSum: defineKernel('expertSum', expertSumSource, {
    parts: ['state'],
    constants: ['slots', 'summed'],
  }),
  bestOfSlices: defineKernel('bestOfSlices', bestOfSlicesSource, {
    parts: ['state', 'selectBest'],
    constants: ['maxCount'],
  }),
  bestOfAll: defineKernel('bestOfAll', bestOfAllSource, {
    parts: ['state', 'selectBest'],
    constants: ['maxCount'],
  }),
} as const;
