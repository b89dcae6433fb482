/**
 * A real VS Code without a desktop: code-server from npm, with the Node it needs from npm too, installed once into
 * .cache/code-server. Nothing is downloaded by install scripts.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
/** 4.139.1 carries VS Code 1.139.1, whose extension host is Node 24. */
const CODE_SERVER = 'code-server@4.139.1', NODE_VERSION = '24.21.0';

export interface Installation {
  /** The code-server package. */
  readonly directory: string;
  /** The Node binary it runs on. */
  readonly node: string;
}

/** Finds code-server (CODE_SERVER_DIR, else .cache/code-server) or installs it there (about a minute). */
export function installCodeServer(say: (line: string) => void = console.log): Installation {
  const given = process.env.CODE_SERVER_DIR;
  const home = given ? path.resolve(given, '../..') : path.join(root, '.cache/code-server');
  const directory = given ?? path.join(home, 'node_modules/code-server');
  const nodePackage = `node-${process.platform}-${process.arch}`;
  const node = process.env.CODE_SERVER_NODE ?? path.join(home, 'node_modules', nodePackage, 'bin/node');
  const done = path.join(home, '.installed');
  if (given || fs.existsSync(done)) return { directory, node };
  if (process.platform === 'win32') throw new Error('code-server does not run on Windows: install VS Code and put `code` on the PATH.');
  say(`Installing ${CODE_SERVER} into ${path.relative(process.cwd(), home) || home} (once, about a minute)`);
  fs.mkdirSync(home, { recursive: true });
  fs.writeFileSync(path.join(home, 'package.json'), '{ "private": true }\n');
  const npm = (cwd: string, args: string[]) => execFileSync('npm', args, {
    cwd, stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`, npm_config_nodedir: path.dirname(path.dirname(node)) },
  });
  npm(home, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', CODE_SERVER, `${nodePackage}@${NODE_VERSION}`]);
  npm(path.join(directory, 'lib/vscode'), ['install', '--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--loglevel=error']);
  try {
    // Only for log files and a quiet console; compiled against the headers the node package ships.
    npm(path.join(directory, 'lib/vscode'), ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', '--loglevel=error']);
  } catch {
    say('(code-server runs without its native logger: no compiler was found)');
  }
  fs.writeFileSync(done, new Date().toISOString());
  return { directory, node };
}

export interface ServerOptions {
  /** Extensions installed from .vsix files before the start. */
  readonly vsix?: readonly string[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly port?: number;
  /** Home of its user data; default: a temporary folder that is removed by stop(). */
  readonly dataDirectory?: string;
  readonly workspaceTrust?: boolean;
}

export interface Server {
  /** 127.0.0.1:PORT */
  readonly host: string;
  readonly pid: number;
  readonly exited: Promise<number | null>;
  log(): string;
  stop(): Promise<void>;
}

const quietSettings = {
  'workbench.startupEditor': 'none', 'workbench.secondarySideBar.defaultVisibility': 'hidden', 'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off', 'workbench.enableExperiments': false, 'extensions.autoUpdate': false, 'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true, 'git.enabled': false, 'workbench.tips.enabled': false,
};

/** Starts code-server on the loopback and resolves when it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { directory, node } = installCodeServer();
  const temporary = options.dataDirectory === undefined;
  const home = options.dataDirectory ?? fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-vscode-'));
  for (const name of ['home', 'tmp', 'extensions', 'data/User']) fs.mkdirSync(path.join(home, name), { recursive: true });
  fs.writeFileSync(path.join(home, 'config.yaml'), '');
  const settingsFile = path.join(home, 'data/User/settings.json');
  if (temporary || !fs.existsSync(settingsFile)) fs.writeFileSync(settingsFile, JSON.stringify({ ...quietSettings, ...options.settings }, null, 2));

  const env: NodeJS.ProcessEnv = { ...process.env, HOME: path.join(home, 'home'), TMPDIR: path.join(home, 'tmp') };
  for (const key of Object.keys(env)) if (/^(VSCODE_|ELECTRON_|PORT$|CODE_SERVER|NODE_OPTIONS$)/.test(key)) delete env[key];
  const common = [path.join(directory, 'out/node/entry.js'), '--config', path.join(home, 'config.yaml'), '--user-data-dir', path.join(home, 'data'), '--extensions-dir', path.join(home, 'extensions')];
  for (const file of options.vsix ?? []) execFileSync(node, [...common, '--install-extension', path.resolve(file), '--force'], { env, cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });

  const logFile = path.join(home, 'server.log');
  const fd = fs.openSync(logFile, 'w');
  const child = spawn(node, [...common, '--auth', 'none', '--bind-addr', `127.0.0.1:${options.port ?? 0}`, '--disable-telemetry', '--disable-update-check',
    ...(options.workspaceTrust ? [] : ['--disable-workspace-trust']), '--disable-getting-started-override', '--disable-proxy'],
    // A process group of its own, so that everything it started can be ended together.
    { cwd: home, env, stdio: ['ignore', fd, fd], detached: true });
  fs.closeSync(fd);
  const log = () => fs.readFileSync(logFile, 'utf8');
  let over = false;
  const exited = new Promise<number | null>((resolve) => child.on('exit', (code) => { over = true; resolve(code); }));
  const stop = async () => {
    endGroup(child, 'SIGTERM');
    await Promise.race([exited, delay(2000)]);
    endGroup(child, 'SIGKILL');
    await Promise.race([exited, delay(2000)]);
    if (temporary) fs.rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  for (let waited = 0; waited < 60_000; waited += 100) {
    if (over) throw new Error(`code-server ended before it listened:\n${log()}`);
    const host = /listening on http:\/\/(127\.0\.0\.1:\d+)/.exec(log())?.[1];
    if (host) return { host, pid: child.pid!, exited, log, stop };
    await delay(100);
  }
  await stop();
  throw new Error('code-server did not listen within 60 s');
}

/** Process ids below `pid`, children before their own children. */
export function descendants(pid: number): number[] {
  let children: number[] = [];
  try {
    children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' }).split(/\s+/).filter(Boolean).map(Number);
  } catch { /* ps exits 1 when there are none */ }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  const all = descendants(child.pid);
  for (const pid of [-child.pid, ...all]) {
    try { process.kill(pid, signal); } catch { /* gone already */ }
  }
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
