import assert from 'node:assert/strict';
import { buildGradientModel } from '../../../src/autodiff/gradientModel';
import type { AttributeInput } from '../../../src/graph/builder';
import type { Graph, Initializer, ModelFile } from '../../../src/graph/graph';
import { Random } from './random';
import { valueInfo } from './runGraph';
import { init, node, randomInit, tiny, type NodeLine } from './tinyModel';
import { checkWrittenOut } from './writtenOut';

const steps = 4, batch = 2, features = 3, hidden = 3;

const check = (model: ModelFile, random: Random, what: string, step?: number): Promise<void> => checkWrittenOut(model, random, { what, gone: ['LSTM', 'GRU', 'RNN', 'Scan', 'Loop'], ...(step && { step, tolerance: 2e-2 }) });

/** x [batch, steps, features] → a recurrent operator → [batch, directions · hidden · (1 + steps)]. */
function recurrent(opType: 'LSTM' | 'GRU' | 'RNN', random: Random, attributes: Readonly<Record<string, AttributeInput>>, withStates: boolean): ModelFile {
  const directions = attributes.direction === 'bidirectional' ? 2 : 1, gates = { LSTM: 4, GRU: 3, RNN: 1 }[opType];
  const initializers: Record<string, Initializer> = {
    w: randomInit(random, [directions, gates * hidden, features]), r: randomInit(random, [directions, gates * hidden, hidden]), b: randomInit(random, [directions, 2 * gates * hidden]),
    h: randomInit(random, [directions, batch, hidden]), c: randomInit(random, [directions, batch, hidden]),
  };
  const inputs = ['t', 'w', 'r', ...(withStates ? ['b', '', 'h', ...(opType === 'LSTM' ? ['c'] : [])] : [])];
  const nodes: NodeLine[] = [
    ['Transpose', ['x'], ['t'], { perm: [1, 0, 2] }],
    [opType, inputs, ['all', 'last'], { hidden_size: hidden, ...attributes }],
    ['Transpose', ['last'], ['last1'], { perm: [1, 0, 2] }], ['Flatten', ['last1'], ['flat1'], { axis: 1 }],
    ['Transpose', ['all'], ['all1'], { perm: [2, 0, 1, 3] }], ['Flatten', ['all1'], ['flat2'], { axis: 1 }],
    ['Concat', ['flat1', 'flat2'], ['y'], { axis: 1 }],
  ];
  if (!withStates) { delete initializers.b; delete initializers.h; }
  if (!withStates || opType !== 'LSTM') delete initializers.c;
  return tiny({ inputs: { x: ['float32', [batch, steps, features]] }, outputs: { y: 'float32' }, initializers, nodes });
}

describe('recurrent nodes written out step by step', () => {
  for (const opType of ['LSTM', 'GRU', 'RNN'] as const) {
    for (const direction of ['forward', 'reverse', 'bidirectional']) {
      it(`${opType}, ${direction}`, async () => {
        const random = new Random(7);
        const count = (direction === 'bidirectional' ? 2 : 1) * { LSTM: 3, GRU: 2, RNN: 1 }[opType];
        for (const linear of opType === 'GRU' ? [0, 1] : [undefined]) {
          const common = { direction, ...(linear === undefined ? {} : { linear_before_reset: linear }) };
          await check(recurrent(opType, random, common, true), random, 'usual activations');
          const names = ['HardSigmoid', 'Softsign', 'Elu', 'ScaledTanh', 'Affine', 'Softplus'].slice(0, count);
          const own = { activations: { strings: names }, activation_alpha: { floats: [0.25, 0.8, 0.9, 0.7].slice(0, Math.min(4, count)) }, activation_beta: { floats: [0.4, 0.6, 0.1] } };
          await check(recurrent(opType, random, { ...common, ...own }, false), random, names.join());
        }
      });
    }
  }

  it('a Scan with what it captures, in both directions', async () => {
    const random = new Random(3);
    for (const backwards of [0, 1]) {
      // s' = tanh(s·m + x_t) where x_t is above a limit, else s
      const body: Graph = {
        name: 'body', valueInfo: new Map(), initializers: new Map([['two', randomInit(random, [hidden])]]),
        inputs: [valueInfo('s', 'float32'), valueInfo('slice', 'float32')], outputs: [valueInfo('next', 'float32'), valueInfo('shown', 'float32')],
        nodes: ([
          ['MatMul', ['s', 'm'], ['sm']], ['Add', ['sm', 'slice'], ['sum']], ['Tanh', ['sum'], ['fresh']],
          ['Greater', ['slice', 'limit'], ['on']], ['Where', ['on', 'fresh', 's'], ['next']], ['Mul', ['next', 'two'], ['shown']],
        ] satisfies NodeLine[]).map(node),
      };
      const model = tiny({
        inputs: { x: ['float32', [batch, steps, features]] }, outputs: { y: 'float32' },
        initializers: { m: randomInit(random, [hidden, hidden]), start: randomInit(random, [batch, hidden]), limit: randomInit(random, [1], 0.01) },
        nodes: [
          ['Transpose', ['x'], ['t'], { perm: [1, 0, 2] }],
          ['Scan', ['start', 't'], ['end', 'seen'], { body, num_scan_inputs: 1, scan_input_directions: [backwards], scan_output_directions: [backwards], scan_output_axes: [1] }],
          ['Flatten', ['seen'], ['flat'], { axis: 1 }], ['Concat', ['end', 'flat'], ['y'], { axis: 1 }],
        ],
      });
      await check(model, random, `Scan ${backwards}`);
    }
  });

  for (const opType of ['LSTM', 'GRU', 'RNN'] as const) {
    it(`${opType} over sequences of their own lengths, clipped`, async () => {
      const random = new Random(11);
      for (const direction of ['forward', 'reverse', 'bidirectional']) {
        for (const clip of [undefined, 0.6]) {
          const attributes = { direction, ...(clip === undefined ? {} : { clip: { float: clip } }) };
          const model = recurrent(opType, random, attributes, true);
          const inputs = (list: readonly string[]): string[] => list.map((name, index) => (index === 4 ? 'lengths' : name));
          const nodes = model.graph.nodes.map((item) => (item.opType === opType ? { ...item, inputs: inputs(item.inputs) } : item));
          const initializers = new Map([...model.graph.initializers, ['lengths', init([batch], [steps, 2], 'int32')] as const]);
          await check({ ...model, graph: { ...model.graph, nodes, initializers } }, random, `${direction}, clip ${clip}`, clip && 3e-4);
        }
      }
    });
  }

  it('LSTM with peepholes, and with coupled gates', async () => {
    const random = new Random(12);
    for (const input_forget of [0, 1]) {
      const model = recurrent('LSTM', random, { direction: 'bidirectional', input_forget }, true);
      const nodes = model.graph.nodes.map((item) => (item.opType === 'LSTM' ? { ...item, inputs: [...item.inputs, 'peepholes'] } : item));
      const initializers = new Map([...model.graph.initializers, ['peepholes', randomInit(random, [2, 3 * hidden])] as const]);
      await check({ ...model, graph: { ...model.graph, nodes, initializers } }, random, `coupled ${input_forget}`);
    }
  });

  it('a Loop that always runs its count, one that ends by its state, one without steps', async () => {
    const random = new Random(5);
    for (const [count, ends] of [[3, false], [4, true], [0, true]] as const) {
      // s' = tanh(s·m + i·a), while the sum of s stays below a limit
      const body: Graph = {
        name: 'body', valueInfo: new Map(), initializers: new Map([['half', init([], [0.5])]]),
        inputs: [valueInfo('i', 'int64', []), valueInfo('on', 'bool', []), valueInfo('s', 'float32', [batch, features])],
        outputs: [valueInfo('more', 'bool'), valueInfo('next', 'float32'), ...(ends ? [] : [valueInfo('shown', 'float32')])],
        nodes: ([
          ['Cast', ['i'], ['at'], { to: 1 }], ['Mul', ['at', 'half'], ['step']], ['MatMul', ['s', 'm'], ['sm']], ['Add', ['sm', 'step'], ['sum']], ['Tanh', ['sum'], ['next']],
          ...(ends ? [['ReduceSum', ['next'], ['all'], { keepdims: 0 }], ['Less', ['all', 'limit'], ['more']]] : [['Identity', ['on'], ['more']], ['Mul', ['next', 'next'], ['shown']]]) as NodeLine[],
        ] satisfies NodeLine[]).map(node),
      };
      const model = tiny({
        inputs: { x: ['float32', [batch, features]] }, outputs: { y: 'float32' },
        initializers: { m: randomInit(random, [features, features]), count: init([], [count], 'int64'), yes: init([], [1], 'bool'), limit: init([], [0.4]) },
        nodes: [
          ['Loop', ['count', 'yes', 'x'], ends ? ['last'] : ['last', 'seen'], { body }],
          ...(ends ? [['Identity', ['last'], ['y']]] : [['Transpose', ['seen'], ['swapped'], { perm: [1, 0, 2] }], ['Flatten', ['swapped'], ['flat'], { axis: 1 }], ['Concat', ['last', 'flat'], ['y'], { axis: 1 }]]) as NodeLine[],
        ],
      });
      await check(model, random, `Loop of ${count}, ends ${ends}`, 1e-3);
    }
  });

  it('an If whose condition depends on the input', async () => {
    const random = new Random(6);
    const branch = (name: string, nodes: NodeLine[]): Graph => ({ name, valueInfo: new Map(), initializers: new Map([['w', randomInit(random, [features, features])]]), inputs: [], outputs: [valueInfo(`${name}Out`, 'float32')], nodes: nodes.map(node) });
    const model = tiny({
      inputs: { x: ['float32', [batch, features]] }, outputs: { y: 'float32' }, initializers: { zero: init([], [0]) },
      nodes: [
        ['ReduceSum', ['x'], ['all'], { keepdims: 0 }], ['Greater', ['all', 'zero'], ['positive']],
        ['If', ['positive'], ['y'], { then_branch: branch('then', [['MatMul', ['x', 'w'], ['a']], ['Tanh', ['a'], ['thenOut']]]), else_branch: branch('else', [['MatMul', ['x', 'w'], ['b']], ['Exp', ['b'], ['elseOut']]]) }],
      ],
    });
    for (let round = 0; round < 4; round++) await checkWrittenOut(model, random, { what: 'If', gone: ['If'] });
  });

  it('what cannot be written out is named', () => {
    const random = new Random(1);
    const model = recurrent('LSTM', random, { activations: { strings: ['Sigmoid', 'Tanh', 'Unheard'] } }, false);
    assert.throws(() => buildGradientModel({ model, inputDims: { x: [batch, steps, features] }, target: { output: 'y', space: 'output' }, wrt: ['x'] }),
      /LSTM 'LSTM_all': gradients of recurrent layers need a number of steps that is known/);
  });
});
