/** Functions on every element alike, by the last part of their TensorFlow or keras.ops name. */
import type { DType } from '../../../tensor/dtype';
import type { Flow } from '../../translate/emitter';
import { isActivation } from '../activations';
import type { OpCall } from './lambdaOpsCall';

export type OpRow = (call: OpCall) => Flow | readonly Flow[];
export type OpRows = Readonly<Record<string, OpRow>>;

export const operand = ['x', 'input', 'tensor', 'value', 'features', 'logits', 'input_tensor', 't', 'images', 'a', 'params', 'inputs', 'values'] as const;

function unary(op: string, makesFloat = false): OpRow {
  return (call) => {
    const x = call.flow(operand, 0);
    return call.one(op, [makesFloat ? call.float(x) : x]);
  };
}

function binary(op: string, makesFloat = false): OpRow {
  return (call) => {
    const [a, b] = call.operands();
    return call.one(op, makesFloat ? [call.float(a), call.float(b)] : [a, b]);
  };
}

/** The operands the other way round: what Python calls for `1 - x`. */
function reflected(op: string): OpRow {
  return (call) => {
    const [a, b] = call.operands();
    return call.one(op, [b, a]);
  };
}

/** One of Keras' activations, with the parameters it takes. */
function activation(name: string, parameters: readonly string[] = []): OpRow {
  return (call) => {
    const config = Object.fromEntries(parameters.map((parameter, index) => [parameter, call.argument(parameter, index + 1)]));
    return call.layer.activation(call.float(call.flow(operand, 0)), { class_name: name, config });
  };
}

const dtypes: ReadonlyMap<string, DType> = new Map<string, DType>([
  ['float16', 'float32'], ['bfloat16', 'float32'], ['float32', 'float32'], ['float64', 'float32'], ['half', 'float32'], ['double', 'float32'],
  ['bool', 'bool'], ...['int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64'].map((name): [string, DType] => [name, 'int32']),
]);

/** Floats of any width become float32, whole numbers int32: the types the rest of a translated model has. */
export function dtypeNamed(call: OpCall, name: unknown): DType {
  const plain = typeof name === 'string' ? name.replace(/^.*[.:' ](?=\w+'?>?$)/, '').replace(/[^\w]/g, '') : '';
  return dtypes.get(plain) ?? call.fail(`casts to the type ${JSON.stringify(name)}, which is not known`);
}

function clip(call: OpCall): Flow {
  const x = call.flow(operand, 0);
  const bound = (names: readonly string[], position: number): Flow => {
    const flow = call.asFlow(call.argument(names, position) ?? call.fail(`lacks its argument '${names[0]!}'`), call.e.dtype(x));
    return call.cast(flow, call.e.dtype(x));
  };
  const low = bound(['clip_value_min', 'x_min', 'min'], 1), high = bound(['clip_value_max', 'x_max', 'max'], 2);
  return call.one('Minimum', [call.one('Maximum', [x, low]), high]);
}

function where(call: OpCall): Flow {
  const condition = call.flow(['condition', 'x'], 0);
  if (call.argument(['x', 'x1'], 1) === undefined) return call.one('Where', [condition]);
  const [a, b] = call.operands(['x', 'x1'], ['y', 'x2'], 1);
  return call.one('SelectV2', [call.cast(condition, 'bool'), a, b]);
}

function addN(call: OpCall): Flow {
  return call.one('AddN', call.list('inputs'));
}

/** A constant for every element of x. */
function like(value: number | undefined): OpRow {
  return (call) => {
    const x = call.flow(operand, 0);
    const dtype = call.argument('dtype', 2) === undefined ? call.e.dtype(x) : dtypeNamed(call, call.argument('dtype', 2));
    const fill = value ?? call.number('fill_value', 1);
    return call.one('Fill', [call.one('Shape', [x]), call.asFlow(fill, dtype)]);
  };
}

const named: Readonly<Record<string, OpRow>> = {
  cast: (call) => call.cast(call.flow(operand, 0), dtypeNamed(call, call.argument('dtype', 1))),
  clip, clip_by_value: clip, where, add_n: addN,
  zeros_like: like(0), ones_like: like(1), full_like: like(undefined),
  bias_add: (call) => call.one('BiasAdd', [call.flow(['value', 'x'], 0), call.flow('bias', 1, 'float32')], { data_format: { s: Buffer.from(call.text('data_format', 2, 'NHWC')).toString('base64') } }),
  sigmoid: activation('sigmoid'), relu: activation('relu', ['negative_slope', 'max_value', 'threshold']), softmax: activation('softmax', ['axis']), log_softmax: activation('log_softmax', ['axis']),
  leaky_relu: activation('leaky_relu', ['alpha', 'negative_slope']), gelu: activation('gelu', ['approximate']), silu: activation('silu'), swish: activation('silu'),
  elu: activation('elu', ['alpha']), celu: activation('celu', ['alpha']),
};

const unaries: Readonly<Record<string, string>> = {
  identity: 'Identity', stop_gradient: 'Identity', copy: 'Identity', convert_to_tensor: 'Identity', ensure_shape: 'Identity', abs: 'Abs', absolute: 'Abs',
  negative: 'Neg', neg: 'Neg', sign: 'Sign', square: 'Square', ceil: 'Ceil', floor: 'Floor', round: 'Round', rint: 'Rint', logical_not: 'LogicalNot',
  is_nan: 'IsNan', isnan: 'IsNan', is_inf: 'IsInf', isinf: 'IsInf', is_finite: 'IsFinite', isfinite: 'IsFinite',
};
const floatUnaries: Readonly<Record<string, string>> = {
  exp: 'Exp', expm1: 'Expm1', log: 'Log', log1p: 'Log1p', sqrt: 'Sqrt', rsqrt: 'Rsqrt', reciprocal: 'Reciprocal', erf: 'Erf', erfc: 'Erfc',
  sin: 'Sin', cos: 'Cos', tan: 'Tan', asin: 'Asin', arcsin: 'Asin', acos: 'Acos', arccos: 'Acos', atan: 'Atan', arctan: 'Atan',
  sinh: 'Sinh', cosh: 'Cosh', tanh: 'Tanh', asinh: 'Asinh', arcsinh: 'Asinh', acosh: 'Acosh', arccosh: 'Acosh', atanh: 'Atanh', arctanh: 'Atanh',
};
const binaries: Readonly<Record<string, string>> = {
  add: 'AddV2', subtract: 'Sub', sub: 'Sub', multiply: 'Mul', mul: 'Mul', floordiv: 'FloorDiv', floor_divide: 'FloorDiv', mod: 'FloorMod', floormod: 'FloorMod', remainder: 'FloorMod',
  pow: 'Pow', power: 'Pow', maximum: 'Maximum', minimum: 'Minimum', squared_difference: 'SquaredDifference',
  equal: 'Equal', eq: 'Equal', not_equal: 'NotEqual', ne: 'NotEqual', greater: 'Greater', gt: 'Greater', greater_equal: 'GreaterEqual', ge: 'GreaterEqual',
  less: 'Less', lt: 'Less', less_equal: 'LessEqual', le: 'LessEqual',
  logical_and: 'LogicalAnd', and: 'LogicalAnd', logical_or: 'LogicalOr', or: 'LogicalOr', logical_xor: 'LogicalXor', xor: 'LogicalXor',
};
const floatBinaries: Readonly<Record<string, string>> = {
  divide: 'RealDiv', truediv: 'RealDiv', true_divide: 'RealDiv', div: 'RealDiv', divide_no_nan: 'DivNoNan', atan2: 'Atan2', arctan2: 'Atan2',
};
const reflections: Readonly<Record<string, string>> = {
  radd: 'AddV2', rsub: 'Sub', rmul: 'Mul', rtruediv: 'RealDiv', rdiv: 'RealDiv', rpow: 'Pow', rfloordiv: 'FloorDiv', rmod: 'FloorMod', rand: 'LogicalAnd', ror: 'LogicalOr',
};

function rows(names: Readonly<Record<string, string>>, row: (op: string) => OpRow): OpRows {
  return Object.fromEntries(Object.entries(names).map(([name, op]) => [name, row(op)]));
}

const tables: OpRows = {
  ...rows(unaries, (op) => unary(op)), ...rows(floatUnaries, (op) => unary(op, true)), ...rows(binaries, (op) => binary(op)),
  ...rows(floatBinaries, (op) => binary(op, true)), ...rows(reflections, reflected), ...named,
};

export function elementwiseRow(name: string): OpRow | undefined {
  if (Object.hasOwn(tables, name)) return tables[name];
  return isActivation(name) ? activation(name) : undefined;
}
