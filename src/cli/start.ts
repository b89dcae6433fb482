/** `model-lens`: the extension's jobs from a terminal. Exit codes: 0 done, 1 failed, 2 wrong usage. */
import { Engine } from '../engine/engine';
import { probeIfAsked } from '../engine/probeMain';
import { modelLensVersion } from '../engine/version';
import { toWireError } from '../protocol/rpc';
import { UsageError } from './arguments';
import { runAgain } from './commands/again';
import { runCompare } from './commands/compare';
import { runDevices } from './commands/devices';
import { runExplain } from './commands/explain';
import { runExportGradient } from './commands/exportGradient';
import { runInspect } from './commands/inspect';
import { runMethods } from './commands/methods';
import { runPredict } from './commands/predict';
import { runTable } from './commands/table';
import { runTrust } from './commands/trust';
import { commands, generalHelp, helpFor, type Command } from './help';
import { isSupervised, supervise } from './supervisor';
import { clearLine, note, print } from './terminal';

/** What a command is given. */
export interface CommandContext {
  readonly engine: Engine;
  readonly signal: AbortSignal;
}

type Run = (argv: readonly string[], context: CommandContext) => Promise<void>;

const table: Readonly<Record<Command, Run>> = {
  inspect: runInspect, predict: runPredict, explain: runExplain, methods: runMethods, devices: runDevices, 'export-gradient': runExportGradient, again: runAgain,
  table: runTable, trust: runTrust, compare: runCompare,
};

function isCommand(name: string): name is Command {
  return (commands as readonly string[]).includes(name);
}

async function main(entry: string, argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const about = rest[0];
    if (name === 'help' && about !== undefined) {
      if (!isCommand(about)) return unknownCommand(about);
      process.stdout.write(helpFor(about));
    } else (name === undefined ? process.stderr : process.stdout).write(generalHelp);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    print(modelLensVersion);
    return 0;
  }
  if (!isCommand(name)) return unknownCommand(name);
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(helpFor(name));
    return 0;
  }
  return isSupervised() ? runCommand(entry, name, rest) : supervise(entry, name, argv);
}

function unknownCommand(name: string): number {
  note(`model-lens: '${name}' is no command; commands are ${commands.join(', ')}`);
  return 2;
}

async function runCommand(entry: string, name: Command, argv: readonly string[]): Promise<number> {
  const controller = new AbortController();
  // The first Ctrl-C ends the job between two slices, the second ends the process.
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(1);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.once('disconnect', () => process.exit(1));
  process.channel?.unref();
  const engine = new Engine(entry);
  try {
    await table[name](argv, { engine, signal: controller.signal });
    return 0;
  } catch (error) {
    clearLine();
    if (error instanceof UsageError) {
      note(`model-lens ${name}: ${error.message}`);
      if (error.command !== undefined) note(`'model-lens ${error.command} --help' tells more`);
      return 2;
    }
    const { message, remedy } = toWireError(error);
    note(`model-lens ${name}: ${message}${remedy === undefined ? '' : ` (${remedy})`}`);
    return 1;
  } finally {
    await engine.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

/** @param entry the file this process was started with: it is started again to work in. */
export function startCli(entry: string): void {
  // Output that nobody reads any more ('model-lens … | head') ends the program, quietly.
  process.stdout.on('error', () => process.exit(0));
  if (!probeIfAsked()) void main(entry, process.argv.slice(2)).then((code) => { process.exitCode = code; });
}
