/** Models whose file declares layers: the table and the drawing show those, and their sums are the nodes'. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { Models } from '../../../src/engine/models';
import { architectureView } from '../../../src/graph/architecture';
import { summarise } from '../../../src/graph/summarise';
import { sharedFolder, skipWithoutShared } from './shared';

describe('declared layers', () => {
  const open = async (context: Mocha.Context, relative: string) => {
    const file = path.join(sharedFolder, 'pack', relative);
    skipWithoutShared(context, file);
    const { file: model, inference } = await new Models().open(file);
    return { model, summary: summarise(model, inference), view: architectureView(model, inference) };
  };

  // Multiply-accumulates as the architectures are known for (MobileNet v1 0.25/224: 41 M; v2 1.0/224 without its classifier: 0.3 G).
  for (const [file, parameters, macs] of [['converted/imagenet_mobilenet_v1_025.h5', 475_544, 41e6], ['converted/imagenet_mobilenet_v1_025.keras', 475_544, 41e6], ['converted/imagenet_mobilenet_v1_025_tfjs/model.json', 475_544, 41e6], ['tfjs/nsfwjs_mobilenet_v2_uint8/model.json', 2_619_461, 300e6]] as const) {
    it(`${file}: ${parameters} parameters, ${macs / 1e6} M multiply-accumulates`, async function () {
      const { summary: { totals, layers } } = await open(this, file);
      assert.equal(totals.parameters, parameters);
      assert.ok(Math.abs(totals.macs! / macs - 1) < 0.03, `${totals.macs}`);
      assert.ok(totals.activationBytes! > 4 * 112 * 112 * 8 * 2);
      assert.equal(totals.macs, layers.reduce((sum, layer) => sum + layer.macs!, 0));
    });
  }

  for (const file of ['keras/cifar10_resnet8.h5', 'keras/filetype_magika_v1.h5', 'keras/portraitseg_slimnet.h5', 'keras_dl4j/deepfm.h5', 'tfjs/upscalerjs_esrgan_default/model.json']) {
    it(`${file} is drawn as its layers, all of them connected`, async function () {
      const { summary, view } = await open(this, file);
      const drawn = view.nodes.filter(({ kind }) => kind === 'op').map(({ name }) => name);
      assert.deepEqual(drawn, summary.layers.filter(({ type }) => type !== 'InputLayer').map(({ name }) => name));
      const reached = new Set(view.edges.map(({ to }) => to)), used = new Set(view.edges.map(({ from }) => from));
      for (const { id, kind, name } of view.nodes) {
        if (kind !== 'input') assert.ok(reached.has(id), `nothing leads to ${name}`);
        if (kind !== 'output') assert.ok(used.has(id), `nothing follows ${name}`);
        assert.equal(view.nodes[id]!.id, id);
      }
    });
  }

  it('says how a layer is set up in its own words', async function () {
    const { view } = await open(this, 'keras/cifar10_resnet8.h5');
    const conv = view.nodes.find(({ name }) => name === 'conv2d')!;
    assert.deepEqual([conv.opType, conv.family, conv.detail, conv.outputDims, conv.parameters], ['Conv2D', 'conv', '3×3, 16', [['batch', 32, 32, 16]], 448]);
  });

  it('weights without an architecture are listed, unconnected, and counted', async function () {
    const { view, summary } = await open(this, 'keras/textgenrnn_weights_only.hdf5');
    assert.equal(view.edges.length, 0);
    assert.equal(view.nodes.length, summary.layers.length);
    assert.ok(summary.totals.parameters > 300_000 && summary.notRunnable !== undefined);
  });
});
