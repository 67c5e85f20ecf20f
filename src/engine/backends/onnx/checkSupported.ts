import type { GroupedQueryAttention, LatentAttention, LayerSpec, ModelSpec } from '../../../models/spec.ts';
import { GlassboxError } from '../../../protocol/errors.ts';

/**
 * What ONNX Runtime's operators ask of a model, before anything is allocated.
 * @throws GlassboxError `model/unsupported`
 */
export function checkSupported(spec: ModelSpec): void {
  checkLayers(spec, 'layer', spec.layers);
  checkLayers(spec, 'draft', spec.draft?.layers ?? []);
  checkRouting(spec);
}

/** What is recorded of a token's routing has one shape for all layers. */
function checkRouting(spec: ModelSpec): void {
  let first: number | undefined;
  for (const [index, { feedForward }] of spec.layers.entries()) {
    if (feedForward.kind === 'dense') continue;
    const { topK } = feedForward;
    first ??= topK;
    if (topK !== first)
      refuse(
        spec,
        `layer ${index} chooses ${topK} experts and an earlier one ${first} (the same is supported)`,
      );
  }
}

function checkLayers(spec: ModelSpec, kind: 'layer' | 'draft', layers: readonly LayerSpec[]): void {
  for (const [index, { attention }] of layers.entries()) {
    const problem = attention.kind === 'gqa' ? problemOfGroupedQuery(attention) : problemOfLatent(attention);
    if (problem !== undefined) refuse(spec, `${kind} ${index} ${problem}`);
  }
}

function refuse(spec: ModelSpec, problem: string): never {
  throw new GlassboxError('model/unsupported', `${spec.name} cannot run on the CPU: ${problem}.`);
}

function problemOfGroupedQuery({
  headDim,
  rope,
  queryHeads,
  kvHeads,
}: GroupedQueryAttention): string | undefined {
  // GroupQueryAttention takes cos and sin in widths of eight only.
  if (rope.dimensions % 16 !== 0 || rope.dimensions > headDim) {
    return `rotates ${rope.dimensions} of ${headDim} dimensions of a head (a multiple of 16 is supported)`;
  }
  if (queryHeads % kvHeads !== 0) {
    return `has ${queryHeads} query heads for ${kvHeads} key heads (a multiple is supported)`;
  }
  return undefined;
}

function problemOfLatent({ rope, rotaryDim }: LatentAttention): string | undefined {
  if (rope.dimensions !== rotaryDim) {
    return `rotates ${rope.dimensions} of the ${rotaryDim} dimensions that its keys share (all are supported)`;
  }
  return undefined;
}
