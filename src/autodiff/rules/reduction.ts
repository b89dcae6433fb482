/** Reductions. A cotangent g is first given the kept dims (1 at reduced axes), then broadcast over what was reduced. */
import { attrInt, attrInts } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { positiveAxis, product, range, sameDims, scalar } from './helpers';

interface Reduced {
  readonly axes: readonly number[];
  /** Dims of x with 1 at the reduced axes. */
  readonly kept: readonly number[];
  /** Number of elements each result is made of. */
  readonly count: number;
  /** The cotangent and the output with the kept dims. */
  readonly g: string;
  readonly y: () => string;
}

/** Reduced axes: an attribute, or an input (Reduce* from opset 18, ReduceSum from 13). */
function reduced(c: RuleContext): Reduced {
  const x = c.node.inputs[0]!, dims = c.dims(x);
  const input = c.node.inputs[1];
  const given = input ? c.constant(input) ?? c.fail('its axes are computed while the model runs; its gradient needs them to be constant') : attrInts(c.node, 'axes', undefined);
  const none = !given || given.length === 0;
  const axes = none ? (attrInt(c.node, 'noop_with_empty_axes', 0) === 1 ? [] : range(dims.length)) : given.map((axis) => positiveAxis(axis, dims.length));
  const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const keeps = (value: string): string => (sameDims(c.dims(c.node.outputs[0]!), kept) ? value : c.b.reshape(value, kept));
  return { axes, kept, count: product(axes.map((axis) => dims[axis]!)), g: keeps(c.g), y: () => keeps(c.node.outputs[0]!) };
}

/** A rule whose cotangent is made from x, y and g by ops that broadcast g and y to the dims of x. */
function reduction(vjp: (c: RuleContext, x: string, r: Reduced) => string): Rule {
  return { vjp: (c): Cotangents => [vjp(c, c.node.inputs[0]!, reduced(c))] };
}

const sum = reduction((c, x, r) => c.b.expand(r.g, c.dims(x)));

const mean = reduction((c, x, r) => c.b.expand(c.b.op('Mul', [r.g, scalar(c, 1 / r.count)]), c.dims(x)));

/** x̄ = g·[x = y] / (how many equal y): a tie is shared evenly, as torch.amax does. */
const extremum = reduction((c, x, r) => {
  const hits = c.b.cast(c.b.op('Equal', [x, r.y()]), c.dtype(x));
  return c.b.op('Mul', [c.b.op('Div', [r.g, c.b.reduce('ReduceSum', hits, r.axes)]), hits]);
});

/** y = Πx:  x̄ = g·y/x; where an x is 0, the product of the others. */
const prod = reduction((c, x, r) => {
  const zero = scalar(c, 0), one = scalar(c, 1);
  const isZero = c.b.op('Equal', [x, zero]);
  const zeros = c.b.reduce('ReduceSum', c.b.cast(isZero, c.dtype(x)), r.axes);
  const others = c.b.op('Where', [isZero, one, x]);
  const rest = c.b.reduce('ReduceProd', others, r.axes);
  const whenNone = c.b.op('Where', [c.b.op('Equal', [zeros, zero]), c.b.op('Div', [rest, others]), zero]);
  const whenOne = c.b.op('Where', [c.b.op('Equal', [zeros, one]), rest, zero]);
  return c.b.op('Mul', [r.g, c.b.op('Where', [isZero, whenOne, whenNone])]);
});

/** y = √Σx²:  x̄ = g·x/y, 0 where y = 0 (as torch.norm). */
const l2 = reduction((c, x, r) => {
  const y = r.y(), zero = scalar(c, 0);
  const isZero = c.b.op('Equal', [y, zero]);
  const ratio = c.b.op('Div', [r.g, c.b.op('Where', [isZero, scalar(c, 1), y])]);
  return c.b.op('Mul', [x, c.b.op('Where', [isZero, zero, ratio])]);
});

// Running sums:  the transpose of a sum over what came before is a sum over what comes after
const cumulativeSum: Rule = {
  vjp: (c): Cotangents => [c.b.op('CumSum', [c.g, c.node.inputs[1]!], {
    exclusive: attrInt(c.node, 'exclusive', 0), reverse: 1 - attrInt(c.node, 'reverse', 0),
  })],
};

export const reductionRules: RuleTable = {
  ReduceSum: sum, ReduceMean: mean, ReduceMax: extremum, ReduceMin: extremum, ReduceProd: prod, ReduceL2: l2, CumSum: cumulativeSum,
  // y = Σ|x|:  x̄ = g·sign x
  ReduceL1: reduction((c, x, r) => c.b.op('Mul', [r.g, c.b.op('Sign', [x])])),
  // y = Σx²:  x̄ = 2g·x
  ReduceSumSquare: reduction((c, x, r) => c.b.op('Mul', [c.b.op('Mul', [r.g, scalar(c, 2)]), x])),
  // y = ln Σx:  x̄ = g·e⁻ʸ
  ReduceLogSum: reduction((c, x, r) => c.b.expand(c.b.op('Mul', [r.g, c.b.op('Exp', [c.b.op('Neg', [r.y()])])]), c.dims(x))),
  // y = ln Σeˣ:  x̄ = g·e^(x − y)
  ReduceLogSumExp: reduction((c, x, r) => c.b.op('Mul', [r.g, c.b.op('Exp', [c.b.op('Sub', [x, r.y()])])])),
};
