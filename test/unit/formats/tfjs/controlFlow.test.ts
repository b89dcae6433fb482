/** Functions, branches, loops and tables against TensorFlow.js. */
import assert from 'node:assert/strict';
import { attr, compare, constNode, floats, openGraph, runOurs, scalar, shapeProto, typeName, vector, type GraphNode, type Kind, type Values } from './oracle';

/** A library function; constants of its body lie in the weights under their names. */
function fn(name: string, inputs: Readonly<Record<string, Kind | 'list'>>, results: readonly (readonly [string, string, Kind | 'list'])[], nodes: readonly GraphNode[]): unknown {
  const type = (kind: Kind | 'list'): string => (kind === 'list' ? 'DT_VARIANT' : typeName[kind]);
  return {
    signature: { name, inputArg: Object.entries(inputs).map(([arg, kind]) => ({ name: arg, type: type(kind) })), outputArg: results.map(([arg, , kind]) => ({ name: arg, type: type(kind) })) },
    nodeDef: nodes, ret: Object.fromEntries(results.map(([arg, from]) => [arg, from])), argAttr: {}, attr: {},
  };
}

const constants = { one: scalar(1), zero: scalar(0), 'body/one': scalar(1), 'body/zero': scalar(0), half: scalar(0.5, 'float32') };
const inBody = (name: string): GraphNode => constNode(name, constants[name as keyof typeof constants] as Values);

describe('TensorFlow control flow', () => {
  it('calls of functions are written out', async () => {
    // TensorFlow.js itself does not know the op.
    const { y } = await runOurs({
      nodes: [{ name: 'call', op: 'PartitionedCall', input: ['x', 'x'], attr: { f: attr.func('square_sum') } }, { name: 'y', op: 'Neg', input: ['call'] }],
      functions: [fn('square_sum', { a: 'float32', b: 'float32' }, [['sum', 'add:z:0', 'float32']], [{ name: 'mul', op: 'Mul', input: ['a', 'b'] }, { name: 'add', op: 'AddV2', input: ['mul:z:0', 'a'] }])],
      inputs: { x: { dtype: 'float32', dims: [3], data: [1, -2, 0.5] } }, outputs: ['y'],
    });
    assert.deepEqual(y!.data, [-2, -2, -0.75]);
  });

  it('StatelessIf, both ways', async () => {
    for (const condition of [true, false]) {
      await compare({
        nodes: [{ name: 'if', op: 'StatelessIf', input: ['c', 'x'], attr: { then_branch: attr.func('double'), else_branch: attr.func('mean'), Tout: { list: { type: ['DT_FLOAT'] } } } }, { name: 'y', op: 'AddV2', input: ['if', 'if'] }],
        functions: [fn('double', { a: 'float32' }, [['out', 'twice:z:0', 'float32']], [{ name: 'twice', op: 'AddV2', input: ['a', 'a'] }]), fn('mean', { a: 'float32' }, [['out', 'neg:y:0', 'float32']], [{ name: 'neg', op: 'Neg', input: ['a'] }])],
        inputs: { x: floats([2, 3]), c: { dtype: 'bool', dims: [], data: [condition ? 1 : 0] } }, outputs: ['y'],
      });
    }
  });

  it('While, with a state, a counter and something that is only read', () => compare({
    nodes: [{ name: 'loop', op: 'StatelessWhile', input: ['zero', 'n', 'x', 'step'], attr: { cond: attr.func('cond'), body: attr.func('body') } }, { name: 'y', op: 'Identity', input: ['loop:2'] }, { name: 'count', op: 'Identity', input: ['loop'] }],
    functions: [
      fn('cond', { i: 'int32', n: 'int32', a: 'float32', s: 'float32' }, [['go', 'less:z:0', 'bool']], [{ name: 'less', op: 'Less', input: ['i', 'n'] }]),
      fn('body', { i: 'int32', n: 'int32', a: 'float32', s: 'float32' }, [['i1', 'add:z:0', 'int32'], ['n1', 'n', 'int32'], ['a1', 'next:z:0', 'float32'], ['s1', 's', 'float32']], [
        inBody('body/one'), { name: 'add', op: 'AddV2', input: ['i', 'body/one:output:0'] }, { name: 'tanh', op: 'Tanh', input: ['a'] }, { name: 'next', op: 'AddV2', input: ['tanh:y:0', 's'] },
      ]),
    ],
    inputs: { x: floats([2, 3]), n: scalar(4), step: floats([3], 5) }, constants, outputs: ['y', 'count'],
  }));

  it('a recurrent layer: lists in, lists out', () => compare({
    nodes: [
      { name: 'steps', op: 'Transpose', input: ['x', 'perm'] }, { name: 'list', op: 'TensorListFromTensor', input: ['steps', 'minus'], attr: { element_dtype: attr.type('float32'), shape_type: attr.type('int32') } },
      { name: 'shape', op: 'Shape', input: ['steps'] }, { name: 'length', op: 'StridedSlice', input: ['shape', 'at0', 'at1', 'at1'], attr: { shrink_axis_mask: attr.int(1) } },
      { name: 'reserved', op: 'TensorListReserve', input: ['minus', 'length'], attr: { element_dtype: attr.type('float32'), shape_type: attr.type('int32') } },
      { name: 'loop', op: 'While', input: ['zero', 'length', 'list', 'reserved', 'state', 'w'], attr: { cond: attr.func('cond'), body: attr.func('body') } },
      { name: 'stack', op: 'TensorListStack', input: ['loop:3', 'minus'], attr: { element_dtype: attr.type('float32'), num_elements: attr.int(-1) } },
      { name: 'y', op: 'Transpose', input: ['stack', 'perm'] }, { name: 'last', op: 'Identity', input: ['loop:4'] },
    ],
    functions: [
      fn('cond', { i: 'int32', n: 'int32', l: 'list', o: 'list', h: 'float32', w: 'float32' }, [['go', 'less:z:0', 'bool']], [{ name: 'less', op: 'Less', input: ['i', 'n'] }]),
      fn('body', { i: 'int32', n: 'int32', l: 'list', o: 'list', h: 'float32', w: 'float32' }, [['i1', 'add:z:0', 'int32'], ['n1', 'n', 'int32'], ['l1', 'l', 'list'], ['o1', 'set:output_handle:0', 'list'], ['h1', 'tanh:y:0', 'float32'], ['w1', 'w', 'float32']], [
        inBody('body/one'), { ...constNode('body/shape', vector(-1)) },
        { name: 'add', op: 'AddV2', input: ['i', 'body/one:output:0'] }, { name: 'item', op: 'TensorListGetItem', input: ['l', 'i', 'body/shape:output:0'], attr: { element_dtype: attr.type('float32') } },
        { name: 'mul', op: 'MatMul', input: ['h', 'w'] }, { name: 'sum', op: 'AddV2', input: ['item:item:0', 'mul:product:0'] }, { name: 'tanh', op: 'Tanh', input: ['sum:z:0'] },
        { name: 'set', op: 'TensorListSetItem', input: ['o', 'i', 'tanh:y:0'], attr: { element_dtype: attr.type('float32') } },
      ]),
    ],
    inputs: { x: floats([2, 5, 3]), state: floats([2, 3], 4) },
    constants: { ...constants, w: floats([3, 3], 9), perm: vector(1, 0, 2), minus: vector(-1, 3), at0: vector(0), at1: vector(1), 'body/shape': vector(-1, 3) }, outputs: ['y', 'last'],
  }));

  it('Switch and Merge choose between two sides', async () => {
    for (const condition of [1, 0]) {
      const graph = {
        nodes: [{ name: 'switch', op: 'Switch', input: ['x', 'c'] }, { name: 'no', op: 'Neg', input: ['switch'] }, { name: 'yes', op: 'Exp', input: ['switch:1'] }, { name: 'y', op: 'Merge', input: ['no', 'yes'] }],
        inputs: { x: floats([2, 3]), c: { dtype: 'bool' as const, dims: [], data: [condition] } }, outputs: ['y'],
      };
      await compare(graph);
    }
  });

  it('look-ups in constant tables', async () => {
    const { y } = await runOurs({
      nodes: [{ name: 'table', op: 'HashTableV2', attr: { shared_name: attr.text('t'), key_dtype: attr.type('int32'), value_dtype: attr.type('int32') } }, { name: 'y', op: 'LookupTableFindV2', input: ['table', 'x', 'fallback'] }],
      inputs: { x: vector(3, 8, 5, 3) }, constants: { keys: vector(3, 5, 7), values: vector(30, 50, 70), fallback: scalar(-1) }, outputs: ['y'],
      extra: { modelInitializer: { node: [{ name: 'other', op: 'HashTableV2', attr: { shared_name: attr.text('t') } }, constNode('keys', vector(3, 5, 7)), constNode('values', vector(30, 50, 70)), { name: 'import', op: 'LookupTableImportV2', input: ['other', 'keys', 'values'] }] } },
    });
    assert.deepEqual(y!.data, [30, -1, 50, 30]);
  });

  it('what ONNX cannot express stays to be looked at, and says why', async () => {
    const { model } = await openGraph({ nodes: [{ name: 'r', op: 'Relu', input: ['x'] }, { name: 'odd', op: 'FancyOp', input: ['r'] }, { name: 'y', op: 'Neg', input: ['odd'] }], inputs: { x: floats([2, 3]) }, outputs: ['y'] });
    assert.deepEqual(model.graph.nodes.map((node) => [node.domain, node.opType]), [['', 'Relu'], ['tf', 'FancyOp'], ['tf', 'Neg'], ['', 'Identity']]);
    assert.match(model.notRunnable!, /^ONNX Runtime cannot run it: FancyOp 'odd': it has no equivalent in ONNX; TensorFlow.js may be able to$/);
  });

  it('control inputs, assertions and unused shapes are left out', async () => {
    const { model } = await openGraph({ nodes: [{ name: 'assert', op: 'Assert', input: ['x'] }, { name: 'y', op: 'Relu', input: ['x', '^assert'], attr: { shape: { shape: shapeProto([1]) } } }], inputs: { x: floats([2]) }, outputs: ['y'] });
    assert.deepEqual(model.graph.nodes.map((node) => node.opType), ['Relu', 'Identity']);
  });
});
