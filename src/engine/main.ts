/**
 * The engine process: started by `child_process.fork` (serialization 'advanced'), speaks the messages of
 * `protocol/engine.ts` over IPC, ends when its parent goes away.
 */
import { Engine } from './engine';
import { probeIfAsked } from './probeMain';
import { serveEngine } from './serveEngine';

function start(): void {
  if (!process.send) {
    process.stderr.write('This is the engine of Model Lens: it is started by the extension. For a terminal there is model-lens.\n');
    process.exitCode = 2;
    return;
  }
  // What the engine prints, its parent logs.
  serveEngine(new Engine(__filename, { devices: { log: (line) => void process.stdout.write(`${line}\n`) } }));
}

if (!probeIfAsked()) start();
