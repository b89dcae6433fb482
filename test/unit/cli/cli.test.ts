/** `model-lens` as a user calls it: a process, its files, its exit code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExplanationRecord } from '../../../src/protocol/engine';
import type { ModelSummary } from '../../../src/graph/summary';
import { parseNpy } from '../../../src/tensor/npy';

const root = path.resolve(__dirname, '../../..');
const shared = process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared');
const pack = (name: string): string => path.join(shared, 'pack', name);
const squeezenet = pack('converted/imagenet_squeezenet_fp32.onnx');
const mobilenet = pack('converted/imagenet_mobilenet_v1_025.onnx');
const chelsea = pack('images/chelsea.png');

interface Finished { readonly code: number | null; readonly stdout: string; readonly stderr: string }

function modelLens(args: readonly string[], whileRunning?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', 'tsx/cjs', path.join(root, 'src/cli/main.ts'), ...args], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text; });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      whileRunning?.(stderr, (signal) => void child.kill(signal));
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function onnxFiles(folder: string): string[] {
  return fs.readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.onnx') && !entry.parentPath.includes('malformed'))
    .map((entry) => path.join(entry.parentPath, entry.name)).sort();
}

describe('model-lens', function () {
  this.timeout(60_000);
  let folder: string;

  before(function () {
    if (!fs.existsSync(squeezenet)) {
      console.log(`      skipped: there is no ${path.join(shared, 'pack')} (set MODEL_LENS_SHARED)`);
      this.skip();
    }
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-'));
  });

  after(() => { if (folder) fs.rmSync(folder, { recursive: true, force: true }); });

  describe('wrong usage ends with 2 and says what is wrong', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['', /usage: model-lens COMMAND/],
      ['frobnicate', /'frobnicate' is no command/],
      ['inspect', /MODEL is missing/],
      ['inspect a b', /'b' is one argument too many/],
      ['inspect a --jsonn', /--jsonn/],
      ['predict m', /--input is missing/],
      ['explain m --input x', /--method is missing/],
      ['explain m --input x --method saliency --seed banana', /--seed takes a whole number/],
      ['explain m --input x --method saliency --seed -1', /--seed takes a whole number from 0/],
      ['explain m --input x --method saliency --space elsewhere', /--space takes logit, probability, output/],
      ['explain m --input x --method saliency --set novalue', /--set takes KEY=VALUE/],
      ['explain m --input a=x --input a=y --method saliency', /'a' was given twice/],
      ['predict m --input x --device abacus', /--device takes auto, cpu/],
      ['table m', /--data is missing/],
      ['table m --data x.csv --method nothing', /'nothing' is no method for tables; they are permutation-importance, /],
    ];
    for (const [args, expected] of cases) {
      it(args || 'nothing', async () => {
        const { code, stderr, stdout } = await modelLens(args.split(' ').filter(Boolean));
        assert.match(stderr, expected);
        assert.equal(code, 2);
        assert.equal(stdout, '');
      });
    }
  });

  it('helps', async () => {
    for (const args of [['--help'], ['explain', '--help'], ['help', 'inspect']]) {
      const { code, stdout } = await modelLens(args);
      assert.equal(code, 0);
      assert.match(stdout, /usage: model-lens/);
    }
  });

  it('fails with 1 and one line on files that are no models, missing, or folders', async () => {
    for (const file of [chelsea, pack('no/such.onnx'), shared, pack('malformed/onnx/truncated_mnist_header.onnx')]) {
      const { code, stdout, stderr } = await modelLens(['inspect', file]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '');
      assert.equal(lines(stderr).length, 1, stderr);
      assert.match(stderr, /^model-lens inspect: /);
    }
  });

  it('predicts the cat', async () => {
    const { code, stdout, stderr } = await modelLens(['predict', squeezenet, '--input', chelsea, '--top', '3']);
    assert.equal(code, 0, stderr);
    assert.match(lines(stdout)[1]!, /285\s+Egyptian cat\s+\d+\.\d %/);
    assert.match(stderr, /assumed:/, 'what nobody stated is said');
  });

  it('predicts a row of a table', async () => {
    const { code, stdout, stderr } = await modelLens(['predict', pack('onnx/iris_torch_mlp.onnx'), '--input', `${pack('tabular/iris.csv')}#1`, '--json']);
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { prediction: { classes: number } }).prediction.classes, 3);
  });

  it('predicts from the exact tensor of an .npy file', async () => {
    const golden = path.join(shared, 'golden/cases.json');
    assert.ok(fs.existsSync(golden));
    const tensor = path.join(folder, 'zeros.npy');
    const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 28, 28), }".padEnd(117) + '\n';
    fs.writeFileSync(tensor, Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([118, 0]), Buffer.from(header), Buffer.alloc(28 * 28 * 4)]));
    const { code, stdout, stderr } = await modelLens(['predict', pack('onnx/mnist_cntk.onnx'), '--input', tensor, '--json']);
    assert.equal(code, 0, stderr);
    const result = JSON.parse(stdout) as { preprocessing: { source: string }[]; prediction: { classes: number } };
    assert.equal(result.preprocessing[0]!.source, 'exact tensor');
    assert.equal(result.prediction.classes, 10);
  });

  for (const [model, method, cam] of [[squeezenet, 'saliency', false], [squeezenet, 'grad-cam', true], [mobilenet, 'integrated-gradients', false], [mobilenet, 'grad-cam', true]] as const) {
    it(`explains with ${path.basename(model)} and ${method}, and writes the files`, async () => {
      const out = path.join(folder, `${path.basename(model)}-${method}`);
      const { code, stdout, stderr } = await modelLens(['explain', model, '--input', chelsea, '--method', method, '--target', 'Egyptian cat', '--seed', '3', '--out', out, '--json']);
      assert.equal(code, 0, stderr);
      const record = JSON.parse(fs.readFileSync(path.join(out, 'explanation.json'), 'utf8')) as ExplanationRecord;
      assert.deepEqual(JSON.parse(stdout), record);
      assert.equal(record.method, method);
      assert.equal(record.target.index, 285);
      assert.equal(record.seed, 3);
      assert.match(record.model.sha256, /^[0-9a-f]{64}$/);
      assert.equal(record.device.id, 'cpu');
      assert.ok(record.checks.length > 0 && record.timings.totalMs! > 0);
      const attributions = parseNpy(fs.readFileSync(path.join(out, 'attributions.npy')));
      assert.equal(attributions.dtype, 'float32');
      assert.deepEqual(attributions.dims, record.inputs[record.input]!.dims);
      assert.ok((attributions.data as Float32Array).some((value) => value !== 0));
      assert.equal(fs.existsSync(path.join(out, 'cam.npy')), cam);
      const png = fs.readFileSync(path.join(out, 'overlay.png'));
      assert.deepEqual([png.toString('latin1', 1, 4), png.readUInt32BE(16), png.readUInt32BE(20)], ['PNG', 451, 300]);
    });
  }

  it('takes a picture whose path holds a =', async () => {
    const inside = path.join(folder, 'a=b');
    fs.mkdirSync(inside);
    fs.copyFileSync(chelsea, path.join(inside, 'cat.png'));
    for (const given of [path.join(inside, 'cat.png'), `data_0=${path.join(inside, 'cat.png')}`]) {
      const { code, stderr, stdout } = await modelLens(['predict', squeezenet, '--input', given, '--json']);
      assert.equal(code, 0, stderr);
      assert.ok(JSON.parse(stdout));
    }
  });

  it('says in words that a picture is missing or a folder', async () => {
    for (const [given, expected] of [['no-such.png', /: no-such\.png: no such file$/], [folder, /: is a folder, expected a picture$/]] as const) {
      const { code, stderr } = await modelLens(['predict', squeezenet, '--input', given]);
      assert.equal(code, 1, stderr);
      assert.match(lines(stderr).at(-1)!, expected);
    }
  });

  it('refuses an --out that cannot be a folder before it runs the model', async () => {
    const file = path.join(folder, 'occupied');
    fs.writeFileSync(file, '');
    for (const out of [file, path.join(file, 'below'), '', ...(process.platform === 'linux' ? ['/proc/cannot-be-made'] : [])]) {
      const { code, stdout, stderr } = await modelLens(['explain', squeezenet, '--input', chelsea, '--method', 'saliency', '--out', out]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^model-lens explain: .*(is a file, expected a folder|cannot be made|no folder was named)/);
      assert.equal(lines(stderr).length, 1, stderr);
    }
  });

  it('names layers and parameters that are wrong', async () => {
    for (const [args, expected] of [
      [['--method', 'grad-cam', '--layer', 'nowhere'], /has no layer 'nowhere'/],
      [['--method', 'saliency', '--set', 'bogus=1'], /parameter 'bogus'/],
      [['--method', 'alchemy'], /method 'alchemy'/],
      [['--method', 'saliency', '--target', 'unicorn'], /no class is called 'unicorn'/],
    ] as const) {
      const { code, stderr } = await modelLens(['explain', squeezenet, '--input', chelsea, ...args]);
      assert.equal(code, 1, stderr);
      assert.match(lines(stderr).at(-1)!, expected);
    }
  });

  it('lists methods, and why they do not apply', async () => {
    const { code, stdout } = await modelLens(['methods', pack('onnx/tabular_sklearn_treecl.onnx'), '--json']);
    assert.equal(code, 0);
    const infos = JSON.parse(stdout) as { id: string; applies: boolean; reason?: string }[];
    const saliency = infos.find((info) => info.id === 'saliency')!;
    assert.equal(saliency.applies, false);
    assert.match(saliency.reason!, /TreeEnsemble/);
  });

  it('lists devices, the CPU among them', async () => {
    const { code, stdout } = await modelLens(['devices', '--json']);
    assert.equal(code, 0);
    const reports = JSON.parse(stdout) as { id: string; available: boolean; detail: string; chosen?: true }[];
    assert.equal(reports.filter(({ chosen }) => chosen).length, 1, "one of them is what 'auto' takes");
    assert.ok(reports.find((report) => report.id === 'cpu')!.available);
    for (const report of reports) assert.ok(report.detail !== '' && !/\.cc:\d/.test(report.detail), report.detail);
  });

  it('ends cleanly on Ctrl-C', async () => {
    let killed = false;
    const { code, stderr } = await modelLens(['explain', squeezenet, '--input', chelsea, '--method', 'integrated-gradients', '--set', 'nSteps=10000', '--set', 'quadrature=riemann_trapezoid'], (text, kill) => {
      if (!killed && text.includes('explaining')) {
        killed = true;
        kill('SIGINT');
      }
    });
    assert.equal(code, 1);
    assert.match(lines(stderr).at(-1)!, /cancelled/);
  });

  it('writes the gradient as an ONNX file that can be inspected', async () => {
    const out = path.join(folder, 'gradient.onnx');
    const { code, stderr } = await modelLens(['export-gradient', pack('onnx/mnist_cntk.onnx'), '--out', out]);
    assert.equal(code, 0, stderr);
    const inspected = await modelLens(['inspect', out, '--json']);
    assert.equal(inspected.code, 0, inspected.stderr);
    const summary = JSON.parse(inspected.stdout) as ModelSummary;
    assert.deepEqual(summary.inputs.map((port) => port.dtype), ['float32', 'int64']);
    assert.equal(summary.outputs.length, 2);
  });

  describe('inspect --json', () => {
    const files = fs.existsSync(pack('')) ? onnxFiles(pack('')) : [];
    for (const file of files) {
      it(path.relative(pack(''), file), async () => {
        const { code, stdout, stderr } = await modelLens(['inspect', file, '--json']);
        assert.equal(code, 0, stderr);
        const summary = JSON.parse(stdout) as ModelSummary;
        assert.equal(summary.format, 'onnx');
        assert.ok(summary.outputs.length > 0);
        assert.ok(summary.totals.nodes >= summary.totals.layers && summary.layers.length === summary.totals.layers);
      });
    }
  });
});
