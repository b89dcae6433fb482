/**
 * Runs the suite in test/vscode/host inside an extension host: in a desktop VS Code through @vscode/test-electron where
 * one can be had (VSCODE_PATH, or VSCODE_TEST_DOWNLOAD=1 to let it fetch one), else in code-server.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runTests } from '@vscode/test-electron';
import { runHostSuite, type SuiteResult } from './workbench';

const root = path.resolve(__dirname, '../..');
const suite = path.join(root, 'out/vscode/index.js');

async function onDesktop(executable: string | undefined): Promise<SuiteResult> {
  const counts = process.env.COUNTS_FILE ?? path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-')), 'counts.json');
  await runTests({
    vscodeExecutablePath: executable, extensionDevelopmentPath: root, extensionTestsPath: suite,
    extensionTestsEnv: { COUNTS_FILE: counts }, launchArgs: ['--disable-extensions', '--disable-workspace-trust', fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'))],
  });
  return JSON.parse(fs.readFileSync(counts, 'utf8')) as SuiteResult;
}

async function main(): Promise<void> {
  const desktop = process.env.VSCODE_PATH;
  const result = desktop || process.env.VSCODE_TEST_DOWNLOAD ? await onDesktop(desktop) : await runHostSuite(suite);
  if (process.env.COUNTS_FILE) fs.writeFileSync(process.env.COUNTS_FILE, JSON.stringify(result));
  process.exitCode = result.failed || result.passed === 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
