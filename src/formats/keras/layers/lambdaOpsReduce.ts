/** Reductions and products, by the last part of their TensorFlow or keras.ops name. */
import type { Flow } from '../../translate/emitter';
import { dimsOf } from '../layer';
import type { OpCall } from './lambdaOpsCall';
import { operand, type OpRow, type OpRows } from './lambdaOpsElementwise';

function over(call: OpCall, op: string, x: Flow, keep: boolean): Flow {
  const axes = call.ints(['axis', 'axes'], 1);
  return call.one(op, axes ? [x, call.ints32(axes)] : [x], { keep_dims: { b: keep } });
}

const keeps = (call: OpCall): boolean => call.bool(['keepdims', 'keep_dims'], 2);

function reduction(op: string, makesFloat = false): OpRow {
  return (call) => {
    const x = call.flow(operand, 0);
    return over(call, op, makesFloat ? call.float(x) : x, keeps(call));
  };
}

/** mean((x − mean(x))²) */
function variance(call: OpCall, x: Flow, keep: boolean): Flow {
  return over(call, 'Mean', call.one('SquaredDifference', [x, over(call, 'Mean', x, true)]), keep);
}

/** max + log Σ exp(x − max) */
function logSumExp(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const top = over(call, 'Max', x, true);
  const sum = over(call, 'Sum', call.one('Exp', [call.one('Sub', [x, top])]), keeps(call));
  return call.one('AddV2', [call.one('Log', [sum]), keeps(call) ? top : over(call, 'Max', x, false)]);
}

/** x / √max(Σx², ε) */
function l2Normalize(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const axes = call.ints(['axis', 'dim'], 1) ?? (call.isOperation ? [-1] : undefined);
  if (call.isOperation && call.int('order', 2, 2) !== 2) call.fail('normalises by another norm than the Euclidean');
  const square = call.one('Square', [x]);
  const sum = call.one('Sum', axes ? [square, call.ints32(axes)] : [square], { keep_dims: { b: true } });
  const epsilon = call.number('epsilon', call.isOperation ? 3 : 2, 1e-12);
  return call.one('Mul', [x, call.one('Rsqrt', [call.one('Maximum', [sum, call.asFlow(call.isOperation ? epsilon * epsilon : epsilon, 'float32')])])]);
}

function norm(call: OpCall): Flow {
  const x = call.float(call.flow(operand, 0));
  const ord = call.argument('ord', 1) ?? 'euclidean';
  const axes = call.ints('axis', 2);
  const keep = call.bool('keepdims', 3);
  const reduce = (op: string, value: Flow): Flow => call.one(op, axes ? [value, call.ints32(axes)] : [value], { keep_dims: { b: keep } });
  if (ord === 'euclidean' || ord === 'fro' || ord === 2) return reduce('EuclideanNorm', x);
  if (ord === 1) return reduce('Sum', call.one('Abs', [x]));
  return call.fail(`is a norm of order ${JSON.stringify(ord)}, where 1 and 2 are translated`);
}

function matMul(call: OpCall): Flow {
  const [a, b] = call.operands();
  const flag = (names: readonly string[], position: number): { b: boolean } => ({ b: !call.isOperation && call.bool(names, position) });
  return call.one('BatchMatMulV2', [a, b], { adj_x: flag(['transpose_a', 'adjoint_a'], 2), adj_y: flag(['transpose_b', 'adjoint_b'], 3) });
}

function dot(call: OpCall): Flow {
  const [a, b] = call.operands();
  const [rankA, rankB] = [call.rank(a), call.rank(b)];
  if (rankA === 0 || rankB === 0) return call.one('Mul', [a, b]);
  if (rankB > 2) return call.fail('multiplies by a value of more than two axes');
  return call.one('BatchMatMulV2', rankB === 2 ? [a, b] : [a, b]);
}

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Contracts axes of a with axes of b, by einsum. */
function tensorDot(call: OpCall): Flow {
  const [a, b] = call.operands();
  const [rankA, rankB] = [call.rank(a), call.rank(b)];
  const given = call.argument('axes', 2) ?? 2;
  const pairs = Array.isArray(given) ? given.map((item: unknown) => (Array.isArray(item) ? item : [item]) as number[]) : undefined;
  const count = typeof given === 'number' ? given : 0;
  const axesA = (pairs?.[0] ?? Array.from({ length: count }, (_, axis) => rankA - count + axis)).map((axis) => (axis < 0 ? axis + rankA : axis));
  const axesB = (pairs?.[1] ?? Array.from({ length: count }, (_, axis) => axis)).map((axis) => (axis < 0 ? axis + rankB : axis));
  if (rankA + rankB > letters.length) call.fail('has too many axes');
  const termA = Array.from({ length: rankA }, (_, axis) => letters[axis]!);
  const termB = Array.from({ length: rankB }, (_, axis) => (axesB.includes(axis) ? termA[axesA[axesB.indexOf(axis)]!]! : letters[rankA + axis]!));
  const rest = [...termA.filter((_, axis) => !axesA.includes(axis)), ...termB.filter((_, axis) => !axesB.includes(axis))];
  return einsum(call, `${termA.join('')},${termB.join('')}->${rest.join('')}`, [a, b]);
}

function einsum(call: OpCall, equation: string, flows: readonly Flow[]): Flow {
  return call.one('Einsum', flows, { equation: { s: Buffer.from(equation).toString('base64') } });
}

function einsumCall(call: OpCall): Flow {
  const equation = call.text(['equation', 'subscripts'], 0);
  const tensors = call.isOperation || call.layer.kwargs.has('equation') ? call.layer.args : call.layer.args.slice(1);
  return einsum(call, equation, tensors.map((item) => call.asFlow(item)));
}

function argument(op: 'ArgMax' | 'ArgMin'): OpRow {
  return (call) => {
    const x = call.flow(operand, 0);
    const axis = call.ints(['axis', 'dimension'], 1)?.[0];
    if (axis === undefined && call.isOperation) return call.one(op, [call.one('Reshape', [x, call.ints32([-1])]), call.int32(0)]);
    const found = call.one(op, [x, call.int32(axis ?? 0)]);
    if (!call.bool('keepdims', 2) || !call.isOperation) return found;
    return call.one('ExpandDims', [found, call.int32((axis ?? 0) < 0 ? (axis ?? 0) + call.rank(x) : axis ?? 0)]);
  };
}

function moments(call: OpCall): Flow[] {
  const x = call.flow(operand, 0);
  const keep = call.bool('keepdims', call.isOperation ? 2 : 3);
  return [over(call, 'Mean', x, keep), variance(call, x, keep)];
}

/** Sizes of a pooling window as TensorFlow's ops want them: one for each axis. */
function pooling(op: 'MaxPool' | 'AvgPool'): OpRow {
  return (call) => {
    const x = call.flow(operand, 0);
    const rank = dimsOf(call.layer, x).length;
    if (rank !== 4) return call.fail(`pools a value of rank ${rank}, where pictures [batch, rows, columns, channels] are translated`);
    const four = (values: readonly number[]): { list: { i: readonly number[] } } =>
      ({ list: { i: values.length === 4 ? values : values.length === 1 ? [1, values[0]!, values[0]!, 1] : [1, ...values, 1] } });
    const size = call.ints(['ksize', 'pool_size'], 1) ?? call.fail('is told no window');
    const strides = call.ints('strides', 2) ?? size;
    const format = call.text('data_format', 4, 'NHWC');
    if (format === 'NCHW' || format === 'channels_first') return call.fail('pools channels first');
    return call.one(op, [x], { ksize: four(size), strides: four(strides), padding: { s: Buffer.from(call.text('padding', 3, 'VALID').toUpperCase()).toString('base64') } });
  };
}

export const reduceRows: OpRows = {
  reduce_sum: reduction('Sum'), sum: reduction('Sum'), reduce_mean: reduction('Mean', true), mean: reduction('Mean', true), average: reduction('Mean', true),
  reduce_max: reduction('Max'), max: reduction('Max'), amax: reduction('Max'), reduce_min: reduction('Min'), min: reduction('Min'), amin: reduction('Min'),
  reduce_prod: reduction('Prod'), prod: reduction('Prod'), reduce_any: reduction('Any'), any: reduction('Any'), reduce_all: reduction('All'), all: reduction('All'),
  reduce_euclidean_norm: reduction('EuclideanNorm', true),
  reduce_variance: (call) => variance(call, call.float(call.flow(operand, 0)), keeps(call)), var: (call) => variance(call, call.float(call.flow(operand, 0)), keeps(call)),
  reduce_std: (call) => call.one('Sqrt', [variance(call, call.float(call.flow(operand, 0)), keeps(call))]), std: (call) => call.one('Sqrt', [variance(call, call.float(call.flow(operand, 0)), keeps(call))]),
  reduce_logsumexp: logSumExp, logsumexp: logSumExp, l2_normalize: l2Normalize, normalize: l2Normalize, norm, moments,
  matmul: matMul, dot, tensordot: tensorDot, einsum: einsumCall, argmax: argument('ArgMax'), argmin: argument('ArgMin'),
  top_k: (call) => call.tf('TopKV2', [call.flow(operand, 0), call.int32(call.int('k', 1, 1))]),
  cumsum: (call) => call.one('Cumsum', [call.flow(operand, 0), call.int32(call.int('axis', 1, 0))], { exclusive: { b: call.bool('exclusive', 2) }, reverse: { b: call.bool('reverse', 3) } }),
  max_pool: pooling('MaxPool'), max_pool2d: pooling('MaxPool'), avg_pool: pooling('AvgPool'), avg_pool2d: pooling('AvgPool'), average_pool: pooling('AvgPool'),
};
