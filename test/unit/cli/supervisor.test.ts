/** What the process a person started does when a device's driver ends the one that works. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

describe('cli/supervisor', function () {
  this.timeout(60_000);
  let folder = '';

  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-supervisor-')); });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const run = (how: string): { status: number | null; stdout: string; stderr: string } => spawnSync(process.execPath, ['--require', 'tsx/cjs', path.join(__dirname, 'crashingProgram.ts'), how], {
    env: { ...process.env, MODEL_LENS_TEST_FOLDER: folder }, encoding: 'utf8',
  });

  it('does the command once more, without the device', () => {
    const { status, stdout, stderr } = run('once');
    assert.deepEqual([status, stdout], [0, 'without the device\n']);
    assert.match(stderr, /^model-lens explain: a device's driver ended the working process \(.*\); once more without that device\n$/);
  });

  it('once and no more', () => {
    const { status, stdout, stderr } = run('always');
    assert.deepEqual([status, stdout], [1, 'without the device\n']);
    assert.match(stderr, /once more without that device\nmodel-lens explain: the working process was ended by signal SIGSEGV\n$/);
  });
});
