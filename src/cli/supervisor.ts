/**
 * A command runs in a child of the process the user started: models are untrusted files, and a parser that hangs, eats
 * memory or crashes must end in one line of text and exit code 1, not in a dead terminal.
 */
import { fork } from 'node:child_process';
import { withCudaLibraries } from '../protocol/cudaLibraries';
import { forgetMark, isDeviceNotice, leftMark } from '../protocol/deviceNotice';
import { isParseNotice, ParseWatch } from '../protocol/parseWatch';
import { note } from './terminal';

const childFlag = 'MODEL_LENS_CLI_CHILD';

/** Whether this process is the child. */
export function isSupervised(): boolean {
  return process.env[childFlag] === '1' && process.send !== undefined;
}

/**
 * Runs `argv` in a child that shares stdin, stdout and stderr; resolves to the exit code. Where a device's driver ended
 * the child, it is done once more: the next child finds that written down, and goes on without that device.
 */
export async function supervise(entry: string, command: string, argv: readonly string[]): Promise<number> {
  let code: number | 'again' = 'again';
  for (let attempt = 0; code === 'again'; attempt++) code = await superviseOnce(entry, command, argv, attempt === 0);
  return code;
}

function superviseOnce(entry: string, command: string, argv: readonly string[], mayRepeat: boolean): Promise<number | 'again'> {
  const windows = process.platform === 'win32';
  const child = fork(entry, argv, {
    env: withCudaLibraries(entry, { ...process.env, [childFlag]: '1' }), stdio: ['inherit', 'inherit', 'inherit', 'ipc'], serialization: 'advanced',
    // In a process group of its own, so that Ctrl-C reaches it once, through us.
    detached: !windows,
  });
  let reason: string | undefined;
  // The second Ctrl-C ends a child that a system call holds: it cannot even exit by itself.
  let interrupted = false;
  // The file that says that a device runs a model there, while one does.
  let mark: string | null = null;
  const forward = (signal: NodeJS.Signals): void => {
    if (interrupted) reason = 'interrupted';
    if (interrupted || !windows) child.kill(interrupted ? 'SIGKILL' : signal);
    interrupted = true;
  };
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  const watch = new ParseWatch(child.pid ?? 0, (_, error) => {
    reason = error.message;
    child.kill('SIGKILL');
  });
  child.on('message', (message) => {
    if (isParseNotice(message)) watch.notice(message);
    else if (isDeviceNotice(message)) mark = message.mark;
  });
  return new Promise((resolve) => {
    const end = (code: number | 'again', message?: string): void => {
      watch.dispose();
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      if (message !== undefined) note(`model-lens ${command}: ${message}`);
      resolve(code);
    };
    child.once('error', (error) => end(1, `could not start a process to work in: ${error.message}`));
    child.once('exit', (code, signal) => {
      const driver = leftMark(mark) && !interrupted && reason === undefined;
      // Killed by us, not by a driver.
      if (!driver) forgetMark(mark);
      // On Windows a crash is an exit code.
      if (driver && mayRepeat) end('again', `a device's driver ended the working process (${signal ? `signal ${signal}` : `exit code ${code}`}); once more without that device`);
      else if (code !== null) end(code);
      else end(1, reason ?? `the working process was ended by signal ${signal}`);
    });
  });
}
