/** Multipliers, op by op. Δv is the change of a value from the baseline to the input, v′ the value for the baseline. */
import { attrInt, type Node } from '../../graph/graph';
import { ruleKey } from '../context';
import type { Cotangents, Rule, RuleContext } from '../rule';
import { positiveAxis, range } from '../rules/helpers';
import { atMaxima } from '../rules/maxPool';
import { standIn } from './standIn';

export interface DeepLiftNumbers {
  /** Changes below it count as none, and the gradient takes the multiplier's place (captum's `eps`). */
  readonly epsilon: number;
  /**
   * Max pooling where implementations differ. Where a maximum fell, captum blames the element that is the maximum now,
   * shap the one that was it for the baseline; elements that did not change get their gradient (captum) or 0 (shap).
   */
  readonly pooling: 'captum' | 'shap';
}

export interface Changes {
  reference(value: string): string;
  changes(value: string): boolean;
  /** Δv. */
  change(value: string): string;
}

/** Ops whose output is a sum of their inputs' elements with constant factors: a multiplier moves as a gradient does. */
const linear: ReadonlySet<string> = new Set([
  'Add', 'Sub', 'Sum', 'Mean', 'Neg', 'Identity', 'Dropout', 'Cast', 'CastLike', 'Where', 'BatchNormalization', 'QuantizeLinear', 'DequantizeLinear',
  'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Transpose', 'Concat', 'Split', 'Slice', 'Pad', 'Tile', 'Expand', 'DepthToSpace', 'SpaceToDepth', 'Trilu',
  'ReverseSequence', 'Gather', 'GatherElements', 'GatherND', 'ScatterElements', 'ScatterND', 'AveragePool', 'GlobalAveragePool', 'ReduceSum', 'ReduceMean', 'CumSum', 'Resize',
]);

/** Functions of one element of their first input. */
const elementwise: ReadonlySet<string> = new Set([
  'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'ThresholdedRelu', 'Clip', 'HardSigmoid', 'HardSwish', 'Mish', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign',
  'Gelu', 'Swish', 'Shrink', 'Erf', 'Sqrt', 'Exp', 'Log', 'Abs', 'Reciprocal', 'Mod', 'Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh',
  'com.microsoft:Gelu', 'com.microsoft:BiasGelu', 'com.microsoft:FastGelu', 'com.microsoft:QuickGelu',
]);

const products: ReadonlySet<string> = new Set(['Mul', 'MatMul', 'Gemm', 'Einsum', 'Conv', 'ConvTranspose']);
const selections: Readonly<Record<string, 1 | -1>> = { MaxPool: 1, GlobalMaxPool: 1, ReduceMax: 1, ReduceMin: -1, Max: 1, Min: -1 };

/** The rule of a node; the standard one where nothing or only something linear changes. */
export function deepLiftRow(node: Node, standard: Rule, t: Changes, numbers: DeepLiftNumbers): Rule {
  const key = ruleKey(node), changing = node.inputs.filter((input) => input !== '' && t.changes(input));
  if (linear.has(key) || changing.length === 0) return standard;
  if (elementwise.has(key)) return rescale(standard, t, numbers);
  if (products.has(key)) return changing.length > 1 ? product(standard, t) : standard;
  if (key === 'Div') return divide(standard, t);
  const sign = selections[key];
  if (sign) return selection(standard, sign, t, numbers);
  if (key === 'Pow') return changing.length === 1 && changing[0] === node.inputs[0] ? rescale(standard, t, numbers) : standard;
  // Any other function of one value (softmax, normalisations, norms).
  return changing.length === 1 && changing[0] === node.inputs[0] ? averaged(standard, t) : standard;
}

const scalar = (c: RuleContext, value: number): string => c.b.constant(value, c.dtype(c.node.outputs[0]!), []);

function unchanged(c: RuleContext, change: string, epsilon: number): string {
  return c.b.op('Less', [c.b.op('Abs', [change]), scalar(c, told(c, epsilon))]);
}

/** float16 tells no number below 6.1e-5 well from 0. */
function told(c: RuleContext, epsilon: number): number {
  return Math.max(epsilon, c.dtype(c.node.outputs[0]!) === 'float16' ? 2 ** -14 : 1e-30);
}

/** y = f(x): m_x = m_y · Δy/Δx; the gradient where Δx is 0. */
function rescale(standard: Rule, t: Changes, { epsilon }: DeepLiftNumbers): Rule {
  return {
    broadcasts: standard.broadcasts,
    vjp: (c): Cotangents => {
      const change = t.change(c.node.inputs[0]!);
      const ratio = c.b.op('Div', [t.change(c.node.outputs[0]!), change]);
      return [c.b.op('Where', [unchanged(c, change, epsilon), standard.vjp(c)[0]!, c.b.op('Mul', [c.g, ratio])])];
    },
  };
}

/** y = a·b (of numbers or matrices): Δy = Δa·b̄ + ā·Δb with the means of input and baseline, so m_a = ∂y/∂a at b̄. */
function product(standard: Rule, t: Changes): Rule {
  return {
    broadcasts: standard.broadcasts,
    vjp: (c): Cotangents => standard.vjp(standIn(c, { inputs: c.node.inputs.map((input) => (input !== '' && t.changes(input) ? middle(c, t, input) : input)) })),
  };
}

function middle(c: RuleContext, t: Changes, value: string): string {
  return c.b.op('Mul', [c.b.op('Add', [value, t.reference(value)]), scalar(c, 0.5)]);
}

/** y = a/b: m_a = m_y · (1/b + 1/b′)/2, m_b = −m_y · ā/(b·b′). */
function divide(standard: Rule, t: Changes): Rule {
  return {
    broadcasts: true,
    vjp: (c): Cotangents => {
      const [a, b] = c.node.inputs as [string, string];
      if (!t.changes(b)) return standard.vjp(c);
      const inverse = (value: string): string => c.b.op('Reciprocal', [value]);
      const mean = c.b.op('Mul', [c.b.op('Add', [inverse(b), inverse(t.reference(b))]), scalar(c, 0.5)]);
      const numerator = t.changes(a) ? middle(c, t, a) : a;
      return [
        c.wants(0) ? c.b.op('Mul', [c.g, mean]) : undefined,
        c.wants(1) ? c.b.op('Neg', [c.b.op('Div', [c.b.op('Mul', [c.g, numerator]), c.b.op('Mul', [b, t.reference(b)])])]) : undefined,
      ];
    },
  };
}

/**
 * y = max over some x: where y rose, the element that is chosen now is the cause (it rose at least as much), where it
 * fell, the one that was chosen for the baseline. m_y·Δy goes there and is divided by that element's Δx, which cannot
 * be 0. For a minimum the two change places.
 */
function selection(standard: Rule, sign: 1 | -1, t: Changes, { epsilon, pooling }: DeepLiftNumbers): Rule {
  return {
    broadcasts: standard.broadcasts,
    vjp: (c): Cotangents => {
      const zero = scalar(c, 0), y = c.node.outputs[0]!, moved = c.b.op('Mul', [c.g, t.change(y)]);
      const test = c.b.op(sign > 0 ? 'Less' : 'Greater', [t.change(y), zero]);
      const back = pooling === 'captum' ? c.b.op('And', [test, c.b.op('Not', [blamesInput(c, t, epsilon)])]) : test;
      const now = standard.vjp(standIn(c, { g: c.b.op('Where', [back, zero, moved]) }));
      const then = standard.vjp(standIn(c, {
        alike: true, inputs: c.node.inputs.map((input) => (input === '' ? '' : t.reference(input))),
        outputs: c.node.outputs.map((output) => (output === '' ? '' : t.reference(output))), g: c.b.op('Where', [back, moved, zero]),
      }));
      const gradient = pooling === 'captum' ? standard.vjp(c) : undefined;
      return c.node.inputs.map((input, index) => {
        if (now[index] === undefined || then[index] === undefined || !t.changes(input)) return gradient?.[index];
        const change = t.change(input), moves = c.b.op('Div', [c.b.op('Add', [now[index], then[index]]), change]);
        return c.b.op('Where', [unchanged(c, change, epsilon), gradient?.[index] ?? zero, moves]);
      });
    },
  };
}

/**
 * Windows of a max pooling whose present maximum changed at all, so that captum's way does not lose m_y·Δy in them.
 * (For other selections: none.)
 */
function blamesInput(c: RuleContext, t: Changes, epsilon: number): string {
  if (c.node.opType !== 'MaxPool') return c.b.constant([0], 'bool', []);
  const before = c.dialect === 'cpu' ? byIndices(c, t) : atMaxima(c, t.reference(c.node.inputs[0]!));
  return c.b.op('GreaterOrEqual', [c.b.op('Abs', [c.b.op('Sub', [c.node.outputs[0]!, before])]), scalar(c, Math.max(told(c, epsilon), 1e-10))]);
}

/** The baseline where each window has its present maximum, by the pool's own Indices: quicker than slices, where a device has them. */
function byIndices(c: RuleContext, t: Changes): string {
  const [value, place] = [c.b.fresh('MaxPool'), c.b.fresh('Indices')];
  c.b.nodes.push({ ...c.node, name: value, outputs: [value, place] });
  return c.b.op('Gather', [c.b.reshape(t.reference(c.node.inputs[0]!), [-1]), place], { axis: 0 });
}

/** Nodes and weights of Gauss–Legendre quadrature with five points on 0…1. */
const path: readonly (readonly [at: number, weight: number])[] = [
  [0.04691007703066802, 0.11846344252809454], [0.23076534494715845, 0.23931433524968324], [0.5, 0.28444444444444444],
  [0.7692346550528415, 0.23931433524968324], [0.953089922969332, 0.11846344252809454],
];

/**
 * y = f(x) of many elements: the gradient averaged along the straight line from x′ to x (Aumann–Shapley inside the
 * node), which adds up but for the error of five points; that rest is put right by the smallest change of the
 * multipliers that does so. Softmax does not see a common shift of its inputs, so its multipliers are kept summing to 0.
 */
function averaged(standard: Rule, t: Changes): Rule {
  return {
    vjp: (c): Cotangents => {
      const x = c.node.inputs[0]!, change = t.change(x);
      const parts = path.map(([at, weight]) => {
        const between = c.b.op('Add', [t.reference(x), c.b.op('Mul', [change, scalar(c, at)])]);
        const name = c.b.fresh(c.node.opType);
        c.b.nodes.push({ ...c.node, name, inputs: [between, ...c.node.inputs.slice(1)], outputs: [name] });
        const there = standard.vjp(standIn(c, { inputs: [between, ...c.node.inputs.slice(1)], outputs: [name] }))[0]!;
        return c.b.op('Mul', [there, scalar(c, weight)]);
      });
      const multiplier = parts.reduce((sum, part) => c.b.op('Add', [sum, part]));
      return [completed(c, t, multiplier)];
    },
  };
}

/** m + d · (Σ m_y·Δy − Σ m·Δx) / Σ d², sums over what the op mixes; d = Δx, for softmax less its mean. */
function completed(c: RuleContext, t: Changes, multiplier: string): string {
  const { b } = c, x = c.node.inputs[0]!, y = c.node.outputs[0]!, change = t.change(x), dims = c.dims(x), yDims = c.dims(y);
  const soft = c.node.opType === 'Softmax' || c.node.opType === 'LogSoftmax', layer = c.node.opType === 'LayerNormalization';
  const axis = soft || layer ? positiveAxis(attrInt(c.node, 'axis', -1), dims.length) : 0;
  const sameDims = dims.length === yDims.length && dims.every((dim, index) => dim === yDims[index]);
  const axes = soft ? [axis] : layer ? range(dims.length).slice(axis) : sameDims && dims.length > 1 ? range(dims.length).slice(1) : undefined;
  const sum = (value: string): string => b.reduce('ReduceSum', value, axes, axes !== undefined);
  const direction = soft ? b.op('Sub', [change, b.reduce('ReduceMean', change, [axis])]) : change;
  const missing = b.op('Sub', [sum(b.op('Mul', [c.g, t.change(y)])), sum(b.op('Mul', [multiplier, change]))]);
  const length = sum(b.op('Mul', [direction, direction])), tiny = scalar(c, told(c, 1e-30));
  const factor = b.op('Where', [b.op('Greater', [length, tiny]), b.op('Div', [missing, length]), scalar(c, 0)]);
  return b.op('Add', [multiplier, b.op('Mul', [direction, factor])]);
}
