/** Whole files: .keras archives and .h5 with nested models, written here from TensorFlow.js models and opened again. */
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import type * as h5wasm from 'h5wasm';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { openModel } from '../../../../src/formats/open';
import { writeOnnx } from '../../../../src/formats/onnx/write';
import { snakeCase } from '../../../../src/formats/keras/weights';
import { zipped } from '../../zipped';
import { sessionOf, temporaryFolder } from '../support';
import * as ort from 'onnxruntime-node';
import { assertClose, numbers } from './recurrentSupport';

type H5 = typeof h5wasm;

function randomise(model: tf.LayersModel): void {
  model.setWeights(model.getWeights().map((weight, index) => tf.tensor(numbers(weight.size, index + 1).map((value) => Math.abs(value) + 0.05), weight.shape)));
}

/** Two calls of a nested model with batch normalisation, a shared layer and layers of one class at each level. */
function nestedModel(): tf.LayersModel {
  const inner = tf.sequential({ name: 'inner', layers: [tf.layers.dense({ units: 5, inputShape: [4], name: 'd1' }), tf.layers.batchNormalization({ name: 'n1' }), tf.layers.dense({ units: 4, activation: 'tanh', name: 'd2' }), tf.layers.batchNormalization({ name: 'n2' })] });
  const a = tf.input({ shape: [6], name: 'a' }), b = tf.input({ shape: [6], name: 'b' });
  const shared = tf.layers.dense({ units: 4, name: 'shared' });
  const x = inner.apply(shared.apply(a)) as tf.SymbolicTensor, y = inner.apply(shared.apply(b)) as tf.SymbolicTensor;
  const joined = tf.layers.concatenate({ name: 'join' }).apply([x, y]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [a, b], outputs: [tf.layers.dense({ units: 3, name: 'last' }).apply(joined) as tf.SymbolicTensor, x] });
  randomise(model);
  return model;
}

describe('whole Keras files', () => {
  const folder = temporaryFolder();
  let h5: H5;
  before(async () => {
    h5 = (await import('h5wasm/node')) as unknown as H5;
    await h5.ready;
  });

  function h5File(name: string, write: (file: InstanceType<H5['File']>) => void): string {
    const file = path.join(folder, name);
    const open = new h5.File(file, 'w');
    write(open);
    open.close();
    return file;
  }

  type Group = ReturnType<InstanceType<H5['File']>['create_group']>;

  function writeTensor(group: Group, name: string, tensor: tf.Tensor): void {
    group.create_dataset({ name, data: tensor.dataSync() as Float32Array, shape: tensor.shape, dtype: '<f4' });
  }

  /** Keras 3's tree: layers/<class name>_<n>/vars/<i>. */
  function writeTree(group: Group, layers: readonly tf.layers.Layer[]): void {
    const container = group.create_group('layers'), counts = new Map<string, number>();
    for (const layer of layers) {
      const key = snakeCase(layer.getClassName()), count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      const own = container.create_group(count === 0 ? key : `${key}_${count}`);
      const inner = (layer as unknown as { layers?: tf.layers.Layer[] }).layers;
      if (inner) writeTree(own, inner);
      else {
        const vars = own.create_group('vars');
        layer.getWeights().forEach((tensor, index) => writeTensor(vars, String(index), tensor));
      }
    }
  }

  function kerasArchive(name: string, model: tf.LayersModel, method: 'stored' | 'deflated'): string {
    const weights = h5File(`${name}.weights.h5`, (file) => writeTree(file as unknown as Group, model.layers));
    const file = path.join(folder, name);
    fs.writeFileSync(file, zipped([
      ['metadata.json', Buffer.from('{"keras_version": "3.6.0"}')],
      ['config.json', Buffer.from(JSON.stringify(model.toJSON(null, false)))],
      ['model.weights.h5', fs.readFileSync(weights)],
    ], method));
    return file;
  }

  async function check(file: string, model: tf.LayersModel): Promise<void> {
    const opened = await openModel(file);
    assert.equal(opened.notRunnable, undefined);
    const session = await sessionOf(await writeOnnx(opened));
    const inputs = opened.graph.inputs.map((_, index) => numbers(12, index + 9));
    const results = await session.run(Object.fromEntries(opened.graph.inputs.map(({ name }, index) => [name, new ort.Tensor('float32', Float32Array.from(inputs[index]!), [2, 6])])));
    const expected = [model.predict(inputs.map((values) => tf.tensor(values, [2, 6])))].flat();
    opened.graph.outputs.forEach(({ name }, index) => {
      const found = results[name]!;
      assertClose({ dims: found.dims, data: found.data as Float32Array }, { dims: expected[index]!.shape, data: expected[index]!.dataSync() as Float32Array }, 1e-5, name);
    });
    await session.release();
  }

  it('a .keras archive with a nested model, stored and deflated', async () => {
    const model = nestedModel();
    const stored = kerasArchive('stored.keras', model, 'stored');
    await check(stored, model);
    await check(kerasArchive('deflated.keras', model, 'deflated'), model);
    const { layers = [], producer, graph } = await openModel(stored);
    assert.equal(producer, 'Keras 3.6.0');
    // The nested model stands before its own layers, each once.
    assert.deepEqual(layers.map(({ name }) => name), ['a', 'b', 'shared', 'inner', 'inner/d1', 'inner/n1', 'inner/d2', 'inner/n2', 'join', 'last']);
    const inner = layers.filter(({ name }) => name.startsWith('inner/'));
    assert.equal(layers.find(({ name }) => name === 'inner')!.parameters, inner.reduce((sum, { parameters }) => sum + parameters, 0));
    // Weights of layers that are called twice are there once.
    assert.equal([...graph.initializers.values()].filter(({ kind }) => kind === 'ref').length, model.weights.length);
  });

  it('an .h5 file whose nested model lists trainable weights first', async () => {
    const model = nestedModel();
    const file = h5File('nested.h5', (out) => {
      out.create_attribute('model_config', JSON.stringify(model.toJSON(null, false)), null, 'S');
      out.create_attribute('keras_version', '2.4.0', null, 'S');
      const group = out.create_group('model_weights');
      group.create_attribute('layer_names', model.layers.map(({ name }) => name), null, 'S40');
      for (const layer of model.layers) {
        const own = group.create_group(layer.name);
        const variables = [...layer.trainableWeights, ...layer.nonTrainableWeights];
        const names = variables.map(({ originalName }) => `${originalName}:0`);
        if (names.length > 0) own.create_attribute('weight_names', names, null, 'S60');
        const groups = new Map<string, Group>();
        variables.forEach((variable, index) => {
          const [folderName, leaf] = names[index]!.split('/') as [string, string];
          if (!groups.has(folderName)) groups.set(folderName, own.create_group(folderName));
          writeTensor(groups.get(folderName)!, leaf, variable.read());
        });
      }
    });
    await check(file, model);
  });

  it('weights alone', async () => {
    const file = h5File('only.weights.h5', (out) => writeTree(out as unknown as Group, nestedModel().layers));
    const model = await openModel(file);
    assert.match(model.notRunnable!, /weights only/);
    assert.ok(model.layers!.some(({ name }) => name === 'layers/sequential/layers/dense_1'));
  });

  it('a model of a class of its own, whose code is not in the file', async () => {
    const weights = h5File('own.weights.h5', (out) => writeTree(out as unknown as Group, nestedModel().layers));
    const file = path.join(folder, 'own.keras');
    fs.writeFileSync(file, zipped([['config.json', Buffer.from('{"module": "my", "class_name": "MyModel", "config": {"width": 4}}')], ['model.weights.h5', fs.readFileSync(weights)]], 'stored'));
    const model = await openModel(file);
    assert.match(model.notRunnable!, /^the file holds weights only: the model is of the class 'MyModel'/);
    assert.equal(model.layers!.reduce((sum, { parameters }) => sum + parameters, 0), nestedModel().countParams());
  });

  it('archives that are no models, cut short or a trap', async () => {
    const config = Buffer.from('{"class_name": "Sequential", "config": {"layers": []}}');
    const write = (bytes: Uint8Array): string => {
      const file = path.join(folder, 'bad.keras');
      fs.writeFileSync(file, bytes);
      return file;
    };
    const refused = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
      await assert.rejects(openModel(write(bytes)), (error: Error) => error.name === 'BadModelFile' && message.test(error.message) && !error.message.includes('\n'));
    };
    await refused(zipped([['word/document.xml', Buffer.from('<a/>')]], 'stored'), /bad\.keras is a zip archive without "config\.json".*word\/document\.xml/);
    const whole = zipped([['config.json', config]], 'deflated');
    await refused(whole.subarray(0, whole.length - 30), /damaged zip archive/);
    await refused(zipped([['config.json', Buffer.from('{"class')]], 'stored'), /not valid JSON/);
    await refused(zipped([['config.json', config]], 'stored'), /Sequential without layers/);
    // An entry that claims to be small but unpacks to 200 MB.
    const bomb = zipped([['config.json', Buffer.alloc(200 * 2 ** 20, 32)]], 'deflated');
    bomb.writeUInt32LE(1000, bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24);
    await refused(bomb, /cannot be unpacked: it is damaged or larger than it claims/);
    await refused(zipped([['config.json', Buffer.from(JSON.stringify({ class_name: 'Functional', config: { name: 'm', layers: [
      { class_name: 'Dense', name: 'a', config: { name: 'a', units: 1 }, inbound_nodes: [[['b', 0, 0, {}]]] },
      { class_name: 'Dense', name: 'b', config: { name: 'b', units: 1 }, inbound_nodes: [[['a', 0, 0, {}]]] },
    ], input_layers: [], output_layers: [['b', 0, 0]] } }))]], 'stored'), /wired in a circle/);
  });
});
