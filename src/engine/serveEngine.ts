/** An engine as a process that serves its parent: answers the messages of `protocol/engine.ts` over IPC until the parent goes away. */
import type { FromEngine, ToEngine } from '../protocol/engine';
import { LensError, oneLine, serve, type Channel } from '../protocol/rpc';
import type { Engine } from './engine';
import { handlers } from './jobs';

/** Longest wait for a running slice before the process ends anyway. */
const closeMs = 500;

/** Serves until the parent disconnects, then releases what the engine holds and ends the process. */
export function serveEngine(engine: Engine): void {
  const channel: Channel<FromEngine, ToEngine> = {
    send: (message) => {
      // Throws at once if the message cannot be cloned; a pipe that breaks later ends in 'disconnect'.
      if (process.connected) process.send!(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToEngine)),
    onClose: (listener) => void process.once('disconnect', () => listener({ code: 'engineDied', message: 'the window went away' })),
  };
  const server = serve(channel, handlers(engine));

  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    server.cancelAll();
    // On macOS a process that exits with sessions alive is aborted.
    await Promise.race([engine.close().catch(() => undefined), new Promise((resolve) => setTimeout(resolve, closeMs))]);
    process.exit(code);
  };
  process.once('disconnect', () => void end(0));
  process.once('SIGTERM', () => void end(0));
  const fail = (error: unknown): void => {
    process.stderr.write(`error: ${error instanceof Error ? error.stack ?? error.message : String(error)}\n`);
    server.failAll(new LensError('engineDied', oneLine(`the engine failed: ${error instanceof Error ? error.message : String(error)}`), 'try again: the engine starts anew'));
    void end(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  channel.send({ type: 'ready', pid: process.pid });
}
