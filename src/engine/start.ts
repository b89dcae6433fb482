/**
 * The engine process: started by `child_process.fork` (serialization 'advanced'), speaks the messages of
 * `protocol/engine.ts` over IPC, ends when its parent goes away.
 */
import { Engine } from './engine';
import { probeIfAsked } from './probeMain';
import { serveEngine } from './serveEngine';

/** @param entry the file this process was started with: helpers are started with it, too. */
export function startEngine(entry: string): void {
  if (probeIfAsked()) return;
  if (!process.send) {
    process.stderr.write('This is the engine of Model Lens: it is started by the extension. For a terminal there is model-lens.\n');
    process.exitCode = 2;
    return;
  }
  // What the engine prints, its parent logs.
  serveEngine(new Engine(entry, { devices: { log: (line) => void process.stdout.write(`${line}\n`) } }));
}
