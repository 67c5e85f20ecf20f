import { numberRanges } from '../protocol/numberRanges.ts';
import type { DispatchReport, PlanReport } from '../protocol/planReport.ts';
import { formatBytes } from './format.ts';

/** A plan as a table: a line for each dispatch, and what they are together. */
export function describePlan(plan: PlanReport): string {
  const { dispatches, shards, perLayer } = plan;
  const rows = dispatches.map(lineOf);
  const widths = HEAD.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column < NUMBERS_FROM ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd();
  const sum = (of: (item: PlanReport['shards'][number]) => number): number =>
    shards.reduce((all, shard) => all + of(shard), 0);
  const kinds = [...new Set(perLayer.map(kindOf))].map(
    (kind) =>
      `${kind}: ${[...new Set(perLayer.filter((layer) => kindOf(layer) === kind).map((layer) => layer.dispatches))].join(' or ')}`,
  );
  return [
    `${plan.model}: ${tokensText(plan.tokens)} behind ${plan.position}, cache ${plan.cacheType} for ${plan.capacity}`,
    '',
    line(HEAD),
    ...rows.map(line),
    '',
    `dispatches      ${dispatches.length} (a layer of ${kinds.join('; of ')})`,
    `weights         ${formatBytes(sum(({ quantBytes, scaleBytes }) => quantBytes + scaleBytes))} in ${shards.length} ${shards.length === 1 ? 'shard' : 'shards'}`,
    ...cutLines(plan.cut),
    `buffers         activations ${formatBytes(plan.arenaBytes)}, state ${formatBytes(plan.stateBytes)}, norms and rotations ${formatBytes(plan.vectorBytes)}, KV ${plan.kvBufferBytes.map(formatBytes).join(' + ')}`,
    ...expertLines(plan.experts),
    `bytes moved     ${formatBytes(plan.weightBytes + plan.kvBytes + plan.otherBytes)}: weights ${formatBytes(plan.weightBytes)}, KV ${formatBytes(plan.kvBytes)}, all else ${formatBytes(plan.otherBytes)}`,
  ].join('\n');
}

function cutLines({ matrices, buffers, bindingBytes }: PlanReport['cut']): string[] {
  if (matrices.length === 0) return [];
  const names = matrices.map(({ name, pieces }) => `${name} (${String(pieces)})`);
  return [
    `in pieces       a dispatch for each, since a kernel binds ${buffers} buffers of weights of ${formatBytes(bindingBytes)}: ${names.join(', ')}`,
  ];
}

function expertLines(experts: PlanReport['experts']): string[] {
  if (experts === undefined) return [];
  const groups = new Map<string, number[]>();
  for (const { layer, experts: count, slots, expertBytes, types } of experts.layers) {
    const text = `${count} of ${formatBytes(expertBytes)} (${types.join(' and ')}), ${slots} in slots`;
    groups.set(text, [...(groups.get(text) ?? []), layer]);
  }
  return [
    `experts         ${formatBytes(experts.memoryBytes)} in memory on the CPU's side; slots for hot ones on the GPU ${formatBytes(experts.slotBytes)}`,
    ...[...groups].map(([text, layers]) => `                layer ${numberRanges(layers)}: ${text}`),
  ];
}

const HEAD = ['dispatch', 'kernel', 'type', 'workgroups', 'weights', 'KV', 'read', 'written'];
const NUMBERS_FROM = 3;

function lineOf(dispatch: DispatchReport): string[] {
  const { workgroups, workgroupSize, weightBytes, kvReadBytes, kvWrittenBytes } = dispatch;
  const bytes = (count: number): string => (count === 0 ? '' : formatBytes(count));
  return [
    dispatch.name,
    dispatch.kernel,
    typesOf(dispatch),
    `${workgroups.join('x')} of ${workgroupSize}`,
    bytes(weightBytes),
    bytes(kvReadBytes + kvWrittenBytes),
    bytes(dispatch.readBytes),
    bytes(dispatch.writtenBytes),
  ];
}

function typesOf({ blocks = '', secondBlocks = blocks }: DispatchReport): string {
  return blocks === secondBlocks ? blocks : `${blocks}, ${secondBlocks}`;
}

function kindOf({ attention, feedForward }: PlanReport['perLayer'][number]): string {
  return `${attention} and ${feedForward}`;
}

function tokensText(tokens: number): string {
  return tokens === 1 ? 'a token' : `${tokens} tokens`;
}
