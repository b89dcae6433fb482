/** Control flow, sequences, functions and classical models: inference against ONNX Runtime or the operator's definition. */
import assert from 'node:assert/strict';
import type { Graph, GraphFunction, ModelFile, ValueInfo, ValueType } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { checkInference, inline, int64s, makeModel, node } from './nodeModel';
import type { Recipe } from './nodeModel';

const value = (name: string, type: ValueType = { kind: 'unknown' }): ValueInfo => ({ name, type });
const float = (name: string, dims?: readonly (number | string)[]): ValueInfo => value(name, { kind: 'tensor', dtype: 'float32', dims });
const graph = (fields: Partial<Graph>): Graph => ({ name: 'body', inputs: [], outputs: [], nodes: [], initializers: new Map(), valueInfo: new Map(), ...fields });
const body = (fields: Partial<Graph>) => ({ kind: 'graph' as const, value: graph(fields) });

const scalar = (name: string, dtype: 'int64' | 'bool'): ValueInfo => value(name, { kind: 'tensor', dtype, dims: [] });

async function agrees(recipe: Recipe, open: readonly string[] = []): Promise<void> {
  assert.ok(await checkInference(recipe, open), 'ONNX Runtime takes the model');
}

describe('inference through control flow', () => {
  it('merges the branches of If', () => agrees({
    opset: 16, inputs: { x: { dims: [2, 3] } }, outputs: ['y', 'z'], initializers: { zero: inline('float32', [], [0]) },
    nodes: [
      node('ReduceSum', ['x'], ['s'], { keepdims: 0 }), node('Greater', ['s', 'zero'], ['c']),
      node('If', ['c'], ['y', 'z'], {
        then_branch: body({ outputs: [float('a'), float('b')], nodes: [node('Relu', ['x'], ['a']), node('Transpose', ['x'], ['b'])] }),
        else_branch: body({ outputs: [float('d'), float('e')], nodes: [node('Neg', ['x'], ['d']), node('Identity', ['x'], ['e'])] }),
      }),
    ],
  }, ['z']));

  it('takes the branch a constant condition chooses', () => agrees({
    opset: 16, inputs: { x: { dims: [2, 3] } }, outputs: ['y'], initializers: { three: inline('int64', [], [3]) },
    nodes: [
      node('Shape', ['x'], ['s']), node('Size', ['s'], ['rank']), node('Equal', ['rank', 'three'], ['c']),
      node('If', ['c'], ['y'], {
        then_branch: body({ outputs: [float('a')], nodes: [node('Relu', ['x'], ['a'])] }),
        else_branch: body({ outputs: [float('d')], nodes: [node('Flatten', ['x'], ['d'])] }),
      }),
    ],
  }));

  it('stacks what a Loop of constant length scans out', () => agrees({
    opset: 16, inputs: { x: { dims: [2, 3] } }, outputs: ['last', 'all'], initializers: { m: inline('int64', [], [4]), yes: inline('bool', [], [1]) },
    nodes: [node('Loop', ['m', 'yes', 'x'], ['last', 'all'], {
      body: body({
        inputs: [scalar('i', 'int64'), scalar('c', 'bool'), float('state')], outputs: [scalar('go', 'bool'), float('next'), float('out')],
        nodes: [node('Identity', ['c'], ['go']), node('Add', ['state', 'x'], ['next']), node('ReduceSum', ['next'], ['out'], { keepdims: 0 })],
      }),
    })],
  }));

  it('widens what grows in a Loop', () => agrees({
    opset: 16, inputs: { x: { dims: [1, 3] } }, outputs: ['last'], initializers: { m: inline('int64', [], [3]), yes: inline('bool', [], [1]) },
    nodes: [node('Loop', ['m', 'yes', 'x'], ['last'], {
      body: body({
        inputs: [scalar('i', 'int64'), scalar('c', 'bool'), float('state')], outputs: [scalar('go', 'bool'), float('next')],
        nodes: [node('Identity', ['c'], ['go']), node('Concat', ['state', 'x'], ['next'], { axis: 0 })],
      }),
    })],
  }, ['last']));

  it('gives Scan its sequence axis back', () => agrees({
    opset: 16, inputs: { x: { dims: [2, 5, 3] }, h: { dims: [2, 3] } }, outputs: ['last', 'all'],
    nodes: [node('Scan', ['h', 'x'], ['last', 'all'], {
      num_scan_inputs: 1, scan_input_axes: [1], scan_output_axes: [1],
      body: body({ inputs: [float('a', [2, 3]), float('b', [2, 3])], outputs: [float('n'), float('o')], nodes: [node('Add', ['a', 'b'], ['n']), node('Relu', ['n'], ['o'])] }),
    })],
  }));

  it('follows sequences', () => agrees({
    opset: 16, inputs: { x: { dims: [4, 3] } }, outputs: ['y', 'n', 'z'], initializers: { i: inline('int64', [], [1]), two: inline('int64', [], [2]) },
    nodes: [
      node('SplitToSequence', ['x', 'two'], ['s'], { axis: 0 }), node('SequenceAt', ['s', 'i'], ['y']), node('SequenceLength', ['s'], ['n']),
      node('ConcatFromSequence', ['s'], ['z'], { axis: 0 }),
    ],
  }, ['z']));
});

describe('inference of model functions', () => {
  it('infers the body for each call, attributes bound', () => {
    const softFlat: GraphFunction = {
      name: 'SoftFlat', domain: 'custom', overload: '', inputs: ['a'], outputs: ['b'], attributes: ['at'], defaults: new Map(), opsets: new Map([['', 17]]),
      nodes: [{ ...node('Flatten', ['a'], ['f']), attributes: new Map([['axis', { kind: 'reference', value: 'at' }]]) }, node('Softmax', ['f'], ['b'])],
    };
    const base = makeModel({
      opset: 17, inputs: { x: { dims: [2, 3, 4] } }, outputs: ['y', 'z'],
      nodes: [node('SoftFlat', ['x'], ['y'], { at: 1 }, 'custom'), node('SoftFlat', ['x'], ['z'], { at: 2 }, 'custom')],
    });
    const model: ModelFile = { ...base, functions: [softFlat], opsets: new Map([...base.opsets, ['custom', 1]]) };
    const { types } = inferShapes(model);
    assert.deepEqual(types.get('y'), { kind: 'tensor', dtype: 'float32', dims: [2, 12] });
    assert.deepEqual(types.get('z'), { kind: 'tensor', dtype: 'float32', dims: [6, 4] });
  });

  it('ends when functions call each other', () => {
    const ping: GraphFunction = { name: 'Ping', domain: 'custom', overload: '', inputs: ['a'], outputs: ['b'], attributes: [], defaults: new Map(), opsets: new Map(), nodes: [node('Ping', ['a'], ['c'], {}, 'custom'), node('Ping', ['c'], ['b'], {}, 'custom')] };
    const model: ModelFile = { ...makeModel({ opset: 17, inputs: { x: { dims: [2] } }, outputs: ['y'], nodes: [node('Ping', ['x'], ['y'], {}, 'custom')] }), functions: [ping] };
    assert.deepEqual(inferShapes(model).types.get('y'), { kind: 'unknown' });
  });
});

describe('inference of classical models', () => {
  const ml = (opType: string, attributes: Parameters<typeof node>[3], outputs: readonly string[]): Recipe => ({
    opset: 17, inputs: { x: { dims: [5, 3] } }, outputs, nodes: [node(opType, ['x'], outputs, attributes, 'ai.onnx.ml')],
  });
  const labels = { classlabels_ints: [0, 1, 2] };

  it('LinearClassifier', () => agrees(ml('LinearClassifier', { ...labels, coefficients: { floats: [1, 2, 3, 4, 5, 6, 7, 8, 9] }, intercepts: { floats: [0, 0, 0] }, multi_class: 0, post_transform: 'SOFTMAX' }, ['label', 'scores'])));
  it('LinearRegressor', () => agrees(ml('LinearRegressor', { coefficients: { floats: [1, 2, 3, 4, 5, 6] }, intercepts: { floats: [0, 0] }, targets: 2 }, ['y'])));
  it('Scaler, Normalizer, Imputer, Binarizer', async () => {
    await agrees(ml('Scaler', { offset: { floats: [0, 0, 0] }, scale: { floats: [1, 1, 1] } }, ['y']));
    await agrees(ml('Normalizer', { norm: 'L2' }, ['y']));
    await agrees(ml('Imputer', { imputed_value_floats: { floats: [0] } }, ['y']));
    await agrees(ml('Binarizer', { threshold: { float: 0.5 } }, ['y']));
  });
  it('ArrayFeatureExtractor, FeatureVectorizer, OneHotEncoder, LabelEncoder', async () => {
    await agrees({ opset: 17, inputs: { x: { dims: [5, 3] } }, initializers: { i: int64s(0, 2) }, outputs: ['y'], nodes: [node('ArrayFeatureExtractor', ['x', 'i'], ['y'], {}, 'ai.onnx.ml')] });
    await agrees({ opset: 17, inputs: { x: { dims: [5, 3] }, z: { dims: [5, 2] } }, outputs: ['y'], nodes: [node('FeatureVectorizer', ['x', 'z'], ['y'], { inputdimensions: [3, 2] }, 'ai.onnx.ml')] });
    await agrees({ opset: 17, inputs: { x: { dtype: 'int64', dims: [5], values: [0, 1, 2, 0, 1] } }, outputs: ['y'], nodes: [node('OneHotEncoder', ['x'], ['y'], { cats_int64s: [0, 1, 2] }, 'ai.onnx.ml')] });
    await agrees({ opset: 17, inputs: { x: { dtype: 'int64', dims: [2, 2], values: [0, 1, 1, 0] } }, outputs: ['y'], nodes: [node('LabelEncoder', ['x'], ['y'], { keys_int64s: [0, 1], values_floats: { floats: [0.5, 1.5] } }, 'ai.onnx.ml')] });
  });
  it('ZipMap is a sequence of maps', () => {
    const model = makeModel({ opset: 17, inputs: { x: { dims: [5, 3] } }, outputs: ['y'], nodes: [node('ZipMap', ['x'], ['y'], { classlabels_strings: { kind: 'strings', value: [new Uint8Array([97])] } }, 'ai.onnx.ml')] });
    assert.deepEqual(inferShapes(model).types.get('y'), { kind: 'sequence', element: { kind: 'map', key: 'string', value: { kind: 'tensor', dtype: 'float32', dims: [] } } });
  });
});

describe('symbols', () => {
  const symbolic = (recipe: Recipe, dims: Readonly<Record<string, readonly (number | string)[]>>) => inferShapes(makeModel(recipe, (name) => dims[name]!)).types;
  const dims = (types: ReadonlyMap<string, ValueType>, name: string) => { const type = types.get(name); return type?.kind === 'tensor' ? type.dims : undefined; };

  it('survive Shape → Gather → Concat → Reshape', () => {
    const types = symbolic({
      opset: 13, inputs: { x: { dims: [1, 3, 4, 4] } }, outputs: ['y'], initializers: { zero: int64s(0), minus: int64s(-1) },
      nodes: [node('Shape', ['x'], ['s']), node('Gather', ['s', 'zero'], ['n']), node('Concat', ['n', 'minus'], ['t'], { axis: 0 }), node('Reshape', ['x', 't'], ['y'])],
    }, { x: ['batch', 3, 4, 4] });
    assert.deepEqual(dims(types, 'y'), ['batch', 48]);
  });

  it('multiply, cancel and add up', () => {
    const types = symbolic({
      opset: 13, inputs: { x: { dims: [1, 2, 6] }, z: { dims: [1, 2, 6] } }, outputs: ['f', 'c', 'r'], initializers: { t: int64s(0, -1, 2) },
      nodes: [node('Flatten', ['x'], ['f'], { axis: 2 }), node('Concat', ['x', 'z'], ['c'], { axis: 1 }), node('Reshape', ['x', 't'], ['r'])],
    }, { x: ['batch', 'seq', 6], z: ['batch', 'past', 6] });
    assert.deepEqual(dims(types, 'f'), ['batch*seq', 6]);
    assert.deepEqual(dims(types, 'c'), ['batch', 'past + seq', 6]);
    assert.deepEqual(dims(types, 'r'), ['batch', '3*seq', 2]);
  });

  it('of the file are replaced by the numbers given, and numbers beat symbols', () => {
    const model = makeModel({ opset: 13, inputs: { x: { dims: [1, 2] } }, outputs: ['y', 'u'], nodes: [node('Relu', ['x'], ['y']), node('Strange', ['x'], ['u'], {}, 'nobody')] }, () => ['batch', 2]);
    const declared: ModelFile = { ...model, graph: { ...model.graph, valueInfo: new Map([['u', float('u', ['batch', 7])]]) } };
    assert.deepEqual(dims(inferShapes(declared).types, 'u'), ['batch', 7]);
    assert.deepEqual(dims(inferShapes(declared, { x: [4, 2] }).types, 'u'), [4, 7]);
    assert.deepEqual(dims(inferShapes(declared, { x: [4, 2] }).types, 'y'), [4, 2]);
  });

  it('do not hide a file that contradicts itself', () => {
    const model = makeModel({ opset: 13, inputs: { x: { dims: [1, 2] } }, outputs: ['y'], nodes: [node('Relu', ['x'], ['y'])] });
    const declared: ModelFile = { ...model, graph: { ...model.graph, outputs: [float('y', [1, 5])] } };
    const { types, warnings } = inferShapes(declared);
    assert.deepEqual(dims(types, 'y'), [1, 2]);
    assert.match(warnings[0]!, /declares dims \[1, 5\], its inputs give \[1, 2\]/);
  });

  it('survive attributes that make no sense', () => {
    const model = makeModel({ opset: 13, inputs: { x: { dims: [1, 2] } }, outputs: ['y', 'z'], nodes: [node('Transpose', ['x'], ['y'], { perm: [0, 9] }), node('MaxPool', ['x'], ['z'], { kernel_shape: [2], strides: [0] })] });
    const { types, warnings } = inferShapes(model);
    assert.deepEqual(types.get('y'), { kind: 'unknown' });
    assert.equal(warnings.length, 1);
  });
});

