import assert from 'node:assert/strict';
import { reductionRules } from '../../../src/autodiff/rules/reduction';
import { checkRule, vjpOf, type InputSpec } from './checkRule';
import type { Random } from './random';

const rules = reductionRules;

/** A reduction over random axes, given as the opset wants them; now and then over all axes, or by negative numbers. */
function reduceCase(random: Random, opType: string, x: (dims: number[]) => NonNullable<InputSpec>) {
  const rank = random.int(1, 4), dims = random.dims(rank), opset = random.pick([13, 18, 20]);
  const axes = random.shuffle(Array.from({ length: rank }, (_, axis) => axis)).slice(0, random.int(0, rank)).map((axis) => (random.bool() ? axis : axis - rank));
  const asInput = opset >= (opType === 'ReduceSum' ? 13 : 18), keepdims = random.int(0, 1);
  const attributes: Record<string, number | number[]> = { keepdims };
  const inputs: InputSpec[] = [x(dims)];
  if (axes.length > 0 && asInput) inputs.push({ dims: [axes.length], constant: axes, dtype: 'int64' });
  if (axes.length > 0 && !asInput) attributes.axes = axes;
  return { rules, opType, attributes, inputs, opset };
}

describe('autodiff: reduction rules', () => {
  const ranges: Record<string, { range: [number, number]; avoid?: number[] }> = {
    ReduceSum: { range: [-2, 2] }, ReduceMean: { range: [-2, 2] }, ReduceProd: { range: [-2, 2] }, ReduceL1: { range: [-2, 2], avoid: [0] },
    ReduceL2: { range: [-2, 2] }, ReduceSumSquare: { range: [-2, 2] }, ReduceLogSum: { range: [0.3, 2] }, ReduceLogSumExp: { range: [-2, 2] },
  };
  for (const [opType, range] of Object.entries(ranges)) {
    it(opType, () => checkRule((random) => reduceCase(random, opType, (dims) => ({ dims, ...range })), 10));
  }
  for (const opType of ['ReduceMax', 'ReduceMin']) {
    it(opType, () => checkRule((random) => reduceCase(random, opType, (dims) => ({ dims, distinct: true })), 10));
    it(`${opType} shares a tie evenly`, async () => {
      const [x] = await vjpOf({ rules, opType, attributes: { axes: [1], keepdims: 0 }, inputs: [{ dims: [2, 3], values: [1, 1, 1, 4, opType === 'ReduceMax' ? 3 : 5, 4] }] });
      assert.deepEqual(x!.data.map((value) => Math.round(value * 1e4) / 1e4), [0.3333, 0.3333, 0.3333, 0.5, 0, 0.5]);
    });
  }
  it('no axes and noop_with_empty_axes leaves everything as it is', () => checkRule((random) => ({
    rules, opType: 'ReduceSum', attributes: { noop_with_empty_axes: 1 }, inputs: [{ dims: random.dims(3) }],
  })));
  it('ReduceProd with zeros gives the product of the others', async () => {
    const [x] = await vjpOf({ rules, opType: 'ReduceProd', attributes: { axes: [1] }, inputs: [{ dims: [3, 3], values: [2, 3, 4, 0, 3, 4, 0, 0, 4] }] });
    assert.deepEqual(x!.data, [12, 8, 6, 12, 0, 0, 0, 0, 0]);
  });
  it('ReduceL2 of zeros has no slope', async () => {
    const [x] = await vjpOf({ rules, opType: 'ReduceL2', attributes: { axes: [1] }, inputs: [{ dims: [2, 2], values: [0, 0, 3, 4] }] });
    assert.deepEqual(x!.data.map((value) => Math.round(value * 1e5) / 1e5), [0, 0, 0.6, 0.8]);
  });
  it('axes that are computed are refused by name', async () => {
    await assert.rejects(vjpOf({ rules, opType: 'ReduceSum', inputs: [{ dims: [2, 2] }, { dims: [1], fed: [1], dtype: 'int64' }], wrt: [0] }), /ReduceSum 'underTest': its axes are computed/);
  });
  it('CumSum in all four directions', () => checkRule((random) => ({
    rules, opType: 'CumSum', opset: random.pick([13, 14]), attributes: { exclusive: random.int(0, 1), reverse: random.int(0, 1) },
    inputs: [{ dims: random.dims(3) }, { dims: [], constant: [random.int(-3, 2)], dtype: 'int64' }],
  }), 12));
});
