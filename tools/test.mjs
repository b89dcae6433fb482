// npm test: installs, builds, and runs every suite; the last line counts.
//   npm test -- [SUITE…]     only these: types lint unit parity gpu fuzz host ui
// A suite that ran nothing fails. Without ../shared the tests that need it are skipped, and say so.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gpuSuite, gpuToTest } from './gpu.mjs';
import { install, run, must, root, say } from './steps.mjs';

const mocha = (spec, ...more) => ({ command: 'npx', args: ['mocha', '--no-config', '--require', 'tsx/cjs', '--extensions', 'ts', '--fail-zero', '--forbid-only', '--reporter', 'tools/reporter.cjs', ...more, spec], counts: true });

/** In the order in which a fault shows soonest. */
const suites = {
  types: { title: 'Types (tsc)', command: 'npx', args: ['tsc', '-p', '.'] },
  lint: { title: 'Lint (eslint: rooms and promises)', command: 'npx', args: ['eslint', '.'] },
  unit: { title: 'Unit tests', ...mocha('test/unit/**/*.test.ts', '--timeout', '60000') },
  parity: { title: 'Parity with the reference implementations', ...mocha('test/parity/**/*.test.ts', '--timeout', '900000') },
  gpu: { title: 'On a GPU, compared with the CPU', ...mocha('test/gpu/**/*.test.ts'), prepare: onGpu },
  fuzz: { title: 'Malformed files', ...mocha('test/fuzz/**/*.test.ts', '--timeout', '600000') },
  host: { title: 'Inside the extension host of a real VS Code', command: 'npx', args: ['tsx', 'tools/vscode/host.ts'], counts: true },
  ui: { title: 'In the window of a real VS Code', ...mocha('test/vscode/ui/**/*.test.ts', '--timeout', '240000') },
};

/** The suite on the GPU that is there; without one a skipped test, which CI does not accept. */
function onGpu() {
  const gpu = gpuToTest();
  if (gpu.missing === undefined) {
    console.log(`   on ${gpu.words} (${gpu.device})`);
    return gpuSuite(gpu, false);
  }
  console.log(`   SKIPPED: ${gpu.missing}`);
  return { skipped: !process.env.CI };
}

const asked = process.argv.slice(2);
for (const name of asked) {
  if (!suites[name]) {
    console.error(`unknown suite '${name}': expected one of ${Object.keys(suites).join(', ')}`);
    process.exit(2);
  }
}

const shared = process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared');
await install();
say('Building');
await must(process.execPath, ['esbuild.mjs', '--tests']);
if (!fs.existsSync(shared)) say(`No ${path.relative(root, shared)}: tests that need reference models and outputs will be SKIPPED`);

const total = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
const countsFile = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-counts-')), 'counts.json');
for (const [name, suite] of Object.entries(suites)) {
  if (asked.length && !asked.includes(name)) continue;
  say(suite.title);
  fs.rmSync(countsFile, { force: true });
  const started = Date.now();
  const { command, args, env, skipped } = { ...suite, ...suite.prepare?.() };
  if (skipped === true) {
    total.skipped++;
    continue;
  }
  if (skipped === false) {
    broken.push(`${name}: could not run, and CI skips nothing`);
    continue;
  }
  const code = await run(command, args, { env: { ...process.env, ...env, COUNTS_FILE: countsFile } });
  let counts = suite.counts ? undefined : { passed: code ? 0 : 1, failed: code ? 1 : 0, skipped: 0 };
  if (suite.counts && fs.existsSync(countsFile)) counts = JSON.parse(fs.readFileSync(countsFile, 'utf8'));
  if (!counts || counts.passed + counts.failed + counts.skipped === 0) {
    broken.push(`${name}: ran no test (exit ${code})`);
    continue;
  }
  // A runner can fail outside of any test: that is a failure too.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  for (const key of Object.keys(total)) total[key] += counts[key];
  if (counts.failed) broken.push(`${name}: ${counts.failed} failed`);
  console.log(`   ${name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${((Date.now() - started) / 1000).toFixed(0)} s`);
}

for (const line of broken) console.error(`✗ ${line}`);
total.failed ||= broken.length;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(broken.length ? 1 : 0);
