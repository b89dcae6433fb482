// npm start: installs, builds, and opens VS Code with the extension and the sample workspace.
//   npm start -- [--browser] [--no-open] [FOLDER]
// A desktop VS Code (`code` on the PATH, or VSCODE_PATH) is used if found, else code-server in the browser.
import { install, must, root, say, which } from './steps.mjs';
import path from 'node:path';

const args = process.argv.slice(2);
const folder = path.resolve(args.find((arg) => !arg.startsWith('--')) ?? path.join(root, 'samples'));

await install();
say('Building (esbuild)');
await must(process.execPath, ['esbuild.mjs']);

const desktop = args.includes('--browser') ? undefined : process.env.VSCODE_PATH ?? which(['code', 'code-insiders', 'codium']);
if (desktop) {
  say(`Opening ${folder} in ${desktop}`);
  await must(desktop, ['--new-window', `--extensionDevelopmentPath=${root}`, folder]);
} else {
  say('No desktop VS Code found (looked for code, code-insiders, codium): starting code-server, a real VS Code in the browser');
  await must('npx', ['tsx', 'tools/vscode/demo.ts', folder, ...args.filter((arg) => arg.startsWith('--'))]);
}
