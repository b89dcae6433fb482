/** Runs every suite beside this file inside the extension host. */
import fs from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

interface Counts { passed: number; failed: number; skipped: number }

/** Called by VS Code, or by tools/vscode/host.ts through its shim. A run without a test fails. */
export async function run(): Promise<Counts> {
  const mocha = new Mocha({ timeout: 60_000, forbidOnly: true, failZero: true, color: false });
  const suites = fs.readdirSync(__dirname).filter((name) => name.endsWith('.test.js'));
  if (!suites.length) throw new Error(`no *.test.js in ${__dirname}`);
  for (const name of suites) mocha.addFile(path.join(__dirname, name));
  const counts = await new Promise<Counts>((resolve) => {
    const runner = mocha.run(() => {
      const { passes, failures, pending } = runner.stats!;
      resolve({ passed: passes, failed: failures, skipped: pending });
    });
  });
  if (process.env.COUNTS_FILE) fs.writeFileSync(process.env.COUNTS_FILE, JSON.stringify(counts));
  return counts;
}
