/** Entry of the suite that runs inside the extension host: every *.test.js beside this file, by mocha. */
import fs from 'node:fs';
import path from 'node:path';
import Mocha from 'mocha';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Runs the suite; the counts also go to COUNTS_FILE, and a suite with no tests is a failure. */
export async function run(): Promise<Counts> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, forbidOnly: true, color: false });
  for (const name of fs.readdirSync(__dirname)) if (name.endsWith('.test.js')) mocha.addFile(path.join(__dirname, name));
  const counts = await new Promise<Counts>((resolve) => {
    const runner = mocha.run(() => {
      const { passes, failures, pending } = runner.stats!;
      resolve({ passed: passes, failed: failures, skipped: pending });
    });
  });
  if (process.env.COUNTS_FILE) fs.writeFileSync(process.env.COUNTS_FILE, JSON.stringify(counts));
  if (counts.passed + counts.failed + counts.skipped === 0) throw new Error('the suite holds no tests');
  return counts;
}
