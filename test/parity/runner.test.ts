/** The runner itself: it must see errors, not only agreement, and judge packs it has never met. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeOnnx } from '../../src/formats/onnx/write';
import { formatNpy } from '../../src/tensor/npy';
import { floatTensor, type Tensor } from '../../src/tensor/tensor';
import { linearModel } from '../unit/methods/tinyModels';
import { compare } from './compare';
import { sample, unquantise } from './golden';

const root = path.join(__dirname, '../..');

function run(environment: Readonly<Record<string, string>>, ...flags: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', path.join(__dirname, 'run.ts'), ...flags], { cwd: root, env: { ...process.env, ...environment } }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('comparison', () => {
  it('allows maxAbs + maxRel · |e| for all but the outliers', () => {
    const tolerance = { maxAbs: 0.1, maxRel: 0.1 };
    assert.ok(compare([1.19, 10.9], [1, 10], tolerance).passed);
    assert.ok(!compare([1.25, 10], [1, 10], tolerance).passed);
    assert.ok(compare([1.25, 10], [1, 10], { ...tolerance, maxOutlierFraction: 0.5 }).passed);
    assert.ok(!compare([NaN, 10], [1, 10], tolerance).passed);
    assert.ok(compare([NaN, Infinity], [NaN, Infinity], tolerance).passed);
    assert.ok(!compare([1], [1, 10], tolerance).passed);
  });

  it('asks for the correlation where one is given', () => {
    assert.ok(!compare([1, 0.9, 1.1], [1, 1.05, 0.95], { maxAbs: 1, minCorrelation: 0.9 }).passed);
    assert.ok(compare([2, 4, 6], [1, 2, 3], { maxAbs: 5, minCorrelation: 0.999 }).passed);
    assert.ok(compare([0, 0], [0, 0], { maxAbs: 0.1, minCorrelation: 0.9 }).passed, 'two constant lists agree');
    assert.ok(!compare([1.4, 2], [1, 2], { maxAbs: 0.1, maxRel: 1, stochastic: true, minCorrelation: 0.1 }).passed, 'stochastic: maxAbs only');
  });

  it('restores narrowed inputs, per channel on either axis', () => {
    const bytes: Tensor = { dtype: 'uint8', dims: [1, 2, 2], data: Uint8Array.of(0, 1, 2, 3) };
    const stored = { dtype: 'uint8', scale: [1, 10], offset: [0, -5] };
    assert.deepEqual([...(unquantise(bytes, { ...stored, axis: 1 }).data as Float32Array)], [0, 1, 15, 25]);
    assert.deepEqual([...(unquantise(bytes, { ...stored, axis: 2 }).data as Float32Array)], [0, 5, 2, 25]);
    const half = unquantise({ dtype: 'uint8', dims: [1], data: Uint8Array.of(255) }, { dtype: 'uint8', scale: 1 / 255, offset: 0 });
    assert.equal((half.data as Float32Array)[0], Math.fround(255 * Math.fround(1 / 255)));
  });

  it('thins out as the stored maps were', () => {
    const values = Float32Array.from({ length: 32 }, (_, i) => i);
    assert.deepEqual([...sample(values, [2, 4, 4], { axes: [1, 2], start: 1, step: 2 })], [5, 7, 13, 15, 21, 23, 29, 31]);
  });
});

describe('runner', function () {
  this.timeout(120_000);
  let folder = '';

  /** A golden folder with one saliency case of a linear model in a pack called 'hidden'. */
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'lens-parity-'));
    await mkdir(path.join(folder, 'pack'));
    await mkdir(path.join(folder, 'golden/inputs'), { recursive: true });
    const { bytes } = await writeOnnx(linearModel([[1, -2, 0.5], [3, 0, -1]], [0, 0]));
    await writeFile(path.join(folder, 'pack/linear.onnx'), bytes);
    await writeFile(path.join(folder, 'golden/inputs/x.npy'), formatNpy(floatTensor([1, 3], Float32Array.of(1, 2, 3))));
    await writeFile(path.join(folder, 'pack/other.h5'), Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0));
    await writeCase('right', [3, 0, -1]);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  async function writeCase(id: string, expected: readonly number[], over: object = {}): Promise<void> {
    const own = path.join(folder, 'golden/cases', id);
    await mkdir(own, { recursive: true });
    await writeFile(path.join(own, 'expected.npy'), formatNpy(floatTensor([1, 3], Float32Array.from(expected))));
    await writeFile(path.join(own, 'case.json'), JSON.stringify({
      id, pack: 'hidden', model: 'linear.onnx', inputName: 'x', inputFile: 'inputs/x.npy', method: 'saliency', params: { abs: false },
      target: { output: 'y', index: 1, useLogits: true }, tolerance: { maxAbs: 1e-5 }, expectedFile: 'expected.npy', expected: { shape: [1, 3] }, ...over,
    }));
  }

  const environment = () => ({ GOLDEN_DIR: path.join(folder, 'golden'), PACK_DIR_HIDDEN: path.join(folder, 'pack') });

  it('passes what agrees, in a pack named by PACK_DIR_<NAME>', async () => {
    const { code, stdout, stderr } = await run(environment(), '--only', 'saliency');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /1 passed, 0 failed, 0 not implemented/);
  });

  it('counts unknown methods as not implemented, and fails damaged models, wrong numbers and parameters it does not know', async () => {
    await writeCase('unknown', [0, 0, 0], { method: 'tea-leaves' });
    await writeCase('damaged', [0, 0, 0], { model: 'other.h5' });
    assert.match((await run(environment())).stdout, /failed: saliency damaged: other\.h5 is a damaged HDF5 file[^]*1 passed, 1 failed, 1 not implemented/);
    await writeCase('wrong', [3, 0, -1.1]);
    await writeCase('parameter', [3, 0, -1], { params: { abs: false, colour: 'red' } });
    await writeCase('pack', [3, 0, -1], { pack: 'absent' });
    const json = path.join(folder, 'out.json');
    const { code, stdout } = await run(environment(), '--json', json);
    assert.equal(code, 1);
    assert.match(stdout, /failed: saliency wrong: largest error 0\.100 /);
    assert.match(stdout, /failed: saliency parameter: the runner does not understand params\.colour/);
    assert.match(stdout, /failed: saliency pack: PACK_DIR_ABSENT is not set/);
    const { summary, outcomes } = JSON.parse(await readFile(json, 'utf8')) as { summary: string; outcomes: { id: string; status: string }[] };
    assert.equal(summary, '1 passed, 4 failed, 1 not implemented');
    assert.equal(outcomes.find(({ id }) => id === 'wrong')?.status, 'failed');
  });

  it('says what is wrong with its own use', async () => {
    const typo = await run(environment(), '--only', 'sailency');
    assert.equal(typo.code, 2);
    assert.match(typo.stderr, /no case of 'sailency'/);
    assert.equal((await run(environment(), '--unknown')).code, 2);
    const empty = await run({ GOLDEN_DIR: path.join(folder, 'nothing') });
    assert.equal(empty.code, 1);
    assert.match(empty.stderr, /not found; set GOLDEN_DIR/);
  });
});
