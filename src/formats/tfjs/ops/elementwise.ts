/** Ops on every element alike: arithmetic, comparison, logic, activations. The layout stays as it is. */
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import { broadcast, toChannelsFirst } from '../layout';
import type { OpTable, OpTranslator, TfOp } from '../op';

function unary(opType: string, attributes?: Readonly<Record<string, AttributeInput>>): OpTranslator {
  return (op) => op.e.elementwise(opType, op.flow(0), attributes);
}

/** A formula on one input: gets and returns the name of a value of the same layout. */
function formula(of: (op: TfOp, x: string) => string): OpTranslator {
  return (op) => ({ value: of(op, op.flow(0).value), stored: op.flow(0).stored });
}

/** A formula on two inputs that broadcast. */
function binary(of: string | ((op: TfOp, a: string, b: string) => string)): OpTranslator {
  return (op) => {
    const { values: [a, b], stored } = broadcast(op, op.flows(0, 2));
    return { value: typeof of === 'string' ? op.e.op(of, [a!, b!]) : of(op, a!, b!), stored };
  };
}

const isInteger = (op: TfOp): boolean => op.dtype(0) === 'int32';

/** ⌊a / b⌋. Integer division of ONNX truncates, so that what Mod leaves is taken away first. */
function floorDiv(op: TfOp, a: string, b: string): string {
  return isInteger(op)
    ? op.e.op('Div', [op.e.op('Sub', [a, op.e.op('Mod', [a, b])]), b])
    : op.e.op('Floor', [op.e.op('Div', [a, b])]);
}

/** a - ⌊a / b⌋ · b, with the sign of b; ONNX's Mod does so for integers only. */
function floorMod(op: TfOp, a: string, b: string): string {
  return isInteger(op) ? op.e.op('Mod', [a, b]) : op.e.op('Sub', [a, op.e.op('Mul', [op.e.op('Floor', [op.e.op('Div', [a, b])]), b])]);
}

/** Bool operands of comparisons are compared as numbers: ONNX compares bools only for equality. */
function compared(opType: string): OpTranslator {
  return binary((op, a, b) => {
    if (op.dtype(0) === 'string') op.fail('ONNX Runtime compares no strings in this form');
    const isBool = op.dtype(0) === 'bool' && opType !== 'Equal';
    return op.e.op(opType, isBool ? [op.e.cast(a, 'int32'), op.e.cast(b, 'int32')] : [a, b]);
  });
}

/** The angle of (x, y), by quadrant: atan(y / x), plus or minus π where x is negative. */
function atan2(op: TfOp, y: string, x: string): string {
  const { e } = op;
  const zero = op.scalar(0, 'float32');
  const raw = e.op('Atan', [e.op('Div', [y, x])]);
  const half = e.op('Where', [e.op('Less', [y, zero]), op.scalar(-Math.PI, 'float32'), op.scalar(Math.PI, 'float32')]);
  const shifted = e.op('Where', [e.op('Less', [x, zero]), e.op('Add', [raw, half]), raw]);
  // 0 / 0 has no angle in the quotient; TensorFlow.js says 0 there.
  const bothZero = e.op('And', [e.op('Equal', [x, zero]), e.op('Equal', [y, zero])]);
  return e.op('Where', [bothZero, zero, shifted]);
}

function addN(op: TfOp): Flow {
  const flows = op.flows();
  if (flows.length === 1) return flows[0]!;
  const { values, stored } = broadcast(op, flows);
  return { value: values.slice(1).reduce((sum, value) => op.e.op('Add', [sum, value]), values[0]!), stored };
}

/** Slopes broadcast like any operand, but PRelu broadcasts one way only. */
export function prelu(op: TfOp, x: Flow, slope: Flow): Flow {
  const { values: [a, b], stored } = broadcast(op, [x, slope]);
  return { value: op.e.op('PRelu', [a!, b!]), stored };
}

/** Adds a [C] to the channels. */
export function biasAdd(op: TfOp, x: Flow, bias: Flow, channelsFirstData: boolean): Flow {
  const rank = op.e.dims(x)?.length;
  if (x.stored === 'natural' && channelsFirstData) {
    if (rank === undefined) op.fail('the rank of its input is not known');
    return { value: op.e.op('Add', [x.value, rank > 2 ? op.e.reshape(op.e.natural(bias), [-1, ...Array<number>(rank - 2).fill(1)]) : op.e.natural(bias)]), stored: 'natural' };
  }
  if (x.stored === 'channelsFirst') return { value: op.e.op('Add', [x.value, toChannelsFirst(op.e, bias, rank!)]), stored: 'channelsFirst' };
  return { value: op.e.op('Add', [x.value, op.e.natural(bias)]), stored: 'natural' };
}

function select(op: TfOp): Flow {
  let condition = op.flow(0);
  const x = op.flow(1), y = op.flow(2);
  const rank = op.e.dims(x)?.length;
  const conditionRank = op.e.dims(condition)?.length;
  // The first Select takes rows: a condition of rank 1 stands for the first axis.
  if (op.node.op === 'Select' && conditionRank === 1 && rank !== undefined && rank > 1) {
    condition = op.of(op.e.unsqueeze(op.e.natural(condition), Array.from({ length: rank - 1 }, (_, axis) => axis + 1)));
  }
  const { values: [c, a, b], stored } = broadcast(op, [condition, x, y]);
  if (op.e.dtype(a!) !== 'bool') return { value: op.e.op('Where', [c!, a!, b!]), stored };
  // ONNX Runtime has no Where of bools.
  return { value: op.e.cast(op.e.op('Where', [c!, op.e.cast(a!, 'int32'), op.e.cast(b!, 'int32')]), 'bool'), stored };
}

function clip(op: TfOp): Flow {
  const { e } = op;
  return { value: e.op('Clip', [op.flow(0).value, op.natural(1), op.natural(2)]), stored: op.flow(0).stored };
}

function cast(op: TfOp): Flow {
  const to = op.attributes.dtype('DstT');
  const from = op.dtype(0);
  const flow = op.flow(0);
  if (to === undefined) return op.fail('the type it casts to is not known');
  if (to === from) return flow;
  if (to === 'string' || from === 'string') op.fail('TensorFlow writes and reads numbers in text otherwise than ONNX does');
  if (to === 'complex64' || from === 'complex64') op.fail('ONNX has no operations on complex numbers');
  return { value: op.e.cast(flow.value, to), stored: flow.stored };
}

const relu: OpTranslator = (op) => (isInteger(op)
  ? { value: op.e.op('Max', [op.flow(0).value, op.scalar(0, 'int32')]), stored: op.flow(0).stored }
  : op.e.elementwise('Relu', op.flow(0)));

export const relu6 = (op: TfOp, flow: Flow): Flow => {
  const dtype = op.e.dtype(flow) === 'int32' ? 'int32' : 'float32';
  return op.e.elementwise('Clip', flow, {}, op.scalar(0, dtype), op.scalar(6, dtype));
};

export const elementwise: OpTable = {
  Identity: (op) => op.inputs[0] ?? op.fail('it has no input'),
  StopGradient: (op) => op.flow(0), PreventGradient: (op) => op.flow(0), Snapshot: (op) => op.flow(0), CheckNumerics: (op) => op.flow(0),
  ReadVariableOp: (op) => op.flow(0), EnsureShape: (op) => op.flow(0), FakeQuantWithMinMaxVars: (op) => op.flow(0), Print: (op) => op.flow(0),
  IdentityN: (op) => op.inputs.map((_, index) => op.flow(index)),

  Add: binary('Add'), AddV2: binary('Add'), Sub: binary('Sub'), Mul: binary('Mul'), BiasAddV1: (op) => biasAdd(op, op.flow(0), op.flow(1), false),
  BiasAdd: (op) => biasAdd(op, op.flow(0), op.flow(1), op.attributes.text('data_format', 'NHWC').startsWith('NC')),
  // TensorFlow.js divides integers as FloorDiv does.
  RealDiv: binary((op, a, b) => (isInteger(op) ? floorDiv(op, a, b) : op.e.op('Div', [a, b]))),
  Div: binary((op, a, b) => (isInteger(op) ? floorDiv(op, a, b) : op.e.op('Div', [a, b]))),
  DivNoNan: binary((op, a, b) => {
    const zero = op.scalar(0, 'float32');
    return op.e.op('Where', [op.e.op('Equal', [b, zero]), zero, op.e.op('Div', [a, b])]);
  }),
  MulNoNan: binary((op, a, b) => {
    const zero = op.scalar(0, 'float32');
    return op.e.op('Where', [op.e.op('Equal', [b, zero]), zero, op.e.op('Mul', [a, b])]);
  }),
  FloorDiv: binary(floorDiv), FloorMod: binary(floorMod), Mod: binary(floorMod),
  TruncateDiv: binary((op, a, b) => {
    const quotient = op.e.op('Div', [a, b]);
    return isInteger(op) ? quotient : op.e.op('Mul', [op.e.op('Sign', [quotient]), op.e.op('Floor', [op.e.op('Abs', [quotient])])]);
  }),
  TruncateMod: binary((op, a, b) => op.e.op('Mod', [a, b], { fmod: 1 })),
  Maximum: binary('Max'), Minimum: binary('Min'), Pow: binary('Pow'), Atan2: binary(atan2),
  SquaredDifference: binary((op, a, b) => { const d = op.e.op('Sub', [a, b]); return op.e.op('Mul', [d, d]); }),
  AddN: addN, AccumulateNV2: addN,

  Equal: compared('Equal'), NotEqual: binary((op, a, b) => {
    if (op.dtype(0) === 'string') op.fail('ONNX Runtime compares no strings in this form');
    return op.e.op('Not', [op.e.op('Equal', [a, b])]);
  }),
  Greater: compared('Greater'), GreaterEqual: compared('GreaterOrEqual'), Less: compared('Less'), LessEqual: compared('LessOrEqual'),
  LogicalAnd: binary('And'), LogicalOr: binary('Or'), LogicalXor: binary('Xor'), LogicalNot: unary('Not'),
  BitwiseAnd: binary('BitwiseAnd'), BitwiseOr: binary('BitwiseOr'), BitwiseXor: binary('BitwiseXor'), Invert: unary('BitwiseNot'),
  Select: select, SelectV2: select, ClipByValue: clip, Cast: cast,

  Abs: unary('Abs'), Neg: unary('Neg'), Sign: unary('Sign'), Exp: unary('Exp'), Log: unary('Log'), Sqrt: unary('Sqrt'),
  Sin: unary('Sin'), Cos: unary('Cos'), Tan: unary('Tan'), Asin: unary('Asin'), Acos: unary('Acos'), Atan: unary('Atan'),
  Sinh: unary('Sinh'), Cosh: unary('Cosh'), Asinh: unary('Asinh'), Acosh: unary('Acosh'), Atanh: unary('Atanh'),
  Ceil: unary('Ceil'), Floor: unary('Floor'), Round: (op) => (isInteger(op) ? op.flow(0) : op.e.elementwise('Round', op.flow(0))), Rint: unary('Round'), Erf: unary('Erf'),
  Reciprocal: unary('Reciprocal'), Inv: unary('Reciprocal'),
  Erfc: formula((op, x) => op.e.op('Sub', [op.scalar(1, 'float32'), op.e.op('Erf', [x])])),
  Expm1: formula((op, x) => op.e.op('Sub', [op.e.op('Exp', [x]), op.scalar(1, 'float32')])),
  Log1p: formula((op, x) => op.e.op('Log', [op.e.op('Add', [x, op.scalar(1, 'float32')])])),
  Rsqrt: formula((op, x) => op.e.op('Reciprocal', [op.e.op('Sqrt', [x])])),
  Square: formula((op, x) => op.e.op('Mul', [x, x])),
  IsNan: unary('IsNaN'), IsInf: unary('IsInf'),
  IsFinite: formula((op, x) => op.e.op('Not', [op.e.op('Or', [op.e.op('IsNaN', [x]), op.e.op('IsInf', [x])])])),

  Relu: relu, Relu6: (op) => relu6(op, op.flow(0)),
  Elu: unary('Elu'), Selu: unary('Selu'), Sigmoid: unary('Sigmoid'), Tanh: unary('Tanh'),
  Softplus: unary('Softplus'), Softsign: unary('Softsign'),
  LeakyRelu: (op) => op.e.elementwise('LeakyRelu', op.flow(0), { alpha: { float: op.attributes.float('alpha', 0.2) } }),
  Prelu: (op) => prelu(op, op.flow(0), op.flow(1)),
  ZerosLike: formula((op, x) => op.e.op('Expand', [op.scalar(0, op.e.dtype(x)), op.e.op('Shape', [x])])),
  OnesLike: formula((op, x) => op.e.op('Expand', [op.scalar(1, op.e.dtype(x)), op.e.op('Shape', [x])])),
};
