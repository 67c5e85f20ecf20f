import { describe, expect, it } from 'vitest';
import { adapterTable, measuredTable } from '../../../../webview/diagnostics/backendTables.ts';
import { diagnosticsState } from '../../../support/diagnosticsState.ts';

const report = diagnosticsState().model?.backend;
if (!report) throw new Error('The state has no model.');

describe('the tables of backends', () => {
  it('have the CPU first, and of each candidate its figures or what became of it', () => {
    const { head, rows } = measuredTable(report);
    expect(head).toHaveLength(5);
    expect(rows).toEqual([
      ['CPU', '100 tokens/s', '20 tokens/s', '9 ms', 'the reference for numbers'],
      [
        'Glassbox kernels on A GPU',
        '95 tokens/s',
        '20 tokens/s',
        '12 ms',
        'agree: error 0.0001 of at most 0.017, same best token at 100 % of 64 positions',
      ],
      [
        'ONNX Runtime (WebGPU) on A GPU',
        '–',
        '–',
        '–',
        'ended the engine when it was tried; not tried again until backends are measured again',
      ],
    ]);
  });

  it('list adapters with their limits', () => {
    expect(adapterTable(report.adapters).rows).toEqual([
      ['A GPU', 'A driver 1.2', 'hardware', 'subgroups, f16', '128 MiB', '1 GiB', '32 KiB', '256'],
    ]);
  });
});
