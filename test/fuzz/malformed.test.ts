/**
 * Every damaged file of the pack through the command a user would run: an answer within 5 seconds and 500 MB, with one
 * clear line where it is an error, and no file outside the model's folder opened.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EngineProcess } from '../../src/protocol/engineProcess';
import { LensError } from '../../src/protocol/rpc';
import { filesBelow, sharedFolder } from '../unit/formats/support';

const root = path.join(__dirname, '../..');
const folder = path.join(sharedFolder, 'pack/malformed');
const files = filesBelow(folder, '').filter((file) => fs.statSync(file).isFile());
const limitMs = 5000, limitMegabytes = 500;
const cleanLine = /^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]{10,1000}$/;

describe('malformed files', function () {
  this.timeout(60_000);
  const engine = new EngineProcess({ enginePath: path.join(root, 'src/engine/main.ts'), execArgv: ['--require', 'tsx/cjs', '--require', path.join(__dirname, 'watchOpens.cjs')], env: { MODEL_LENS_OPENED: path.join(os.tmpdir(), `model-lens-opened-${process.pid}`) } });
  const opened = path.join(os.tmpdir(), `model-lens-opened-${process.pid}`);

  before(function () {
    if (files.length) return;
    console.log(`      skipped: ${folder} is not there`);
    this.skip();
  });

  after(() => {
    engine.dispose();
    fs.rmSync(opened, { force: true });
  });

  it('are all there: HDF5, ONNX and others', () => assert.ok(files.length >= 98, `${files.length} files`));

  for (const file of files) {
    it(path.relative(folder, file), async () => {
      engine.warmUp();
      fs.writeFileSync(opened, '');
      const start = performance.now();
      const error = await engine.request('inspect', { file }).then(({ summary }) => {
        for (const warning of summary.warnings) assert.match(warning, cleanLine);
        return undefined;
      }, (reason: unknown) => reason);
      const elapsed = performance.now() - start;
      assert.ok(elapsed < limitMs, `${elapsed.toFixed(0)} ms`);
      if (error !== undefined) {
        assert.ok(error instanceof LensError, String(error));
        assert.ok(['badFile', 'unsupported'].includes(error.code), `${error.code}: ${error.message}`);
        assert.match(error.message, cleanLine);
      }
      const paths = fs.readFileSync(opened, 'utf8').split('\n').filter((line) => line !== '');
      assert.ok(paths.includes(file), 'the watch saw the model file itself');
      for (const other of paths) assert.equal(path.dirname(path.resolve(other)), path.dirname(file), `${other} was opened`);
      const peak = peakMegabytes(engine.pid);
      if (peak !== undefined) assert.ok(peak < limitMegabytes, `${peak.toFixed(0)} MB`);
    });
  }

  for (const name of ['hdf5_cve/cve-2024-29165.h5', 'hdf5_cve/cve-2018-17435.h5', 'misc/gitlfs_pointer_unet.h5', 'onnx/nested_attr_graph_5000.onnx', 'onnx/xss_names.onnx']) {
    it(`model-lens inspect ${name}`, async function () {
      const start = performance.now();
      const { code, stdout, stderr } = await run(['inspect', path.join(folder, name)]);
      assert.ok(performance.now() - start < limitMs + 2000, 'with two processes started from source');
      assert.ok(code === 0 || code === 1, `ended with ${code}: ${stderr}`);
      if (code === 0) return assert.ok(stdout.length > 0);
      const lines = stderr.trim().split('\n').filter((line) => !line.startsWith('npm '));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0]!, cleanLine);
    });
  }

  // Sound files, damaged at random: the structure more often than the weights.
  for (const [relative, count] of [['keras_dl4j/12net.h5', 250], ['keras_dl4j/masking_two_lstm.h5', 150], ['converted/cifar10_resnet8.keras', 150], ['tfjs/tfjsexamples_abalone/model.json', 150], ['tfjs/tfjsexamples_prefetch_graph/model.json', 150]] as const) {
    it(`${count} damaged versions of ${relative}`, async function () {
      const source = path.join(sharedFolder, 'pack', relative);
      const original = fs.readFileSync(source);
      const own = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-'));
      let refused = 0, slowest = 0;
      try {
        for (let seed = 1; seed <= count; seed++) {
          const file = path.join(own, `damaged${path.extname(relative)}`);
          fs.writeFileSync(file, damaged(original, seed));
          const start = performance.now();
          const error = await engine.request('inspect', { file }).then(() => undefined, (reason: unknown) => reason);
          slowest = Math.max(slowest, performance.now() - start);
          if (error === undefined) continue;
          refused++;
          assert.ok(error instanceof LensError && ['badFile', 'unsupported'].includes(error.code), `seed ${seed}: ${String(error)} ${(error as LensError).code}`);
          assert.match(error.message, cleanLine, `seed ${seed}`);
        }
      } finally {
        fs.rmSync(own, { recursive: true, force: true });
      }
      console.log(`      ${refused} of ${count} refused, slowest ${slowest.toFixed(0)} ms, at most ${peakMegabytes(engine.pid)?.toFixed(0) ?? '?'} MB`);
      assert.ok(slowest < limitMs);
      assert.ok(refused > count / 10, 'so little is refused that the damage was none');
    });
  }
});

/** Cut short, bits flipped, or a stretch replaced; the same for the same seed (mulberry32). */
function damaged(original: Uint8Array, seed: number): Uint8Array {
  let state = seed;
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
  const bytes = Uint8Array.from(original);
  if (seed % 3 === 0) return bytes.subarray(0, random(bytes.length));
  const place = (): number => (random(3) ? random(Math.min(4096, bytes.length)) : random(bytes.length));
  if (seed % 3 === 1) {
    for (let flips = 1 + random(20); flips > 0; flips--) bytes[place()]! ^= 1 << random(8);
    return bytes;
  }
  const at = place();
  return bytes.fill(random(256), at, at + random(60));
}

/** The most memory a process ever had resident, where the system tells. */
function peakMegabytes(pid: number | undefined): number | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined;
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1000;
  } catch {
    return undefined;
  }
}

function run(args: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.on('data', (chunk: Buffer) => { stdout += chunk.toString(); });
    child.stderr.on('data', (chunk: Buffer) => { stderr += chunk.toString(); });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
