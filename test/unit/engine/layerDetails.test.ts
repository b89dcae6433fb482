/** What is told about operators, layers and ports of real models, and what each answer leads to. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { inspect } from '../../../src/engine/jobs/inspect';
import { Engine } from '../../../src/engine/engine';
import { openModel } from '../../../src/formats/open';
import type { LayerDetails } from '../../../src/protocol/details';
import { asking, packFile, sharedPack } from './tensorSupport';

describe('layerDetails', () => {
  const ask = asking();
  const squeezenet = 'converted/imagenet_squeezenet_fp32.onnx';

  it('a convolution: the operator’s own words, attributes given and by default, places of the weights', async function () {
    const details = await ask.layer(packFile(this, squeezenet), 'node:0');
    assert.deepEqual([details.type, details.domain, details.family], ['Conv', 'ai.onnx', 'conv']);
    assert.match(details.documentation!, /^Slides learned filters over the input/);
    assert.deepEqual(details.inputs.map(({ role, dims }) => [role, dims]), [['X', [1, 3, 224, 224]], ['W', [64, 3, 3, 3]], ['B', [64]]]);
    assert.deepEqual(details.inputs.map(({ nodes }) => nodes), [[{ key: 'input:data_0', name: 'data_0', type: 'Input' }], [], []]);
    assert.deepEqual(details.outputs.map(({ role, dims, nodes }) => [role, dims, nodes.map(({ key, type }) => [key, type])]), [['Y', [1, 64, 111, 111], [['node:1', 'Relu']]]]);
    const attribute = (name: string): LayerDetails['attributes'][number] | undefined => details.attributes.find((each) => each.name === name);
    assert.deepEqual([attribute('kernel_shape')?.value, attribute('kernel_shape')?.isDefault], ['[3, 3]', undefined]);
    assert.deepEqual([attribute('group')?.value, attribute('group')?.isDefault], ['1', true]);
    assert.match(attribute('strides')!.documentation!, /step/);
    assert.deepEqual(details.tensors.map(({ id, role, bytes }) => [id, role, bytes]), [['tensor:conv1_w_0', 'W', 6912], ['tensor:conv1_b_0', 'B', 256]]);
    assert.match(details.tensors[0]!.place, /^imagenet_squeezenet_fp32\.onnx, at byte \d+$/);
    assert.deepEqual([details.parameters, details.macs], [1792, 21290688]);
  });

  it('figures of every node are those of the summary', async function () {
    for (const relative of [squeezenet, 'keras/cifar10_resnet8.h5', 'converted/mnist_vit.onnx']) {
      const file = packFile(this, relative);
      const { summary, architecture } = await inspect(new Engine(__filename), { file });
      for (const node of architecture.nodes) {
        const details = await ask.layer(file, node.key);
        assert.equal(details.key, node.key);
        if (node.layer === null) continue;
        const layer = summary.layers[node.layer]!;
        assert.deepEqual([details.name, details.type, details.parameters, details.macs, details.activationBytes], [layer.name, layer.type, layer.parameters, layer.macs, layer.activationBytes ?? null], node.key);
      }
    }
  });

  it('every node that an answer names can be asked about, and leads back', async function () {
    for (const relative of [squeezenet, 'keras/cifar10_resnet8.h5', 'structure/loop_with_outer_ref.onnx', 'onnx/text_g2p_lstm_arpabet.onnx', 'converted/imagenet_mobilenet_v1_025_tfjs/model.json']) {
      const file = packFile(this, relative);
      const { architecture } = await inspect(new Engine(__filename), { file });
      let followed = 0;
      for (const { key } of architecture.nodes.slice(0, 120)) {
        const details = await ask.layer(file, key);
        for (const value of details.outputs) for (const reader of value.nodes) {
          const there = await ask.layer(file, reader.key);
          assert.ok(there.type === reader.type, `${reader.key} is ${there.type}, said ${reader.type}`);
          assert.ok(there.inputs.some(({ nodes }) => nodes.some((maker) => maker.key === key)) || there.attributes.some(({ value: text }) => /graph/.test(text)), `${reader.key} does not lead back to ${key}`);
          followed++;
        }
      }
      assert.ok(followed > 3, `${relative}: ${followed} ways`);
    }
  });

  it('Keras layers: settings with defaults, variables by name, the operators they became', async function () {
    const file = packFile(this, 'keras/cifar10_resnet8.h5');
    const model = await openModel(file);
    const dense = await ask.layer(file, `layer:${model.layers!.findIndex(({ type }) => type === 'Dense')}`);
    assert.deepEqual([dense.domain, dense.family], ['keras', 'dense']);
    const setting = (name: string): LayerDetails['attributes'][number] | undefined => dense.attributes.find((each) => each.name === name);
    assert.deepEqual([setting('units')?.value, setting('activation')?.value, setting('use_bias')?.isDefault], ['10', 'softmax', true]);
    assert.match(setting('kernel_initializer')!.value, /^\w+/);
    assert.deepEqual(dense.tensors.map(({ role, dims }) => [role, dims]), [['kernel', [64, 10]], ['bias', [10]]]);
    assert.ok(dense.operators.some(({ type }) => type === 'Gemm' || type === 'MatMul'));
    assert.deepEqual(dense.outputs[0]!.nodes.map(({ key }) => key), ['output:dense']);
    const input = await ask.layer(file, 'input:input_1');
    assert.deepEqual([input.type, input.outputs[0]!.dims?.slice(1), input.attributes.find(({ name }) => name === 'kind')?.value], ['Input', [32, 32, 3], 'image']);
    assert.ok(input.outputs[0]!.nodes.length > 0);
    const only = await ask.layer(packFile(this, 'keras/textgenrnn_weights_only.hdf5'), 'layer:1');
    assert.ok(only.tensors.length > 0 && only.documentation !== undefined);
  });

  it('quantised and recurrent operators, subgraphs and what they take from outside', async function () {
    const quantised = packFile(this, 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx'), model = await openModel(quantised);
    const conv = await ask.layer(quantised, `node:${model.graph.nodes.findIndex(({ opType }) => opType === 'Conv')}`);
    assert.deepEqual(conv.tensors.map(({ role }) => role).slice(0, 3), ['W', 'W · x_scale (DequantizeLinear)', 'W · x_zero_point (DequantizeLinear)']);
    const lstm = packFile(this, 'onnx/text_g2p_lstm_arpabet.onnx'), recurrent = await openModel(lstm);
    const node = await ask.layer(lstm, `node:${recurrent.graph.nodes.findIndex(({ opType }) => opType === 'LSTM')}`);
    assert.deepEqual(node.tensors.map(({ role }) => role).slice(0, 3), ['W', 'R', 'B']);
    const loop = packFile(this, 'structure/loop_with_outer_ref.onnx');
    const { architecture } = await inspect(new Engine(__filename), { file: loop });
    const holder = architecture.nodes.find(({ subgraphs }) => subgraphs !== undefined)!;
    const details = await ask.layer(loop, holder.key);
    assert.match(details.attributes.find(({ name }) => name === 'body')!.value, /^a graph of \d+ nodes?$/);
    for (const { key, kind } of holder.subgraphs![0]!.view.nodes) {
      const inner = await ask.layer(loop, key);
      assert.equal(inner.type === 'Input' || inner.type === 'Output', kind !== 'op');
      assert.ok([...inner.inputs, ...inner.outputs].every(({ dtype }) => dtype !== ''));
    }
  });

  it('keys of nothing are refused in words; every model of the pack answers for its first nodes', async function () {
    this.timeout(60_000);
    await assert.rejects(ask.layer(packFile(this, squeezenet), 'node:4000'), { code: 'notFound', message: /no 'node:4000'/ });
    for (const name of fs.readdirSync(path.join(sharedPack, 'onnx')).filter((each) => each.endsWith('.onnx'))) {
      const file = path.join(sharedPack, 'onnx', name), { graph } = await openModel(file);
      for (let at = 0; at < Math.min(40, graph.nodes.length); at++) {
        const { attributes, inputs } = await ask.layer(file, `node:${at}`);
        for (const { value } of attributes) assert.ok(value.length < 600 && !/[\n\t]/.test(value), value);
        assert.ok(inputs.every(({ role }) => role !== ''));
      }
    }
  });
});
