import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { KernelBench } from './kernelBench.ts';
import { MACHINES, type Machine } from './machine.ts';

/**
 * A group of tests for each machine, with a bench that is open while they run. Machines that are not here count as skipped,
 * with the reason.
 */
export function onEachMachine(tests: (bench: () => KernelBench, machine: Machine) => void): void {
  for (const machine of MACHINES)
    describe(machine.title, () => {
      let bench: KernelBench | undefined;
      beforeAll(async () => {
        bench = await KernelBench.open(machine);
      });
      afterAll(() => {
        bench?.close();
      });
      tests(() => {
        if (bench === undefined) throw new Error('the device is not open');
        return bench;
      }, machine);
    });
  for (const reason of inject('missingAdapters')) test.skip(reason, () => undefined);
}
