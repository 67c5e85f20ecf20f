import { Command } from 'commander';
import { CHILD_COMMAND, runChildSession } from './childSession.ts';
import { cpuCommand } from './commands/cpuCommand.ts';
import { expertsCommand } from './commands/expertsCommand.ts';
import { gpuCommand } from './commands/gpuCommand.ts';
import { lookupCommand } from './commands/lookupCommand.ts';
import { productsCommand } from './commands/productsCommand.ts';
import { recordsCommand } from './commands/recordsCommand.ts';
import { speculationCommand } from './commands/speculationCommand.ts';
import { tracesCommand } from './commands/tracesCommand.ts';
import { failWith } from './failWith.ts';
import { ADAPTERS_COMMAND, printAdapters } from './gpuDevice.ts';
import { readMemory } from './memoryBandwidth.ts';
import { runProductWorker } from './productWorker.ts';

async function main(): Promise<void> {
  const program = new Command('bench').description('Measures Glassbox against llama.cpp on this machine.');
  program.addCommand(cpuCommand());
  program.addCommand(recordsCommand());
  program.addCommand(tracesCommand());
  program.addCommand(expertsCommand());
  program.addCommand(speculationCommand());
  program.addCommand(productsCommand());
  program.addCommand(lookupCommand());
  program.addCommand(gpuCommand());
  program.command(CHILD_COMMAND, { hidden: true }).action(runChildSession);
  program.command(ADAPTERS_COMMAND, { hidden: true }).action(printAdapters);
  await program.parseAsync();
}

// As worker threads of their own this program does something else.
if (!readMemory() && !runProductWorker()) await main().catch(failWith);
