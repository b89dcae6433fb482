/** What the scanner makes of structures that files leave open: names, order, types, damage. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { scanOnnx } from '../../../src/formats/onnx/scan';
import { message, nodeProto, tensorProto, writeModel } from './protoBuilder';
import type { GraphParts } from './protoBuilder';
import type { WireWriter } from '../../../src/formats/onnx/wire';
import type { ModelFile } from '../../../src/graph/graph';
import { temporaryFolder } from './support';

describe('ONNX structure', () => {
  const folder = temporaryFolder();
  const file = path.join(folder, 'model.onnx');
  const scan = (parts: GraphParts, more?: (model: WireWriter) => void): Promise<ModelFile> => scanOnnx(writeModel(file, parts, more));

  it('gives every node a unique name that does not depend on the others', async () => {
    const { graph } = await scan({
      inputs: ['x'],
      nodes: [nodeProto('Relu', ['x'], ['a']), nodeProto('Relu', ['a'], ['b'], 'same'), nodeProto('Relu', ['b'], ['c'], 'same'), nodeProto('Relu', ['c'], ['d'], 'same_1'), nodeProto('Relu', ['d'], ['y'])],
    });
    assert.deepEqual(graph.nodes.map((node) => node.name), ['Relu_0', 'same', 'same_2', 'same_1', 'Relu_4']);
  });

  it('names 100,000 nodes of one name in no time', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => nodeProto('Relu', [`v${i}`], [`v${i + 1}`], 'same'));
    const { graph } = await scan({ inputs: ['v0'], nodes, outputs: ['v100000'] });
    assert.equal(new Set(graph.nodes.map((node) => node.name)).size, 100_000);
  });

  it('sorts a graph of 100,000 nodes that is stored backwards', async () => {
    const nodes = Array.from({ length: 100_000 }, (_, i) => nodeProto('Relu', [`v${i}`], [`v${i + 1}`])).reverse();
    const { graph } = await scan({ inputs: ['v0'], nodes, outputs: ['v100000'] });
    assert.deepEqual([graph.nodes[0]!.inputs[0], graph.nodes[99_999]!.outputs[0]], ['v0', 'v100000']);
  });

  it('counts what a subgraph takes from outside as an input of its node', async () => {
    const body = message().message(1, nodeProto('Identity', ['late'], ['r'])).message(12, message().text(1, 'r'));
    const branch = nodeProto('If', ['condition'], ['y']).message(5, message().text(1, 'then_branch').message(6, body).int(20, 5));
    const { graph } = await scan({ inputs: ['condition', 'x'], nodes: [branch, nodeProto('Relu', ['x'], ['late'])] });
    assert.deepEqual(graph.nodes.map((node) => node.opType), ['Relu', 'If']);
  });

  it('names a node on a cycle', async () => {
    await assert.rejects(scan({ nodes: [nodeProto('Add', ['b', 'b'], ['a'], 'first'), nodeProto('Relu', ['a'], ['b'], 'second'), nodeProto('Relu', ['a'], ['y'])] }), {
      name: 'BadModelFile', message: /^model\.onnx has a cycle: node "(first|second)" \((Add|Relu)\) depends on its own output$/,
    });
  });

  it('infers the type of attributes that have none, as files of IR 1 and 2 do', async () => {
    const node = nodeProto('Thing', [], ['y']);
    const entries: [string, (attribute: WireWriter) => void][] = [
      ['f', (a) => a.float(2, 1.5)], ['i', (a) => a.int(3, -3)], ['s', (a) => a.text(4, 'text')], ['floats', (a) => a.packedFloats(7, [1, 2])],
      ['ints', (a) => a.packedInts(8, [1, -2])], ['strings', (a) => a.text(9, 'q')], ['t', (a) => a.message(5, tensorProto(1, [1], (t) => t.packedFloats(4, [9])))],
      ['g', (a) => a.message(6, message().text(2, 'inner'))], ['nothing', () => undefined],
    ];
    for (const [key, add] of entries) {
      const attribute = message().text(1, key);
      add(attribute);
      node.message(5, attribute);
    }
    const { graph, warnings } = await scan({ nodes: [node] });
    const { attributes } = graph.nodes[0]!;
    assert.deepEqual([...attributes.values()].map((attribute) => attribute.kind), ['float', 'int', 'string', 'floats', 'ints', 'strings', 'tensor', 'graph']);
    assert.deepEqual(attributes.get('ints'), { kind: 'ints', value: [1n, -2n] });
    assert.deepEqual(warnings, ['Attribute "nothing" was skipped: it has neither a type nor a value.']);
  });

  it('reads attributes whose value is the default and was left out', async () => {
    const node = nodeProto('Thing', [], ['y']);
    for (const [key, type] of [['f', 1], ['i', 2], ['s', 3], ['ints', 7]] as const) node.message(5, message().text(1, key).int(20, type));
    const { attributes } = (await scan({ nodes: [node] })).graph.nodes[0]!;
    assert.deepEqual(Object.fromEntries(attributes), {
      f: { kind: 'float', value: 0 }, i: { kind: 'int', value: 0n }, s: { kind: 'string', value: new Uint8Array(0) }, ints: { kind: 'ints', value: [] },
    });
  });

  it('reads a sparse constant as a dense one', async () => {
    const sparse = message().message(1, tensorProto(1, [1], (t) => t.packedFloats(4, [5]))).message(2, tensorProto(7, [1], (t) => t.packedInts(7, [1]))).packedInts(3, [3]);
    const node = nodeProto('Constant', [], ['y']).message(5, message().text(1, 'sparse_value').message(22, sparse).int(20, 11));
    const value = (await scan({ nodes: [node] })).graph.nodes[0]!.attributes.get('value');
    assert.ok(value?.kind === 'tensor' && value.value.kind === 'inline');
    assert.deepEqual(Array.from(new Float32Array(value.value.bytes.buffer)), [0, 5, 0]);
  });

  it('drops inputs that repeat a weight, takes ai.onnx for the default domain, and keeps odd names', async () => {
    const odd = '__proto__';
    const { graph, opsets } = await scan({
      inputs: ['x', odd], initializers: [tensorProto(1, [1], (t) => t.packedFloats(4, [1]), odd)],
      nodes: [nodeProto('Add', ['x', odd], ['constructor']).text(7, 'ai.onnx'), nodeProto('Relu', ['constructor'], ['y'])],
    }, (model) => model.message(8, message().text(1, 'ai.onnx').int(2, 18)));
    assert.deepEqual(graph.inputs.map((input) => input.name), ['x']);
    assert.ok(graph.initializers.has(odd));
    assert.deepEqual([graph.nodes[0]!.domain, graph.nodes[0]!.outputs[0]], ['', 'constructor']);
    assert.deepEqual([...opsets], [['', 18]]);
  });

  it('ignores training information, quantisation annotations and fields of the future', async () => {
    const { graph, warnings } = await scan({ inputs: ['w'], more: (g) => g.message(14, message().text(1, 'w')).int(99, 7).float(98, 1).text(97, 'x') },
      (model) => model.message(20, message().text(1, 'training')).int(500, 1));
    assert.deepEqual([graph.nodes.length, warnings], [1, []]);
  });

  it('knows nothing of a dim of -1 or without a value', async () => {
    const shape = message().message(1, message().int(1, -1)).message(1, message()).message(1, message().text(2, '')).message(1, message().text(2, 'N')).message(1, message().int(1, 3));
    const input = message().text(1, 'x').message(2, message().message(1, message().int(1, 1).message(2, shape)));
    const { graph } = await scan({ nodes: [nodeProto('Relu', ['x'], ['y'])], more: (g) => g.message(11, input) });
    assert.deepEqual(graph.inputs[0]!.type, { kind: 'tensor', dtype: 'float32', dims: [null, null, null, 'N', 3] });
  });

  it('remarks on values that nothing makes or that are made twice', async () => {
    const { warnings } = await scan({ inputs: ['x'], nodes: [nodeProto('Add', ['x', 'gone'], ['a'], 'n'), nodeProto('Relu', ['x'], ['a'], 'm')], outputs: ['y'] });
    assert.deepEqual(warnings, [
      'Value "a" is made more than once, the last time by node "m".', 'Node "n" reads "gone", which nothing makes.', 'Output "y" is made by no node.',
    ]);
  });

  it('refuses a file that would exhaust memory', async () => {
    const many = message();
    for (let i = 0; i < 600_000; i++) many.bytes(1, new Uint8Array(0));
    fs.writeFileSync(file, message().int(1, 8).message(7, many).finish());
    await assert.rejects(scanOnnx(file), { name: 'BadModelFile', message: 'model.onnx holds more than 500000 nodes, more than are read' });
  });

  const damaged: [string, Uint8Array, RegExp][] = [
    ['no graph', message().int(1, 8).finish(), /it holds no graph/],
    ['an empty graph', message().int(1, 8).message(7, message().text(2, 'g')).finish(), /no nodes and no outputs/],
    ['a field that claims more than there is', Uint8Array.of(8, 8, 0x3a, 0xff, 0xff, 3, 1), /claims a field of 65535 bytes at byte 3, but 1 remain/],
    ['a message that reaches past the one around it', Uint8Array.of(8, 8, 0x3a, 3, 0x0a, 5, 0, 0, 0, 0, 0), /claims a field of 5 bytes/],
    ['an endless number', Uint8Array.of(8, ...new Array<number>(12).fill(0x80), 1), /more than 10 bytes/],
    ['a number cut off', Uint8Array.of(8, 0x80), /ends in the middle of a number/],
    ['a group', Uint8Array.of(8, 8, 0x13, 0x14), /wire type 3/],
    ['a text where a message belongs', Uint8Array.of(8, 8, 0x3d, 1, 2, 3, 4), /has wire type 5 in field 7/],
    ['field number 0', Uint8Array.of(0, 1), /field number/],
  ];
  for (const [what, bytes, reason] of damaged) {
    it(`says what is wrong with ${what}`, async () => {
      fs.writeFileSync(file, bytes);
      await assert.rejects(scanOnnx(file), (error: Error) => {
        assert.equal(error.name, 'BadModelFile');
        assert.match(error.message, /^model\.onnx is (damaged or not an ONNX model: it|not a usable ONNX model: its?) /);
        assert.match(error.message, reason);
        return true;
      });
    });
  }
});
