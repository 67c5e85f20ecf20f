import type {
  AdapterReport,
  BackendReport,
  BackendSpeed,
  CandidateReport,
} from '../../src/protocol/backends.ts';
import { format } from './format.ts';
import { strings } from './strings.ts';
import type { TableText } from './tableText.ts';

/** The CPU first, if it was measured. */
export function measuredTable({ reference, candidates, measuredAtMs }: BackendReport): TableText<string> {
  const cpu = reference ? [[strings.backends.cpu, ...speeds(reference), strings.backends.isReference]] : [];
  return {
    caption:
      measuredAtMs === undefined ? strings.backends.measured : strings.backends.measuredAt(measuredAtMs),
    head: strings.backends.head,
    rows: [...cpu, ...candidates.map(candidateRow)],
  };
}

export function adapterTable(adapters: readonly AdapterReport[]): TableText<string> {
  return {
    caption: strings.backends.adapters,
    head: strings.backends.adapterHead,
    rows: adapters.map(({ name, driver, isSoftware, features, limits }) => [
      name,
      driver,
      isSoftware ? strings.backends.software : strings.backends.hardware,
      features.join(', ') || '–',
      format.bytes(limits.bindingBytes),
      format.bytes(limits.bufferBytes),
      format.bytes(limits.workgroupMemoryBytes),
      format.count(limits.workgroupSize),
    ]),
  };
}

function candidateRow({ id, device, outcome }: CandidateReport): string[] {
  const name = strings.backends.name(id, device);
  if (outcome.kind === 'agrees')
    return [name, ...speeds(outcome.speed), strings.backends.agrees(outcome.agreement)];
  return [name, '–', '–', '–', strings.backends.outcome(outcome)];
}

function speeds({ loadMs, prefillTokensPerSecond, decodeTokensPerSecond }: BackendSpeed): string[] {
  return [
    strings.backends.perSecond(prefillTokensPerSecond),
    strings.backends.perSecond(decodeTokensPerSecond),
    format.ms(loadMs),
  ];
}
