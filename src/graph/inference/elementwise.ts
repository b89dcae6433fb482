/** Elementwise ops: unary, binary and variadic with broadcasting, comparisons, casts, selections. */
import type { DType } from '../../tensor/dtype';
import { attrString } from '../graph';
import type { InferRule, InferTable, OpContext, Outputs } from './context';
import { sameRule, tensor } from './context';
import type { Data, Item } from './data';
import { forEachIndex, makeData, maxItems, positionIn } from './data';
import { add, allNumbers, broadcast, divideExact, multiply } from './dims';
import { elementType, elementTypeByName, isInteger } from './elementTypes';
import { elementCount } from '../../tensor/tensor';

/** The first output has the first input's type. */
export const likeInput: InferRule = (c) => [tensor(c.dtype(0), c.dims(0))];

export function likeInputAs(dtype: DType): InferRule {
  return (c) => [tensor(dtype, c.dims(0))];
}

/** Applies `fn` elementwise over the broadcast of small known tensors. */
function evaluate(c: OpContext, dtype: DType, fn: (items: readonly Item[]) => Item): Data | undefined {
  const operands: Data[] = [];
  for (let index = 0; index < c.node.inputs.length; index++) {
    const data = c.data(index);
    if (data === undefined) return undefined;
    operands.push(data);
  }
  const dims = broadcast(...operands.map((operand) => operand.dims));
  if (!allNumbers(dims) || elementCount(dims) > maxItems) return undefined;
  const items: Item[] = [];
  forEachIndex(dims, (index) => { items.push(fn(operands.map((operand) => operand.items[positionIn(operand.dims, index)]!))); });
  return makeData(dtype, dims, items);
}

/** A unary op; `fn` says what it does to a number, `symbol` what it does to a symbolic dim (a non-negative integer). */
function unary(fn?: (x: number) => number, symbol: (x: string) => Item = () => null): InferRule {
  return (c) => {
    const dtype = c.dtype(0);
    const data = fn && evaluate(c, dtype, ([x]) => typeof x === 'number' ? fn(x) : typeof x === 'string' ? symbol(x) : null);
    return [tensor(dtype, c.dims(0), data)];
  };
}

const keep = (x: string): Item => x;

/** Dims of a binary op. Before opset 7 the second operand was broadcast to the first by attributes. */
function binaryDims(c: OpContext): readonly (number | string | null)[] | undefined {
  if (c.node.domain === '' && c.opset < 7) return c.dims(0) ?? (c.int('broadcast', 0) === 0 ? c.dims(1) : undefined);
  return broadcast(c.dims(0), c.dims(1));
}

function known(c: OpContext): DType {
  for (let index = 0; index < c.node.inputs.length; index++) if (c.dtype(index) !== 'undefined') return c.dtype(index);
  return 'undefined';
}

type Binary = (a: Item, b: Item, dtype: DType) => Item;

function numeric(fn: (a: number, b: number, dtype: DType) => number, symbolic: Binary = () => null): Binary {
  return (a, b, dtype) => typeof a === 'number' && typeof b === 'number' ? fn(a, b, dtype) : symbolic(a, b, dtype);
}

function arithmetic(fn: Binary): InferRule {
  return (c) => {
    const dtype = c.node.opType === 'Pow' ? c.dtype(0) : known(c);
    return [tensor(dtype, binaryDims(c), evaluate(c, dtype, ([a, b]) => fn(a!, b!, dtype)))];
  };
}

function comparison(fn?: Binary): InferRule {
  return (c) => [tensor('bool', binaryDims(c), fn && evaluate(c, 'bool', ([a, b]) => fn(a!, b!, 'bool')))];
}

/** Symbolic dims are at least 0, which decides comparisons with negative numbers. */
const isDim = (item: Item): boolean => typeof item === 'string';
const negative = (item: Item): boolean => typeof item === 'number' && item < 0;
const truth = (value: boolean): number => value ? 1 : 0;

const equal: Binary = numeric((a, b) => truth(a === b), (a, b) =>
  a === null || b === null ? null : a === b ? 1 : (isDim(a) && negative(b)) || (isDim(b) && negative(a)) ? 0 : null);

/** a < b; `orEqual` also for equal ones. */
const less = (orEqual: boolean): Binary => numeric((a, b) => truth(orEqual ? a <= b : a < b), (a, b) =>
  a !== null && a === b ? truth(orEqual) : isDim(a) && negative(b) ? 0 : isDim(b) && negative(a) ? 1 : null);

const logical = (fn: (a: boolean, b: boolean) => boolean): Binary => numeric((a, b) => truth(fn(a !== 0, b !== 0)));

function variadic(fn?: (items: readonly Item[]) => Item): InferRule {
  return (c) => {
    const dtype = known(c);
    return [tensor(dtype, broadcast(...c.node.inputs.map((_, index) => c.dims(index))), fn && evaluate(c, dtype, fn))];
  };
}

function extreme(fn: (...values: number[]) => number, symbol: (name: string, others: readonly Item[]) => Item): (items: readonly Item[]) => Item {
  return (items) => {
    const numbers = items.filter((item) => typeof item === 'number');
    if (numbers.length === items.length) return fn(...numbers);
    const name = items.find(isDim);
    return typeof name === 'string' ? symbol(name, items) : null;
  };
}

/** Integer division truncates; of dims only the exact one is known. */
const divide: Binary = numeric((a, b, dtype) => isInteger(dtype) ? (b === 0 ? NaN : Math.trunc(a / b)) : a / b, (a, b) => divideExact(a, b));

function cast(to: (c: OpContext) => DType): InferRule {
  return (c) => {
    const dtype = to(c);
    const data = c.data(0);
    const numericTarget = isInteger(dtype) || dtype.startsWith('float') || dtype === 'bfloat16';
    return [tensor(dtype, c.dims(0), data && numericTarget ? makeData(dtype, data.dims, data.items) : undefined)];
  };
}

const clip: InferRule = (c) => {
  const data = c.data(0);
  const low = c.opset < 11 ? c.float('min', -Infinity) : c.has(1) ? c.numbers(1)?.[0] : -Infinity;
  const high = c.opset < 11 ? c.float('max', Infinity) : c.has(2) ? c.numbers(2)?.[0] : Infinity;
  const clipped = data && low !== undefined && high !== undefined
    ? makeData(data.dtype, data.dims, data.items.map((item) => typeof item === 'number' ? Math.min(Math.max(item, low), high) : low <= 0 && high === Infinity ? item : null))
    : undefined;
  return [tensor(c.dtype(0), c.dims(0), clipped)];
};

const where: InferRule = (c) => {
  const dtype = c.dtype(1) === 'undefined' ? c.dtype(2) : c.dtype(1);
  const data = evaluate(c, dtype, ([condition, x, y]) => condition === 1 ? x! : condition === 0 ? y! : x === y ? x! : null);
  return [tensor(dtype, broadcast(c.dims(0), c.dims(1), c.dims(2)), data)];
};

/** Random ops and the like: the input's dims, the dtype of an attribute. */
const likeInputOfDtype: InferRule = (c) => {
  const dtype = c.optionalInt('dtype');
  return [tensor(dtype === undefined ? c.dtype(0) : elementType(dtype), c.dims(0))];
};

const dropout: InferRule = (c): Outputs => {
  const maskDtype = c.opset >= 10 ? 'bool' : c.dtype(0);
  return [tensor(c.dtype(0), c.dims(0), c.data(0)), tensor(maskDtype, c.dims(0))];
};

function even(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

export const elementwiseRules: InferTable = {
  ...sameRule(likeInput,
    'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Sin', 'Sinh', 'Tan', 'Tanh', 'Erf', 'Sigmoid', 'Relu',
    'LeakyRelu', 'Elu', 'Celu', 'Selu', 'Gelu', 'Mish', 'Swish', 'HardSigmoid', 'HardSwish', 'Softplus', 'Softsign', 'ThresholdedRelu',
    'Shrink', 'PRelu', 'BitwiseNot', 'ParametricSoftplus', 'ScaledTanh', 'Affine', 'ImageScaler', 'Scale', 'CumProd',
    'Softmax', 'LogSoftmax', 'Hardmax', 'Scaler', 'Trilu', 'ReverseSequence'),
  ...sameRule(likeInputOfDtype, 'Bernoulli', 'RandomNormalLike', 'RandomUniformLike', 'EyeLike'),
  IsNaN: likeInputAs('bool'), IsInf: likeInputAs('bool'), RegexFullMatch: likeInputAs('bool'),
  Identity: (c) => [c.value(0)],
  Abs: unary(Math.abs, keep), Neg: unary((x) => -x), Floor: unary(Math.floor, keep), Ceil: unary(Math.ceil, keep), Round: unary(even, keep),
  Sqrt: unary(Math.sqrt), Exp: unary(Math.exp), Log: unary(Math.log), Reciprocal: unary((x) => 1 / x), Sign: unary(Math.sign),
  Not: unary((x) => truth(x === 0)),
  Add: arithmetic(numeric((a, b) => a + b, add)),
  Sub: arithmetic(numeric((a, b) => a - b, (a, b) => b === 0 ? a : a !== null && a === b ? 0 : null)),
  Mul: arithmetic(numeric((a, b) => a * b, multiply)),
  Div: arithmetic(divide),
  Mod: arithmetic(numeric((a, b) => b === 0 ? NaN : a - b * Math.floor(a / b))),
  Pow: arithmetic(numeric((a, b) => a ** b, (a, b) => b === 1 ? a : null)),
  ...sameRule(arithmetic(() => null), 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor', 'BitShift', 'StringConcat', 'SwiGLU'),
  Equal: comparison(equal),
  Less: comparison(less(false)), LessOrEqual: comparison(less(true)),
  Greater: comparison((a, b, dtype) => less(false)(b, a, dtype)), GreaterOrEqual: comparison((a, b, dtype) => less(true)(b, a, dtype)),
  And: comparison(logical((a, b) => a && b)), Or: comparison(logical((a, b) => a || b)), Xor: comparison(logical((a, b) => a !== b)),
  Max: variadic(extreme(Math.max, (name, items) => items.every((item) => item === name || (typeof item === 'number' && item <= 0)) ? name : null)),
  Min: variadic(extreme(Math.min, (name, items) => items.every((item) => item === name) ? name : items.find(negative) ?? null)),
  Sum: variadic((items) => items.reduce<Item>((sum, item) => add(sum, item), 0)),
  Mean: variadic(),
  Cast: cast((c) => {
    const name = attrString(c.node, 'to', undefined);
    return name === undefined ? elementType(c.int('to', 0)) : elementTypeByName(name);
  }),
  CastLike: cast((c) => c.dtype(1)),
  BitCast: (c) => [tensor(elementType(c.int('to', 0)), c.dims(0))],
  Clip: clip,
  Where: where,
  Dropout: dropout,
};
