/**
 * What relevance does at ops that are no linear layers. Four kinds cover all of them:
 *
 * - pass: an elementwise function of one value hands its relevance on, and so does a normalisation (identity rule);
 * - copy: ops that move, select or repeat elements hand it to where the elements came from, as they do a gradient;
 * - share: sums and products hand it to each operand in proportion, R_x = x · ∂y/∂xᵀ (R / ỹ);
 * - own rows: products of two activations, quotients, softmax, layer normalisation.
 *
 * Sums and pools as zennit; attention as Achtibat et al. 2024, "AttnLRP", arXiv 2402.05602.
 */
import { attrInt, type Node } from '../../graph/graph';
import { ruleKey } from '../context';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { positiveAxis, range } from '../rules/helpers';
import { quotient } from './lrpLinear';
import { standIn } from './standIn';

/** Elementwise functions of their first input, and normalisations. */
const passing: ReadonlySet<string> = new Set([
  'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Clip', 'HardSigmoid', 'HardSwish', 'Mish', 'Sigmoid', 'Tanh',
  'Softplus', 'Softsign', 'Gelu', 'Swish', 'Shrink', 'Erf', 'Sqrt', 'Exp', 'Log', 'Abs', 'Neg', 'Reciprocal', 'Pow', 'Mod', 'LogSoftmax',
  'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh',
  'com.microsoft:Gelu', 'com.microsoft:BiasGelu', 'com.microsoft:FastGelu', 'com.microsoft:QuickGelu',
  'InstanceNormalization', 'GroupNormalization', 'LRN', 'LpNormalization', 'MeanVarianceNormalization',
  'RMSNormalization', 'SimplifiedLayerNormalization', 'com.microsoft:SimplifiedLayerNormalization', 'QuantizeLinear', 'DequantizeLinear',
]);

const offsets: ReadonlySet<string> = new Set(['Add', 'Sub', 'BatchNormalization']);

/** Ops whose outputs are elements of their inputs. */
const copying: ReadonlySet<string> = new Set([
  'Identity', 'Dropout', 'Cast', 'CastLike', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Concat', 'Split', 'Slice', 'Pad', 'Tile', 'Expand',
  'DepthToSpace', 'SpaceToDepth', 'Trilu', 'ReverseSequence', 'Gather', 'GatherElements', 'GatherND', 'ScatterElements', 'ScatterND', 'TopK',
  'MaxPool', 'GlobalMaxPool', 'ReduceMax', 'ReduceMin', 'Max', 'Min', 'Where',
]);

/** R goes unchanged to the input a gradient would go to. */
export const pass: Rule = { broadcasts: true, vjp: (c): Cotangents => c.node.inputs.map((_, index) => (c.wants(index) ? c.g : undefined)) };

/** R_x = x · ∂y/∂xᵀ (R / ỹ); among the factors of a product in equal parts (their derivatives count R once each). */
export function share(standard: Rule, epsilon: number, product = false): Rule {
  return {
    broadcasts: standard.broadcasts,
    vjp: (c): Cotangents => {
      const s = quotient(c, c.g, c.node.outputs[0]!, epsilon);
      const factors = product ? c.node.inputs.filter((_, index) => c.wants(index)).length : 1;
      const part = factors > 1 ? c.b.op('Mul', [s, c.b.constant(1 / factors, c.dtype(c.node.outputs[0]!), [])]) : s;
      return standard.vjp(standIn(c, { g: part })).map((value, index) => (value === undefined ? undefined : c.b.op('Mul', [c.node.inputs[index]!, value])));
    },
  };
}

/** Which ops make a value that only scales another: gates, and one over a deviation. */
const gates: ReadonlySet<string> = new Set(['Sigmoid', 'HardSigmoid', 'Reciprocal', 'Sqrt']);
const aroundGates: ReadonlySet<string> = new Set(['Reshape', 'Unsqueeze', 'Expand', 'Transpose', 'Tile', 'Cast', 'Identity', 'Slice', 'Squeeze', 'Split']);

/** A gate may be written out: relu6(x + 3)/6 of a hard swish, 1 + erf x of a GELU. */
function isGate(c: RuleContext, value: string, depth = 4): boolean {
  const node = c.producer?.(value);
  if (!node || node.domain !== '') return false;
  if (gates.has(node.opType) || (node.opType === 'Pow' && (c.constant(node.inputs[1])?.[0] ?? 1) < 0)) return true;
  if (depth === 0) return false;
  const made = (input: string | undefined): string | undefined => (input ? c.producer?.(input)?.opType : undefined);
  const constants = node.inputs.map((input) => c.constant(input) !== undefined || c.producer?.(input) === undefined);
  const moving = node.inputs.find((_, index) => !constants[index]);
  if (node.opType === 'Clip') return made(node.inputs[0]) === 'Add' && (c.constant(node.inputs[1])?.[0] ?? -1) === 0 && node.inputs[2] !== undefined;
  if (node.opType === 'Add') return constants.includes(true) && ['Erf', 'Tanh'].includes(made(moving) ?? '');
  if ((node.opType === 'Mul' || node.opType === 'Div') && constants.includes(true)) return moving !== undefined && isGate(c, moving, depth - 1);
  return aroundGates.has(node.opType) && isGate(c, node.inputs[0]!, depth - 1);
}

/** y = a·b: to the one that is no gate, or half to each (AttnLRP's uniform rule); constants get nothing. */
const multiply: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const wanted = [c.wants(0), c.wants(1)];
    if (!wanted[0] || !wanted[1]) return [wanted[0] ? c.g : undefined, wanted[1] ? c.g : undefined];
    const gate = c.node.inputs.map((input) => isGate(c, input));
    if (gate[0] !== gate[1]) return gate.map((closed) => (closed ? undefined : c.g));
    const half = c.b.op('Mul', [c.g, c.b.constant(0.5, c.dtype(c.node.outputs[0]!), [])]);
    return [half, half];
  },
};

/** y = a/b: all to the numerator, as b normalises (identity rule); to b where a is constant. */
const divide: Rule = { broadcasts: true, vjp: (c): Cotangents => (c.wants(0) ? [c.g] : [undefined, c.g]) };

/** y = a − b: in proportion; where b is the maximum of a (taken off before an exponential), all to a. */
function subtract(standard: Rule, epsilon: number): Rule {
  const proportional = share(standard, epsilon);
  return {
    broadcasts: true,
    vjp: (c): Cotangents => {
      const [a, b] = c.node.inputs as [string, string];
      return isMaximumOf(c, b, a) ? [c.g] : proportional.vjp(c);
    },
  };
}

/** Whether a value is the maximum of another, brought into its dims. */
function isMaximumOf(c: RuleContext, value: string, of: string, depth = 4): boolean {
  const node = c.producer?.(value);
  if (!node || node.domain !== '' || depth === 0) return false;
  if (node.opType === 'ReduceMax') return node.inputs[0] === of;
  if (node.opType === 'Max') return node.inputs.some((input) => isMaximumOf(c, input, of, depth - 1));
  return aroundGates.has(node.opType) && isMaximumOf(c, node.inputs[0]!, of, depth - 1);
}

/** y = softmax x: R_x = x · (R − y · ΣR) (AttnLRP, equation 13); nothing where y is 0, so that masks of −∞ are left out. */
const softmax: Rule = {
  vjp: (c): Cotangents => {
    const x = c.node.inputs[0]!, y = c.node.outputs[0]!, zero = c.b.constant(0, c.dtype(y), []);
    const axis = positiveAxis(attrInt(c.node, 'axis', -1), c.dims(x).length);
    const rest = c.b.op('Sub', [c.g, c.b.op('Mul', [y, c.b.reduce('ReduceSum', c.g, [axis])])]);
    return [c.b.op('Where', [c.b.op('Greater', [y, zero]), c.b.op('Mul', [x, rest]), zero])];
  },
};

/** y = (x − μ)·r·scale + bias with r = 1/σ taken for a constant: R_x = x · (q − mean q), q = r·scale·R/ỹ */
function layerNormalization(epsilon: number): Rule {
  return {
    vjp: (c): Cotangents => {
      const [x, scale] = c.node.inputs as [string, string], inverse = c.node.outputs[2], dims = c.dims(x);
      if (!inverse) return [c.g];
      const axes = range(dims.length).slice(positiveAxis(attrInt(c.node, 'axis', -1), dims.length));
      const s = c.b.op('Mul', [quotient(c, c.g, c.node.outputs[0]!, epsilon), scale]);
      const q = c.b.op('Mul', [s, c.dtype(inverse) === c.dtype(x) ? inverse : c.b.cast(inverse, c.dtype(x))]);
      return [c.b.op('Mul', [x, c.b.op('Sub', [q, c.b.reduce('ReduceMean', q, axes)])])];
    },
  };
}

/**
 * The rule of an op that is no linear layer. `prepares`: whether a node only prepares the input (takes a mean off),
 * which absorbs nothing; constants added elsewhere (a position's embedding, a norm's offset) take their share.
 */
export function lrpRow(node: Node, standard: RuleTable, epsilon: number, prepares: boolean): Rule | undefined {
  const key = ruleKey(node), row = standard[key];
  if (passing.has(key) || (prepares && offsets.has(key))) return pass;
  if (copying.has(key)) return row;
  if (key === 'Mul') return multiply;
  if (key === 'Div') return divide;
  if (key === 'Softmax') return softmax;
  if (key === 'LayerNormalization') return layerNormalization(epsilon);
  if (!row) return undefined;
  if (key === 'Sub') return subtract(row, epsilon);
  return share(row, epsilon, ['MatMul', 'Gemm', 'Einsum', 'Conv', 'ConvTranspose'].includes(key));
}
