/** Models that ONNX cannot express run on TensorFlow.js, and say so; what nothing can run says why. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { loadModel, runtimeFor } from '../../../src/engine/loadModel';
import { predict } from '../../../src/engine/jobs/predict';
import { listMethods } from '../../../src/engine/jobs/methods';

const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'pack');
const signal = new AbortController().signal;

/** A graph-model of one float input [n, 4] and the given nodes behind it; w is [4, 2]. */
function graphModel(folder: string, nodes: readonly object[], output: string): string {
  const file = path.join(folder, 'model.json');
  fs.writeFileSync(path.join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(1, 0, 0, 1, 1, 1, -1, 2).buffer));
  const shape = (...sizes: number[]): object => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } });
  fs.writeFileSync(file, JSON.stringify({
    format: 'graph-model', generatedBy: 'test', weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'w', shape: [4, 2], dtype: 'float32' }] }],
    modelTopology: {
      versions: { producer: 1 }, library: {},
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: shape(-1, 4) } },
        { name: 'w', op: 'Const', attr: { dtype: { type: 'DT_FLOAT' }, value: { tensor: { dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '4' }, { size: '2' }] } } } } },
        { name: 'product', op: 'MatMul', input: ['x', 'w'], attr: { T: { type: 'DT_FLOAT' }, transpose_a: { b: false }, transpose_b: { b: false } } },
        ...nodes,
      ],
    },
    signature: { inputs: { x: { name: 'x:0', dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '4' }] } } }, outputs: { scores: { name: `${output}:0`, dtype: 'DT_FLOAT', tensorShape: { dim: [{ size: '-1' }, { size: '2' }] } } } },
  }));
  return file;
}

describe('TensorFlow.js as a runtime', function () {
  this.timeout(60_000);
  let folder = '';
  const engine = new Engine(__filename);

  beforeEach(() => { folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-')); });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
  after(() => engine.close());

  const x = { dtype: 'float32' as const, dims: [2, 4], data: Float32Array.of(1, 2, 3, 4, 0, 1, 0, 0) };
  const load = async (file: string, warnings: string[] = []) => loadModel(engine, await engine.models.open(file), { sampleDims: { x: [1, 4] }, device: 'cpu', warn: (message) => void warnings.push(message) });

  it('is not asked where ONNX Runtime can do it', async () => {
    const model = await load(graphModel(folder, [], 'product'));
    assert.equal(model.runtime.id, 'onnxruntime');
    assert.deepEqual([...Object.values(await model.run({ x }))[0]!.data as Float32Array], [0, 13, 0, 1]);
  });

  it('runs an op that ONNX lacks, forward only, and says why', async () => {
    const warnings: string[] = [];
    const model = await load(graphModel(folder, [{ name: 'bound', op: 'UpperBound', input: ['product', 'product'], attr: { T: { type: 'DT_FLOAT' }, out_type: { type: 'DT_INT32' } } }], 'bound'), warnings);
    assert.equal(model.runtime.id, 'tfjs');
    assert.deepEqual(Object.values(await model.run({ x }))[0], { dtype: 'int32', dims: [2, 2], data: Int32Array.of(1, 2, 1, 2) });
    assert.match(warnings.join('\n'), /The model runs on TensorFlow\.js \d\S* in plain JavaScript.*UpperBound /);
    assert.match((await model.whyNotDifferentiable({ output: model.outputs[0]!.name, index: 0, space: 'output' }))!, /computes no gradients here/);
  });

  it('gives its own reason where TensorFlow.js cannot either', async () => {
    const file = graphModel(folder, [{ name: 'odd', op: 'NoSuchOp', input: ['product'], attr: {} }], 'odd');
    const model = await load(file);
    assert.deepEqual(runtimeFor((await engine.models.open(file)).file)?.id, 'tfjs');
    await assert.rejects(model.run({ x }), (error: Error & { code?: string }) => error.code === 'unsupported' && /TensorFlow\.js cannot run this model: .*NoSuchOp/.test(error.message));
  });

  it('runs the pack\'s model of strings and loops from a text file', async function () {
    const file = path.join(pack, 'tfjs/text_guesslang/model.json');
    if (!fs.existsSync(file)) {
      console.log(`      skipped: there is no ${file}`);
      this.skip();
    }
    const text = path.join(folder, 'hello.py');
    fs.writeFileSync(text, 'import os\n\ndef main(path):\n    for name in os.listdir(path):\n        print(name)\n\nif __name__ == "__main__":\n    main(".")\n'.repeat(3));
    const { prediction, runtime, warnings } = await predict(engine, { model: file, inputs: { '': text } }, { signal });
    assert.equal(prediction.classes, 54);
    assert.equal(runtime.id, 'tfjs');
    assert.match(warnings.join('\n'), /TensorFlow\.js/);
    const methods = await listMethods(engine, { model: file }, { signal });
    assert.equal(methods.find(({ id }) => id === 'saliency')!.applies, false);
  });

  it('is no way out for bytecode in a Keras file', async function () {
    const file = path.join(pack, 'keras/portraitseg_slimnet.h5');
    if (!fs.existsSync(file)) {
      console.log(`      skipped: there is no ${file}`);
      this.skip();
    }
    const opened = await engine.models.open(file);
    assert.equal(runtimeFor(opened.file), undefined);
    await assert.rejects(loadModel(engine, opened, { sampleDims: {}, device: 'cpu' }), (error: Error & { code?: string }) => error.code === 'unsupported' && /can be looked at, but not run: .*Lambda.*never run/.test(error.message));
  });
});
