/** Cotangents of normalisations against central differences. */
import assert from 'node:assert/strict';
import { batchNormRules } from '../../../src/autodiff/rules/batchnorm';
import { convolutionRules } from '../../../src/autodiff/rules/convolution';
import { GraphBuilder } from '../../../src/graph/builder';
import { pullback } from '../../../src/autodiff/context';
import { toAttribute } from '../../../src/graph/builder';
import type { Node } from '../../../src/graph/graph';
import { checkRule, vjpOf } from './checkRule';
import { Random } from './random';
import { count, makeModel, openSession, runSession, valueInfo, type Values } from './runGraph';

describe('autodiff: normalisations', function () {
  this.timeout(120_000);
  for (const rank of [2, 3, 4, 5]) {
    it(`BatchNormalization of rank ${rank}, to all inputs`, () => checkRule((random) => {
      const channels = random.int(1, 4);
      return {
        rules: batchNormRules, opType: 'BatchNormalization', attributes: { epsilon: { float: 0.01 } },
        inputs: [{ dims: [random.int(1, 3), channels, ...random.dims(rank - 2, 4)] }, { dims: [channels] }, { dims: [channels] }, { dims: [channels] }, { dims: [channels], range: [0.3, 2] }],
        opset: random.pick([13, 15, 17]),
      };
    }));
  }
  for (const rank of [3, 4, 5]) {
    it(`InstanceNormalization of rank ${rank}`, () => checkRule((random) => {
      const channels = random.int(1, 4);
      return {
        rules: batchNormRules, opType: 'InstanceNormalization', attributes: { epsilon: { float: 0.01 } },
        inputs: [{ dims: [random.int(1, 2), channels, ...Array.from({ length: rank - 2 }, () => random.int(2, 4))] }, { dims: [channels] }, { dims: [channels] }],
      };
    }));
  }
  it('GroupNormalization, parameters per group (18) and per channel (21)', () => checkRule((random) => {
    const groups = random.int(1, 3), each = random.int(2, 3), opset = random.pick([18, 21]);
    // ONNX Runtime computes its statistics in float32 whatever the input's type.
    const parameters = { dims: [opset === 18 ? groups : groups * each] };
    return {
      rules: batchNormRules, opType: 'GroupNormalization', attributes: { num_groups: groups, epsilon: { float: 0.01 } },
      inputs: [{ dims: [2, groups * each, ...random.dims(2, 4)] }, parameters, parameters], opset, float32Only: true,
    };
  }, 10));
  it('LRN', () => checkRule((random) => ({
    rules: batchNormRules, opType: 'LRN', attributes: { size: random.pick([1, 3, 5, 7]), alpha: { float: 0.4 }, beta: { float: 0.6 }, bias: { float: 1.5 } },
    inputs: [{ dims: [2, random.int(1, 7), ...random.dims(2, 3)] }],
  }), 12));
  it('LpNormalization, p 1 and 2, any axis', () => checkRule((random) => ({
    rules: batchNormRules, opType: 'LpNormalization', attributes: { p: random.int(1, 2), axis: random.int(-3, 2) }, inputs: [{ dims: [3, 4, 2], avoid: [0] }],
  }), 12));
  it('LpNormalization of zeros has gradient zero', async () => {
    const [dx] = await vjpOf({ rules: batchNormRules, opType: 'LpNormalization', attributes: { axis: 1 }, inputs: [{ dims: [1, 3], values: [0, 0, 0] }] });
    assert.deepEqual(dx!.data, [0, 0, 0]);
  });
  it('MeanVarianceNormalization, over two sets of axes', () => checkRule((random) => ({
    rules: batchNormRules, opType: 'MeanVarianceNormalization', attributes: { axes: random.pick([[0, 2, 3], [1, 2, 3]]) }, inputs: [{ dims: [2, 3, 3, 4] }],
  }), 6));

  it('Conv followed by BatchNormalization: the scale moves into the kernel, and the gradient is the same', async () => {
    const random = new Random(7);
    const make = (dims: number[], low = -1, high = 1): Values => ({ dtype: 'float32', dims, data: Array.from({ length: count(dims) }, () => Math.fround(random.float(low, high))) });
    const x = make([2, 3, 7, 6]), w = make([4, 3, 3, 3]), scale = make([4]), bias = make([4]), mean = make([4]), variance = make([4], 0.5, 2), g = make([2, 4, 4, 3]);
    const conv: Node = { name: 'conv', opType: 'Conv', domain: '', inputs: ['x', 'w'], outputs: ['c'], attributes: new Map([['strides', toAttribute([2, 2])], ['pads', toAttribute([1, 1, 1, 1])]]) };
    const norm: Node = { name: 'bn', opType: 'BatchNormalization', domain: '', inputs: ['c', 's', 'b', 'm', 'v'], outputs: ['y'], attributes: new Map() };
    const values: Record<string, Values> = { x, w, c: g, s: scale, b: bias, m: mean, v: variance, y: g };
    const primals = { type: (name: string) => values[name], constant: () => undefined };
    const builder = new GraphBuilder(17);
    const [inner] = pullback(norm, batchNormRules.BatchNormalization!, ['g'], (index) => index === 0, primals, builder, 'cpu');
    const [dx] = pullback(conv, convolutionRules.Conv!, [inner], (index) => index === 0, primals, builder, 'cpu');
    assert.ok(!builder.nodes.some((node) => node.opType !== 'BatchNormalization' && node.inputs.includes(inner!)), 'nothing reads the scaled cotangent');
    const feeds = { g, w, s: scale, v: variance };
    const session = await openSession(makeModel({
      nodes: builder.nodes.filter((node) => !node.outputs.includes(inner!)), initializers: builder.initializers,
      inputs: Object.entries(feeds).map(([name, value]) => valueInfo(name, 'float32', value.dims)), outputs: [valueInfo(dx!, 'float32')],
    }, 17));
    const found = (await runSession(session, feeds))[dx!]!;
    await session.release();
    // The same without the note: scale the cotangent by hand, then the convolution's rule alone.
    const plain = new GraphBuilder(17);
    const [direct] = pullback(conv, convolutionRules.Conv!, ['g'], (index) => index === 0, primals, plain, 'cpu');
    const scaled = { ...g, data: g.data.map((value, index) => { const c = Math.floor(index / 12) % 4; return (value * scale.data[c]!) / Math.sqrt(variance.data[c]! + 1e-5); }) };
    const reference = await openSession(makeModel({
      nodes: plain.nodes, initializers: plain.initializers, inputs: [valueInfo('g', 'float32', g.dims), valueInfo('w', 'float32', w.dims)], outputs: [valueInfo(direct!, 'float32')],
    }, 17));
    const expected = (await runSession(reference, { g: scaled, w }))[direct!]!;
    await reference.release();
    found.data.forEach((value, index) => assert.ok(Math.abs(value - expected.data[index]!) < 1e-5, `element ${index}: ${value}, expected ${expected.data[index]}`));
  });
});
