/** Keras files from the wild: layers as Keras lists them, weights in place, few transposes, nothing executed. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import path from 'node:path';
import type { ModelFile } from '../../../../src/graph/graph';
import { FileSource } from '../../../../src/formats/bytes';
import { openKerasH5 } from '../../../../src/formats/keras/h5Model';
import { openModel } from '../../../../src/formats/open';
import { filesBelow, shared, sharedFolder } from '../support';

interface GoldenLayer {
  readonly name: string;
  readonly type: string;
  readonly params: number;
  readonly outputShape: readonly unknown[];
}

const pack = path.join(sharedFolder, 'pack');

/** Transposes of values, not of weights. */
function transposes({ graph }: ModelFile): number {
  return graph.nodes.filter(({ opType, inputs }) => opType === 'Transpose' && !graph.initializers.has(inputs[0]!)).length;
}

describe('Keras files of the pack', () => {
  it('layers, parameters and output shapes are those of Keras’ own summary', async function () {
    shared(this, 'golden/layers');
    const files = filesBelow(path.join(sharedFolder, 'golden/layers'), '.json').filter((file) => /(?:keras|fer2013|cifar10|v1_025)[^/]*\.json$/.test(file) && !file.includes('tfjs'));
    assert.ok(files.length >= 15);
    for (const file of files) {
      const golden = JSON.parse(fs.readFileSync(file, 'utf8')) as { model: string; totalParams: number; layers: GoldenLayer[] };
      const { layers = [] } = await openModel(path.join(pack, golden.model));
      assert.deepEqual(layers.map(({ name }) => name), golden.layers.map(({ name }) => name), golden.model);
      for (const [index, layer] of golden.layers.entries()) {
        const ours = layers[index]!;
        const shapes = (Array.isArray(layer.outputShape[0]) ? layer.outputShape : [layer.outputShape]) as (number | null)[][];
        assert.equal(ours.type, layer.type, layer.name);
        assert.equal(ours.parameters, layer.params, layer.name);
        // A size that is open in Keras has a name here.
        const found = ours.outputDims.map((dims) => dims?.map((dim) => (typeof dim === 'number' ? dim : null)));
        assert.deepEqual(found, shapes, `${golden.model}: ${layer.name}`);
      }
      assert.equal(layers.reduce((sum, { parameters }) => sum + parameters, 0), golden.totalParams);
    }
  });

  it('plain networks of pictures have a transpose at each end', async function () {
    for (const name of ['keras/cifar10_resnet8.h5', 'keras/fer2013_mini_xception.hdf5', 'converted/imagenet_mobilenet_v1_025.keras', 'keras_dl4j/wgan_discriminator.h5']) {
      const model = await openModel(shared(this, `pack/${name}`));
      assert.ok(transposes(model) <= 2, `${name} has ${transposes(model)}`);
    }
  });

  it('weights stay in the file, also inside a .keras archive', async function () {
    for (const name of ['keras/cifar10_resnet8.h5', 'converted/cifar10_resnet8.keras', 'converted/imagenet_mobilenet_v1_025.keras']) {
      const file = shared(this, `pack/${name}`);
      const { graph } = await openModel(file);
      const weights = [...graph.initializers.values()].filter((init) => init.kind !== 'inline');
      assert.ok(weights.length > 20);
      for (const init of weights) {
        assert.equal(init.kind, 'ref');
        if (init.kind === 'ref') assert.equal(init.ref.file, file);
      }
    }
    // The same network in both formats has the same numbers.
    const read = async (name: string): Promise<string[]> => {
      const { graph } = await openModel(shared(this, `pack/${name}`));
      return [...graph.initializers.values()].flatMap((init) => {
        if (init.kind !== 'ref') return [];
        const { file, offset, length } = init.ref;
        const handle = fs.openSync(file, 'r'), bytes = Buffer.alloc(length);
        fs.readSync(handle, bytes, 0, length, offset);
        fs.closeSync(handle);
        return [bytes.toString('base64')];
      });
    };
    assert.deepEqual(await read('converted/cifar10_resnet8.keras'), await read('keras/cifar10_resnet8.h5'));
  });

  it('the structure of a model is read, not its weights', function () {
    const file = shared(this, 'pack/keras/filetype_magika_v1.h5');
    const source = new FileSource(file);
    openKerasH5(source);
    source.close();
    assert.ok(source.bytesRead < source.size / 4, `${source.bytesRead} of ${source.size}`);
  });

  it('Python code in Lambda layers is named and not run; the layers around it are shown', async function () {
    for (const name of ['keras/portraitseg_slimnet.h5', 'keras_dl4j/deepfm.h5', 'keras_dl4j/model_lambda.h5', 'keras_dl4j/sequential_lambda.h5']) {
      const model = await openModel(shared(this, `pack/${name}`));
      assert.match(model.notRunnable ?? '', /^layer '[^']+' \(Lambda\) holds Python code, which is never run$/);
      assert.ok(model.layers!.length > 3);
      assert.ok(model.layers!.some(({ outputs, outputDims }) => outputs.length > 0 && outputDims[0]));
      assert.ok(model.layers!.reduce((sum, { parameters }) => sum + parameters, 0) > 1000);
    }
  });

  it('a file of weights alone is shown by layer', async function () {
    const model = await openModel(shared(this, 'pack/keras/textgenrnn_weights_only.hdf5'));
    assert.match(model.notRunnable!, /weights only/);
    assert.equal(model.graph.initializers.size, 10);
    assert.deepEqual(model.layers!.map(({ name }) => name).filter((name) => name === 'embedding'), ['embedding']);
  });

  it('damaged and foreign files get one line within 5 seconds', async function () {
    shared(this, 'pack/malformed/hdf5_cve');
    const files = [...filesBelow(path.join(pack, 'malformed/hdf5_cve'), ''), path.join(pack, 'malformed/misc/hdf5_minimal_800b.h5'), path.join(pack, 'malformed/misc/gitlfs_pointer_unet.h5')];
    assert.ok(files.length > 60);
    for (const file of files) {
      const start = Date.now();
      try {
        const model = await openModel(file);
        assert.ok(model.notRunnable === undefined || !model.notRunnable.includes('\n'));
      } catch (error) {
        assert.equal((error as Error).name, 'BadModelFile', `${file}: ${(error as Error).stack}`);
        assert.doesNotMatch((error as Error).message, /[\n\u0000-\u001f]/);
      }
      assert.ok(Date.now() - start < 5000, file);
    }
  });
});
