/** Keras and TensorFlow.js models through the same jobs as ONNX ones. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { explain } from '../../../src/engine/jobs/explain';
import { inspect } from '../../../src/engine/jobs/inspect';
import { listMethods } from '../../../src/engine/jobs/methods';
import { predict } from '../../../src/engine/jobs/predict';
import { filesBelow } from '../formats/support';

const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'pack');
const signal = new AbortController().signal;
const silent = { signal, progress: () => undefined };

describe('jobs on models of all formats', function () {
  this.timeout(60_000);
  const engine = new Engine(__filename);
  const at = (relative: string): string => path.join(pack, relative);

  before(function () {
    if (fs.existsSync(pack)) return;
    console.log(`      skipped: ${pack} is not there`);
    this.skip();
  });

  after(() => engine.close());

  const folders = ['keras', 'keras_dl4j', 'converted', 'tfjs'].map(at);
  const models = folders.flatMap((folder) => ['.h5', '.hdf5', '.keras', '.json'].flatMap((suffix) => filesBelow(folder, suffix))).filter((file) => !file.endsWith('.json') || fs.readFileSync(file, 'utf8').includes('weightsManifest'));
  // An HDF5 file of arrays that is no model.
  const arrays = 'causal_conv1d_k2_s1_d2_cl_inputs_and_outputs.h5';

  it('are there', () => assert.ok(models.length >= 40, `${models.length} models`));

  for (const file of models.filter((name) => path.basename(name) !== arrays)) {
    it(`inspects ${path.relative(pack, file)}`, async () => {
      const { summary, architecture } = await inspect(engine, { file });
      assert.equal(summary.format, /\.json$/.test(file) ? 'tfjs' : 'keras');
      assert.ok(summary.layers.length > 0 && architecture.nodes.length > 0);
      assert.ok(summary.totals.parameters > 0 || path.basename(file) === 'permute.h5');
      if (summary.notRunnable === undefined) {
        assert.equal(summary.runtime?.id, 'onnxruntime');
        assert.ok(summary.inputs.length > 0 && summary.outputs.length > 0);
        for (const port of [...summary.inputs, ...summary.outputs]) assert.notEqual(port.dtype, 'unknown', port.name);
      } else {
        assert.match(summary.notRunnable, /\S.{10,}/);
        assert.ok(summary.runtime === undefined || summary.runtime.id !== 'onnxruntime');
      }
    });
  }

  it('what can only be looked at says why, whatever is asked', async () => {
    const model = at('keras/portraitseg_slimnet.h5'), inputs = { '': at('images/chelsea.png') };
    const told = (error: Error & { code?: string }): boolean => error.code === 'unsupported' && /can be looked at, but not run: .*Lambda/.test(error.message);
    await assert.rejects(predict(engine, { model, inputs }, { signal }), told);
    await assert.rejects(explain(engine, { model, inputs, method: 'saliency' }, silent), told);
    for (const method of await listMethods(engine, { model }, { signal })) assert.ok(!method.applies && /Lambda/.test(method.reason!), method.id);
    await assert.rejects(inspect(engine, { file: at(`keras_dl4j/${arrays}`) }), (error: Error & { code?: string }) => error.code === 'badFile' || error.code === 'unsupported');
  });

  for (const [model, layer, sample] of [['keras/cifar10_resnet8.h5', 'conv2d_8', 'images/cnnexplainer_car_1.jpeg'], ['converted/imagenet_mobilenet_v1_025_tfjs/model.json', 'conv_pw_13_relu', 'images/chelsea.png']] as const) {
    it(`${model}: Grad-CAM at the declared layer '${layer}', and again from the kept session`, async () => {
      const params = { model: at(model), inputs: { '': at(sample) }, method: 'grad-cam', layer };
      const first = await explain(engine, params, silent);
      assert.match(first.result.record.layer!, new RegExp(`^${layer}/`));
      assert.equal(first.result.record.runtime.id, 'onnxruntime');
      const sessions = engine.sessions.count;
      const again = await explain(engine, params, silent);
      assert.equal(engine.sessions.count, sessions);
      assert.deepEqual(again.attribution.values!.data, first.attribution.values!.data);
      await assert.rejects(explain(engine, { ...params, layer: 'no such layer' }, silent), /the model has no layer 'no such layer'; its last ones are '/);
    });
  }

  it('the same network in three formats predicts the same', async () => {
    const tops: number[][] = [];
    for (const model of ['imagenet_mobilenet_v1_025.h5', 'imagenet_mobilenet_v1_025.keras', 'imagenet_mobilenet_v1_025_tfjs/model.json', 'imagenet_mobilenet_v1_025.onnx']) {
      const { prediction } = await predict(engine, { model: at(`converted/${model}`), inputs: { '': at('images/chelsea.png') } }, { signal });
      tops.push(prediction.top.map(({ value }) => value));
    }
    for (const top of tops) top.forEach((value, index) => assert.ok(Math.abs(value - tops[0]![index]!) < 1e-4, `${tops.map(String).join(' | ')}`));
  });
});
