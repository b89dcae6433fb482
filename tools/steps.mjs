// What `npm start` and `npm test` share. Node's own modules only: this runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';

export function say(message) {
  console.log(`\n── ${message}`);
}

/** Runs a command in the project's root, its output shown; resolves to the exit code. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    // npm and npx are .cmd files on Windows, which only a shell can start.
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell: windows, ...options });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}

export async function must(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) {
    console.error(`\n${command} ${args.join(' ')} ended with ${code}.`);
    process.exit(code);
  }
}

/** Installs the dependencies package-lock.json names, unless they are there already. */
export async function install() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Model Lens is built with Node 20.19 or newer; this is ${process.versions.node}. Install a current Node and run the command again.`);
    process.exit(1);
  }
  const lock = path.join(root, 'package-lock.json'), stamp = path.join(root, 'node_modules/.package-lock.json');
  if (fs.existsSync(stamp) && fs.statSync(stamp).mtimeMs >= fs.statSync(lock).mtimeMs) return;
  say('Installing dependencies (npm ci)');
  // onnxruntime-node's install script would fetch CUDA libraries, and fail npm ci where it cannot; what Model Lens
  // needs (CPU and WebGPU) is in the package itself.
  await must('npm', ['ci', '--no-audit', '--no-fund'], { env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' } });
  fs.utimesSync(stamp, new Date(), new Date());
}

export function which(names) {
  for (const name of names) {
    const found = spawnSync(windows ? 'where' : 'which', [name], { encoding: 'utf8' });
    if (found.status === 0) return found.stdout.split(/\r?\n/)[0].trim();
  }
  return undefined;
}
