import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from 'vscode-jsonrpc/node';
import { machineMs } from '../protocol/machineMs.ts';
import { abandonTrials, backendFor, loseDevices } from './backendFor.ts';
import { Engine } from './engine.ts';
import { serve } from './server.ts';

/*
 * The engine process. It is forked with a child-process channel, and the channel is its life: when the parent
 * closes it or dies, this process ends, so no engine is ever left behind.
 */
if (process.send === undefined) {
  process.stderr.write(
    'This is the engine of Glassbox. It is started by the editor or the command line tool.\n',
  );
  process.exit(2);
}
// Nothing here is worth saving but that a trial was not at fault, and an orderly exit would wait for native threads in mid-computation.
process.on('disconnect', () => {
  try {
    abandonTrials();
  } finally {
    process.kill(process.pid, 'SIGKILL');
  }
});
// Ctrl+C in a terminal reaches the whole process group; the parent decides what it means.
process.on('SIGINT', () => undefined);
// How an end-to-end test loses the GPU in mid-answer.
if (process.env['GLASSBOX_TEST'] === '1') process.on('SIGUSR2', loseDevices);

const connection = createMessageConnection(new IPCMessageReader(process), new IPCMessageWriter(process));
const engine = new Engine({
  backendFor,
  now: machineMs,
  unixNow: Date.now,
});
serve(engine, connection, machineMs);
connection.listen();
