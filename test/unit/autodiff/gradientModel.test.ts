import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import { NotDifferentiable, type RuleTable } from '../../../src/autodiff/rule';
import { specialise } from '../../../src/autodiff/specialise';
import type { Graph, GraphFunction, ModelFile } from '../../../src/graph/graph';
import { Random } from './random';
import { count, openSession, runSession, valueInfo, type Values } from './runGraph';
import { init, node, randomInit, tiny } from './tinyModel';
import { gradientOf, needShared, packModel } from './wholeModel';

const floats = (dims: readonly number[], random: Random): Values => ({ dtype: 'float32', dims, data: Array.from({ length: count(dims) }, () => Math.fround(random.float(-1, 1))) });

/** Central differences of a model's target along random directions, for every wrt input. */
async function checkModel(model: ModelFile, feeds: Record<string, Values>, wrt: readonly string[], index = 0, step = 1e-2, tolerance = 2e-2): Promise<void> {
  const inputDims = Object.fromEntries(Object.entries(feeds).map(([name, value]) => [name, value.dims]));
  const output = model.graph.outputs[0]!.name;
  const run = await gradientOf({ model, inputDims, target: { output, space: 'output' }, wrt }, feeds, index);
  const session = await openSession(model), random = new Random(3);
  const score = async (moved: Record<string, Values>): Promise<number> => {
    const { dims, data } = (await runSession(session, moved))[output]!;
    const classes = data.length / dims[0]!;
    return data.filter((_, i) => i % classes === index).reduce((a, b) => a + b, 0);
  };
  for (const name of wrt) {
    const direction = feeds[name]!.data.map(() => random.float());
    const moved = (sign: number): Record<string, Values> => ({ ...feeds, [name]: { ...feeds[name]!, data: feeds[name]!.data.map((v, i) => v + sign * step * direction[i]!) } });
    const slope = (await score(moved(1)) - await score(moved(-1))) / (2 * step);
    const found = run.gradients[name]!.data.reduce((sum, v, i) => sum + v * direction[i]!, 0);
    assert.ok(Math.abs(found - slope) < tolerance * Math.max(1, Math.abs(slope)), `${name}: ${found}, central differences ${slope}`);
  }
  await session.release();
}

const r = new Random(11);

describe('autodiff: gradient models', () => {
  it('a value with several consumers gets all of their cotangents', () => checkModel(tiny({
    inputs: { x: ['float32', [2, 3]] }, outputs: { y: 'float32' },
    nodes: [['Mul', ['x', 'x'], ['a']], ['Sin', ['x'], ['b']], ['Add', ['a', 'b'], ['c']], ['Mul', ['c', 'x'], ['y']]],
  }), { x: floats([2, 3], r) }, ['x'], 1));

  it('several inputs, one of which the target does not need, and inner values', async () => {
    const model = tiny({
      inputs: { a: ['float32', [2, 3]], b: ['float32', [2, 3]], unused: ['float32', [2, 1]] }, outputs: { y: 'float32' },
      nodes: [['Mul', ['a', 'b'], ['m']], ['Tanh', ['m'], ['t']], ['Add', ['t', 'a'], ['y']], ['Neg', ['unused'], ['other']]],
    });
    const feeds = { a: floats([2, 3], r), b: floats([2, 3], r), unused: floats([2, 1], r) };
    await checkModel(model, feeds, ['a', 'b', 'unused']);
    const run = await gradientOf({
      model, inputDims: { a: [2, 3], b: [2, 3], unused: [2, 1] }, target: { output: 'y', space: 'output' }, wrt: ['a', 'm', 't', 'unused'], fetch: ['m', 'a', 'other', 'y'],
    }, feeds, [0, 2]);
    const oneHot = [1, 0, 0, 0, 0, 1], m = feeds.a.data.map((v, i) => v * feeds.b.data[i]!);
    const near = (found: readonly number[], expected: readonly number[]): void => found.forEach((v, i) => assert.ok(Math.abs(v - expected[i]!) < 1e-5));
    near(run.gradients.t!.data, oneHot);
    near(run.gradients.m!.data, oneHot.map((g, i) => g * (1 - Math.tanh(m[i]!) ** 2)));
    near(run.gradients.a!.data, oneHot.map((g, i) => g * (1 - Math.tanh(m[i]!) ** 2) * feeds.b.data[i]! + g));
    assert.deepEqual(run.gradients.unused!.data, [0, 0]);
    near(run.values.m!.data, m);
    assert.deepEqual(run.values.a!.data, feeds.a.data);
    assert.equal(run.values.other!.data.length, 2);
  });

  it('a small network with shape arithmetic in it becomes static', async () => {
    const model = tiny({
      inputs: { x: ['float32', [0, 2, 3]] }, outputs: { y: 'float32' },
      initializers: { zero: init([], [0], 'int64'), axis: init([1], [0], 'int64'), minus: init([1], [-1], 'int64'), W: randomInit(r, [6, 4]), B: randomInit(r, [4]) },
      nodes: [
        ['Shape', ['x'], ['s']], ['Gather', ['s', 'zero'], ['n']], ['Unsqueeze', ['n', 'axis'], ['n1']], ['Concat', ['n1', 'minus'], ['shape'], { axis: 0 }],
        ['Reshape', ['x', 'shape'], ['flat']], ['Gemm', ['flat', 'W', 'B'], ['h']], ['Relu', ['h'], ['a']], ['Softmax', ['a'], ['y']],
      ],
    });
    const input = { ...model.graph.inputs[0]!, type: { kind: 'tensor' as const, dtype: 'float32' as const, dims: ['batch', 2, 3] } };
    const symbolic = { ...model, graph: { ...model.graph, inputs: [input] } };
    const { model: fixed } = specialise(symbolic, { x: [5, 2, 3] }, () => true);
    assert.deepEqual(fixed.graph.nodes.map((item) => item.opType), ['Reshape', 'Gemm', 'Relu', 'Softmax']);
    await checkModel(symbolic, { x: floats([5, 2, 3], r) }, ['x'], 2);
  });

  it('an If whose condition is constant is its branch, with names of its own and captured values', async () => {
    const branch = (opType: string, constant: number): Graph => ({
      name: opType, inputs: [], outputs: [valueInfo('inner', 'float32')], valueInfo: new Map(), initializers: new Map([['k', init([], [constant])]]),
      nodes: [node(['Mul', ['h', 'k'], ['scaled']]), node([opType, ['scaled'], ['inner']])],
    });
    const model = tiny({
      inputs: { x: ['float32', [2, 3]] }, outputs: { y: 'float32' }, initializers: { c: init([], [1], 'bool') },
      nodes: [['Tanh', ['x'], ['h']], ['If', ['c'], ['i'], { then_branch: branch('Sin', 3), else_branch: branch('Cos', 5) }], ['If', ['c'], ['j'], { then_branch: branch('Exp', 0.5), else_branch: branch('Cos', 5) }], ['Mul', ['i', 'j'], ['y']]],
    });
    await checkModel(model, { x: floats([2, 3], r) }, ['x'], 1);
  });

  it('calls of model functions are inlined, attribute references included', async () => {
    const body: GraphFunction = {
      name: 'ScaledElu', domain: 'local', overload: '', inputs: ['a', 'k'], outputs: ['b'], attributes: ['alpha'], defaults: new Map(), opsets: new Map([['', 17]]),
      nodes: [{ ...node(['Elu', ['a'], ['e']]), attributes: new Map([['alpha', { kind: 'reference' as const, value: 'alpha' }]]) }, node(['Mul', ['e', 'k'], ['b']])],
    };
    const model = tiny({
      inputs: { x: ['float32', [2, 3]] }, outputs: { y: 'float32' }, initializers: { k: init([], [2]) },
      nodes: [['local:ScaledElu', ['x', 'k'], ['h'], { alpha: { float: 0.5 } }], ['local:ScaledElu', ['h', 'x'], ['y'], { alpha: { float: 1.5 } }]],
    });
    await checkModel({ ...model, opsets: new Map([...model.opsets, ['local', 1]]), functions: [body] }, { x: floats([2, 3], r) }, ['x'], 1);
  });

  it('old opsets are upgraded: Softmax over flattened axes, Squeeze with attributes', () => checkModel(tiny({
    opset: 9, inputs: { x: ['float32', [2, 3, 1]] }, outputs: { y: 'float32' }, nodes: [['Softmax', ['x'], ['s'], { axis: 1 }], ['Squeeze', ['s'], ['y'], { axes: [2] }]],
  }), { x: floats([2, 3, 1], r) }, ['x'], 1));

  it('LayerNormalization lends its statistics', async () => {
    const model = tiny({
      inputs: { x: ['float32', [2, 3, 4]] }, outputs: { y: 'float32' }, initializers: { s: randomInit(r, [4]), b: randomInit(r, [4]) },
      nodes: [['LayerNormalization', ['x', 's', 'b'], ['l'], { axis: -1 }], ['Sin', ['l'], ['y']]],
    });
    const built = buildGradientModel({ model, inputDims: { x: [2, 3, 4] }, target: { output: 'y', space: 'output' }, wrt: ['x'] });
    assert.equal(built.model.graph.nodes.find((item) => item.opType === 'LayerNormalization')!.outputs.length, 3);
    assert.ok(!built.model.graph.nodes.some((item) => item.opType === 'Sqrt'), 'the deviation is not computed again');
    await checkModel(model, { x: floats([2, 3, 4], r) }, ['x'], 5, 3e-3);
  });

  it('only what is needed is computed, and every name is new', () => {
    const model = tiny({
      inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32', z: 'float32' },
      nodes: [['Relu', ['x'], ['lens/target_0']], ['Exp', ['lens/target_0'], ['y']], ['Tanh', ['x'], ['z']]],
    });
    const built = buildGradientModel({ model, inputDims: { x: [1, 3] }, target: { output: 'y', space: 'output' }, wrt: ['x'] });
    assert.ok(!built.model.graph.nodes.some((item) => item.opType === 'Tanh'));
    const names = [...built.model.graph.inputs.map((input) => input.name), ...built.model.graph.initializers.keys(), ...built.model.graph.nodes.flatMap((item) => item.outputs)].filter((name) => name !== '');
    assert.equal(new Set(names).size, names.length);
  });

  it('rows of a composite replace those of the standard table', async () => {
    const model = tiny({ inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32' }, nodes: [['Relu', ['x'], ['h']], ['Neg', ['h'], ['y']]] });
    const straight: RuleTable = { Relu: { vjp: (c) => [c.g] } };
    const run = await gradientOf({ model, inputDims: { x: [1, 3] }, target: { output: 'y', space: 'output' }, wrt: ['x'], rules: straight }, { x: { dtype: 'float32', dims: [1, 3], data: [-1, -2, 3] } }, 0);
    assert.deepEqual(run.gradients.x!.data.map((v) => v + 0), [-1, 0, 0]);
  });

  it('float64 and float16 models: scores and gradients come back as float32', async () => {
    for (const [dtype, to] of [['float64', 11], ['float16', 10]] as const) {
      const model = tiny({
        inputs: { x: ['float32', [2, 3]] }, outputs: { y: dtype }, initializers: { W: init([3, 4], [1, 2, 3, 4, 0.5, -1, 2, 0.25, 3, 1, -2, 1], dtype) },
        nodes: [['Cast', ['x'], ['c'], { to }], ['MatMul', ['c', 'W'], ['h']], ['Relu', ['h'], ['a']], ['Mul', ['a', 'a'], ['b']], ['Softmax', ['b'], ['y']]],
      });
      const run = await gradientOf({ model, inputDims: { x: [2, 3] }, target: { output: 'y', space: 'logit' }, wrt: ['x', 'a'], fetch: ['h'] }, { x: { dtype: 'float32', dims: [2, 3], data: [1, 0.5, 0.25, -1, 1, 0.5] } }, [0, 1]);
      // h0 = 1 + 0.25 + 0.75 = 2: the square's slope is 4; h1 of the second row is −2.5: nothing flows
      assert.deepEqual(run.score.data, [4, 0]);
      assert.equal(run.gradients.x!.dtype, 'float32');
      assert.deepEqual(run.gradients.x!.data.map((v) => v + 0), [4, 2, 12, 0, 0, 0]);
      assert.deepEqual(run.gradients.a!.data.map((v) => v + 0), [4, 0, 0, 0, 0, 0, 0, 0]);
      if (dtype === 'float64') assert.equal(run.values.h!.data[0], 2);
    }
  });

  it('random chains of differentiable ops agree with central differences', async () => {
    const unary = ['Sin', 'Tanh', 'Sigmoid', 'Softplus', 'Exp', 'Identity', 'Softmax', 'Neg'], binary = ['Add', 'Sub', 'Mul', 'Sum'];
    for (let seed = 1; seed <= 6; seed++) {
      const random = new Random(seed), values = ['x', 'z'];
      const nodes = Array.from({ length: random.int(3, 14) }, (_, index) => {
        const one = random.bool(), opType = random.pick(one ? unary : binary), output = `v${index}`;
        const line = [opType, one ? [random.pick(values)] : [random.pick(values), random.pick(values)], [output]] as const;
        values.push(output);
        return line;
      });
      const last = values.at(-1)!;
      const squashed = [...nodes, ['Sum', [last, 'x', 'z'], ['sum']] as const, ['Tanh', ['sum'], ['y']] as const];
      await checkModel(tiny({ inputs: { x: ['float32', [2, 3]], z: ['float32', [2, 3]] }, outputs: { y: 'float32' }, nodes: squashed }), { x: floats([2, 3], random), z: floats([2, 3], random) }, ['x', 'z'], random.int(0, 2), 5e-3, 3e-2);
    }
  });
});

describe('autodiff: where gradients end', () => {
  const build = (model: ModelFile, wrt = ['x']) => () => buildGradientModel({
    model, inputDims: Object.fromEntries(model.graph.inputs.map((input) => [input.name, input.type.kind === 'tensor' ? input.type.dims as number[] : []])), target: { output: model.graph.outputs[0]!.name, space: 'output' }, wrt,
  });
  const input = { x: ['float32', [1, 3]] as const };

  it('an op without a rule is named, with what to do', () => {
    const model = tiny({ inputs: input, outputs: { y: 'float32' }, nodes: [['Tanh', ['x'], ['h']], ['Det', ['h'], ['y']]] });
    assert.throws(build(model), (error) => error instanceof NotDifferentiable && error.opType === 'Det' && error.node === 'Det_y' && /no gradient rule yet\. Choose a layer behind it/.test(error.message));
  });
  it('flat and discrete ops are named as what they are', () => {
    const flat = tiny({ inputs: input, outputs: { y: 'float32' }, nodes: [['Round', ['x'], ['h']], ['Tanh', ['h'], ['y']]] });
    assert.throws(build(flat), /Round 'Round_h': its derivative is zero almost everywhere, so no gradient reaches 'x'/);
    const labels = tiny({ inputs: input, outputs: { y: 'float32' }, nodes: [['ArgMax', ['x'], ['h'], { axis: 1 }], ['Cast', ['h'], ['y'], { to: 1 }]] });
    assert.throws(build(labels), /ArgMax 'ArgMax_h': its output is not a smooth function of its input/);
    const cast = tiny({ inputs: input, outputs: { y: 'float32' }, nodes: [['Cast', ['x'], ['h'], { to: 7 }], ['Cast', ['h'], ['y'], { to: 1 }]] });
    assert.throws(build(cast), /Cast 'Cast_h': its output is not a smooth function/);
  });
  it('a smooth way around a flat op is taken', () => checkModel(tiny({
    inputs: { x: ['float32', [1, 3]] }, outputs: { y: 'float32' }, nodes: [['Floor', ['x'], ['f']], ['Mul', ['x', 'x'], ['q']], ['Add', ['f', 'q'], ['y']]],
  }), { x: { dtype: 'float32', dims: [1, 3], data: [0.3, 0.6, -0.4] } }, ['x']));
  it('whole numbers have no gradient, and the message says where to go', () => {
    const words = tiny({ inputs: { x: ['int64', [1, 3]] }, outputs: { y: 'float32' }, initializers: { E: init([5, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) }, nodes: [['Gather', ['E', 'x'], ['e']], ['Tanh', ['e'], ['y']]] });
    assert.throws(build(words), /Input 'x': it holds int64 values, which have no gradient; differentiate to the first float value behind it/);
    assert.doesNotThrow(build(words, ['e']));
  });
  it('a target that does not depend on the value says so', () => {
    const model = tiny({ inputs: { x: ['float32', [1, 3]], z: ['float32', [1, 3]] }, outputs: { y: 'float32' }, nodes: [['Tanh', ['z'], ['y']]] });
    assert.throws(build(model), /Value 'y': it does not depend on 'x'/);
  });
  it('a tree ensemble says what it is', async function () {
    needShared(this);
    const trees = await packModel('onnx/tabular_sklearn_treecl.onnx'), port = trees.graph.inputs[0]!;
    assert.ok(port.type.kind === 'tensor');
    const columns = port.type.dims?.at(-1);
    assert.throws(() => buildGradientModel({ model: trees, inputDims: { [port.name]: [1, typeof columns === 'number' ? columns : 4] }, target: { output: trees.graph.outputs[1]!.name, space: 'output' }, wrt: [port.name] }),
      /TreeEnsemble.*a tree ensemble is piecewise constant and has no gradient/);
  });
});
