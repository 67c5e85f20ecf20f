import type { ValueName } from './graphBuilder.ts';
import type { RuntimeLowering } from './runtimeLowering.ts';

type Splitting = Pick<RuntimeLowering, 'graph' | 'mostTensors'>;

/**
 * The rows of each expert, `[1, rows of it, columns]`. Where an operator may have few tensors they are split again and again.
 * @param counts int64 `[experts]`
 */
export function splitByExpert(
  lowering: Splitting,
  input: ValueName,
  counts: ValueName,
  experts: number,
): readonly ValueName[] {
  const { graph, mostTensors } = lowering;
  const parts = Array.from({ length: experts }, (_, expert) => `${input}/expert.${expert}`);
  graph.once(`${input}/by expert`, () => {
    if (mostTensors === undefined) {
      graph.nodes('Split', parts, [input, counts], { axis: 1 });
      return;
    }
    const ends = graph.once(`${counts}/ends`, () =>
      graph.node('CumSum', `${counts}/ends`, [counts, graph.int64s([0])]),
    );
    const starts = graph.once(`${counts}/starts`, () =>
      graph.node('Sub', `${counts}/starts`, [ends, counts]),
    );
    splitRange({ ...lowering, starts, ends }, input, parts, 0, mostTensors - 1);
  });
  return parts;
}

/** @param first the number of the expert of the first part */
function splitRange(
  lowering: Splitting & { readonly starts: ValueName; readonly ends: ValueName },
  input: ValueName,
  parts: readonly ValueName[],
  first: number,
  most: number,
): void {
  const { graph, starts, ends } = lowering;
  const groups = inGroups(parts, most);
  const outputs = groups.map((group) =>
    group.length === 1 ? (group[0] ?? '') : `${input}/from ${group[0] ?? ''}`,
  );
  const firsts = groups.map((_, index) => first + groups.slice(0, index).flat().length);
  const lasts = groups.map((group, index) => (firsts[index] ?? 0) + group.length - 1);
  const sizes = `${input}/sizes`;
  graph.node('Sub', sizes, [
    graph.node('Gather', `${sizes}/ends`, [ends, graph.int64s(lasts)], { axis: 0 }),
    graph.node('Gather', `${sizes}/starts`, [starts, graph.int64s(firsts)], { axis: 0 }),
  ]);
  graph.nodes('Split', outputs, [input, sizes], { axis: 1 });
  groups.forEach((group, index) => {
    if (group.length > 1) splitRange(lowering, outputs[index] ?? '', group, firsts[index] ?? 0, most);
  });
}

/** Rows one behind the other. */
export function joinRows(lowering: Splitting, name: ValueName, parts: readonly ValueName[]): ValueName {
  const { graph, mostTensors } = lowering;
  if (mostTensors === undefined || parts.length < mostTensors)
    return graph.node('Concat', name, parts, { axis: 1 });
  const joined = inGroups(parts, mostTensors - 1).map((group, index) =>
    group.length === 1 ? (group[0] ?? '') : joinRows(lowering, `${name}/part ${String(index)}`, group),
  );
  return joinRows(lowering, name, joined);
}

/** At most so many groups of neighbours, none larger than has to be. */
function inGroups(parts: readonly ValueName[], most: number): readonly (readonly ValueName[])[] {
  const size = Math.ceil(parts.length / most);
  return Array.from({ length: Math.ceil(parts.length / size) }, (_, index) =>
    parts.slice(index * size, (index + 1) * size),
  );
}
