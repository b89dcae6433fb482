/** Operators are documented: all of ONNX's, every one that files of the pack use, and every Keras layer that is read. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { translatorOf } from '../../../src/formats/keras/layers';
import { attributePhrase, defaultAt, documentationOf, documentedOperators, kerasSentence, kerasSetting, roleOf } from '../../../src/graph/documentation';
import { kerasLayers } from '../../../src/graph/documentation/keras';
import type { Graph } from '../../../src/graph/graph';
import { subgraphsOf } from '../../../src/graph/indexes';
import { sharedFolder, skipWithoutShared } from './shared';

describe('what operators do', () => {
  it('rows are whole: a sentence, names of inputs and outputs, well-formed defaults', () => {
    const counts = ['', 'ai.onnx.ml', 'com.microsoft'].map((domain) => {
      for (const opType of documentedOperators(domain)) {
        const found = documentationOf({ opType, domain })!;
        assert.match(found.sentence, /^\S.*\.$/, opType);
        assert.ok(found.sentence.length <= 160, `${opType}: one sentence`);
        for (const name of [...found.inputs, ...found.outputs]) assert.match(name, /^[A-Za-z]\w*[?…]?$/, `${opType}: ${name}`);
        for (const [name, preset] of found.attributes) assert.ok(/^\w+$/.test(name) && (preset === undefined || preset.value !== ''), `${opType}.${name}`);
      }
      return documentedOperators(domain).length;
    });
    // As many as the operator sets of ONNX 1.23 have (28 and 5).
    assert.deepEqual(counts.slice(0, 2), [203, 19]);
    assert.ok(counts[2]! > 70);
  });

  it('operators of the inner layouts are those of ONNX; unknown ones are unknown', () => {
    assert.equal(documentationOf({ opType: 'Conv', domain: 'com.microsoft.nchwc' })?.inputs[1], 'W');
    assert.equal(documentationOf({ opType: 'Nothing', domain: '' }), undefined);
    assert.equal(documentationOf({ opType: 'constructor', domain: '__proto__' }), undefined);
  });

  it('defaults are those of the opset', () => {
    const axis = documentationOf({ opType: 'Softmax', domain: '' })!.attributes.get('axis')!;
    assert.deepEqual([12, 13, 21].map((opset) => defaultAt(axis, opset)), ['1', '-1', '-1']);
    const antialias = documentationOf({ opType: 'Resize', domain: '' })!.attributes.get('antialias')!;
    assert.deepEqual([13, 18].map((opset) => defaultAt(antialias, opset)), [undefined, '0']);
    assert.match(attributePhrase('Gemm', 'alpha')!, /product/);
    assert.notEqual(attributePhrase('Elu', 'alpha'), attributePhrase('Gemm', 'alpha'));
  });

  it('roles: the operator’s own words, numbered where there are many', () => {
    const { inputs } = documentationOf({ opType: 'Conv', domain: '' })!;
    assert.deepEqual([0, 1, 2, 3].map((index) => roleOf(inputs, index, 'input')), ['X', 'W', 'B', 'input 4']);
    const concat = documentationOf({ opType: 'Concat', domain: '' })!.inputs;
    assert.deepEqual([0, 2].map((index) => roleOf(concat, index, 'input')), ['inputs 1', 'inputs 3']);
    assert.equal(roleOf(undefined, 1, 'output'), 'output 2');
  });

  it('every Keras layer that is translated has its sentence, and settings their phrases', () => {
    const named = kerasLayers.trim().split('\n').map((line) => line.split(' |')[0]!);
    assert.equal(new Set(named).size, named.length);
    for (const name of named) assert.match(kerasSentence(name)!, /\.$/, name);
    for (const name of ['Conv2D', 'Dense', 'LSTM', 'BatchNormalization', 'MultiHeadAttention', 'Convolution2D']) assert.ok(translatorOf(name) && kerasSentence(name), name);
    assert.deepEqual(kerasSetting('activation'), { phrase: 'function applied to the result', preset: '"linear"' });
    assert.equal(kerasSentence('constructor'), undefined);
  });

  it('every operator and layer of the pack', async function () {
    this.timeout(60_000);
    const pack = path.join(sharedFolder, 'pack');
    skipWithoutShared(this, pack);
    const unknown = new Set<string>();
    let nodes = 0;
    const visit = (graph: Graph, local: ReadonlySet<string>): void => {
      for (const node of graph.nodes) {
        nodes++;
        if (['', 'ai.onnx.ml', 'com.microsoft'].includes(node.domain) && !local.has(`${node.domain}:${node.opType}`) && !documentationOf(node)) unknown.add(`${node.domain}:${node.opType}`);
        for (const inner of subgraphsOf(node)) visit(inner, local);
      }
    };
    for (const folder of ['onnx', 'converted', 'keras', 'keras_dl4j', 'structure']) {
      for (const file of fs.readdirSync(path.join(pack, folder), { recursive: true, encoding: 'utf8' })) {
        if (!/\.(onnx|h5|hdf5|keras)$/.test(file) || file.endsWith('_inputs_and_outputs.h5')) continue;
        const model = await openModel(path.join(pack, folder, file));
        visit(model.graph, new Set(model.functions.map(({ domain, name }) => `${domain}:${name}`)));
        for (const layer of model.layers ?? []) if (translatorOf(layer.type) && !kerasSentence(layer.type)) unknown.add(`keras:${layer.type}`);
      }
    }
    assert.deepEqual([...unknown], []);
    assert.ok(nodes > 10_000);
  });
});
