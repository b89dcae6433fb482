/** Activations. Masks are taken from the op's output where that is enough, so that Conv + activation stays fused. */
import { attrFloat, attrString } from '../../graph/graph';
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { scalar, unary } from './helpers';
import { beforePool } from './maxPool';
import { elementwise } from './oneChannel';

/**
 * 1 where y > 0, else 0, as one arithmetic op on the CPU. HardSigmoid(y) = clip(αy + β, 0, 1) with the steepest slope
 * float32 has: 1 for every normal y > 0 (subnormal ones, below 1.2e-38, may give less), exactly 0 for y ≤ 0. Unlike
 * Where, it leaves values in ONNX Runtime's blocked layout.
 */
const steepest = 2 ** 127;

/** Other float types have no such kernel everywhere, and GPUs gain nothing from it. */
function arithmetic(c: RuleContext): boolean {
  return c.dialect === 'cpu' && c.dtype(c.node.outputs[0]!) === 'float32';
}

/** Slope that turns the smallest possible distance from `bound` into at least 1, as a power of two (exact to multiply with). */
function steepAround(bound: number): number {
  if (bound === 0) return steepest;
  return 2 ** Math.max(0, Math.min(120, 25 - Math.floor(Math.log2(Math.abs(bound)))));
}

/**
 * g where low < y < high (either may be missing), else 0. Two bounds take four passes (two masks, two products), a third
 * of the gradient of a MobileNet. Measured and no quicker, from 96 × 112² to 960 × 7²: the lower mask fused into a
 * depthwise Conv that adds the upper one (0.97 – 1.03 of the time of all four), the masks by depthwise Convs with a
 * fused activation (1.06), one Clip-shaped mask of y·(6 − y) (as many passes).
 */
function inside(c: RuleContext, y: string, low: number | undefined, high: number | undefined): string {
  let g = c.g;
  if (arithmetic(c)) {
    const masks: string[] = [];
    for (const [bound, sign] of [[low, 1], [high, -1]] as const) {
      if (bound === undefined || !Number.isFinite(Math.fround(bound))) continue;
      const slope = sign * steepAround(Math.fround(bound));
      masks.push(c.b.op('HardSigmoid', [y], { alpha: { float: slope }, beta: { float: bound === 0 ? 0 : -slope * Math.fround(bound) } }));
    }
    // Masks first: they are in the layout of y together, whatever layout g comes in.
    return masks.length === 0 ? g : c.b.op('Mul', [g, masks.reduce((product, mask) => c.b.op('Mul', [product, mask]))]);
  }
  const zero = number(c, 0);
  if (low !== undefined) g = c.b.op('Where', [c.b.op('Greater', [y, number(c, low)]), g, zero]);
  if (high !== undefined) g = c.b.op('Where', [c.b.op('Less', [y, number(c, high)]), g, zero]);
  return g;
}

/** whenPositive where v > 0, else otherwise. */
function bySign(c: RuleContext, v: string, whenPositive: string, otherwise: string): string {
  return c.b.op('Where', [c.b.op('Greater', [v, scalar(c, 0, v)]), whenPositive, otherwise]);
}

const times = (c: RuleContext, ...factors: string[]): string => factors.reduce((result, factor) => c.b.op('Mul', [result, factor]), c.g);
const number = (c: RuleContext, value: number): string => scalar(c, value, c.node.outputs[0]!);

/** 1 − v for v in 0…1: on the CPU by an op that keeps the blocked layout, which Sub does not. */
function oneMinus(c: RuleContext, v: string): string {
  if (arithmetic(c)) return c.b.op('HardSigmoid', [v], { alpha: { float: -1 }, beta: { float: 1 } });
  return c.b.op('Sub', [number(c, 1), v]);
}

// y = x > 0 ? x : αx:  x̄ = x > 0 ? g : αg;  for α ≥ 0 the sign of x is that of y
const leakyRelu = unary((c, x, y) => {
  const alpha = attrFloat(c.node, 'alpha', 0.01);
  if (arithmetic(c) && alpha >= 0 && alpha <= 1) {
    const step = c.b.op('HardSigmoid', [y], { alpha: { float: steepest }, beta: { float: 0 } }), dims = c.dims(y), channels = dims[1] ?? 0;
    if (dims.length !== 4 || channels % 16 !== 0) return times(c, c.b.op('Max', [step, number(c, alpha)]));
    // α + (1 − α)·step by a depthwise Conv: Max would leave the blocked layout.
    const all = (value: number, shape: readonly number[]): string => c.b.constant(new Array<number>(channels).fill(value), 'float32', shape);
    return times(c, c.b.op('Conv', [step, all(1 - alpha, [channels, 1, 1, 1]), all(alpha, [channels])], { group: channels, kernel_shape: [1, 1] }));
  }
  return times(c, bySign(c, alpha >= 0 ? y : x, number(c, 1), number(c, alpha)));
});

// y = x > 0 ? x : s·x:  x̄ = x > 0 ? g : g·s;  s̄ = x > 0 ? 0 : g·x
const pRelu: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const [x, slope] = c.node.inputs as [string, string];
    const positive = c.b.op('Greater', [x, number(c, 0)]);
    return [
      c.wants(0) ? times(c, c.b.op('Where', [positive, number(c, 1), slope])) : undefined,
      c.wants(1) ? times(c, c.b.op('Where', [positive, number(c, 0), x])) : undefined,
    ];
  },
};

// y = x > 0 ? x : α(eˣ − 1):  x̄ = x > 0 ? g : g·αeˣ = g·(y + α)
const elu = unary((c, x, y) => {
  const alpha = attrFloat(c.node, 'alpha', 1);
  const slope = alpha > 0 ? c.b.op('Add', [y, number(c, alpha)]) : c.b.op('Mul', [c.b.op('Exp', [x]), number(c, alpha)]);
  return times(c, bySign(c, alpha > 0 ? y : x, number(c, 1), slope));
});

// y = γ(x > 0 ? x : α(eˣ − 1)):  x̄ = x > 0 ? g·γ : g·(y + γα)
const selu = unary((c, x, y) => {
  const alpha = attrFloat(c.node, 'alpha', 1.6732632423543772), gamma = attrFloat(c.node, 'gamma', 1.0507009873554805);
  return times(c, bySign(c, x, number(c, gamma), c.b.op('Add', [y, number(c, gamma * alpha)])));
});

// y = max(0, x) + min(0, α(e^(x/α) − 1)):  x̄ = x > 0 ? g : g·e^(x/α) = g·(y/α + 1)
const celu = unary((c, x, y) => {
  const alpha = attrFloat(c.node, 'alpha', 1);
  const slope = c.b.op('Add', [c.b.op('Mul', [y, number(c, 1 / alpha)]), number(c, 1)]);
  return times(c, bySign(c, x, number(c, 1), slope));
});

// y = x > α ? x : 0:  x̄ = x > α ? g : 0
const thresholdedRelu = unary((c, x) => inside({ ...c, g: c.g, dialect: 'portable' }, x, attrFloat(c.node, 'alpha', 1), undefined));

/**
 * y = min(max(x, low), high):  x̄ = low < x < high ? g : 0, and low < y < high says the same.
 * At a bound it is 0, as torch has it for ReLU6 and hardtanh (torch.clamp passes the gradient there).
 */
const clip: Rule = {
  vjp: (c): Cotangents => {
    const [, low, high] = c.node.inputs, y = c.node.outputs[0]!;
    const bounds = [low, high].map((bound) => (bound ? c.constant(bound)?.[0] : undefined));
    if (c.wants(1) || c.wants(2) || (low && bounds[0] === undefined) || (high && bounds[1] === undefined)) {
      const zero = number(c, 0), cotangents: string[] = [];
      const atLow = low ? c.b.op('LessOrEqual', [y, low]) : undefined, atHigh = high ? c.b.op('GreaterOrEqual', [y, high]) : undefined;
      let g = c.g;
      for (const mask of [atLow, atHigh]) if (mask) g = c.b.op('Where', [mask, zero, g]);
      cotangents.push(g);
      [atLow, atHigh].forEach((mask, index) => {
        if (!mask || !c.wants(index + 1)) return;
        const whole = c.b.reduce('ReduceSum', c.b.op('Where', [mask, c.g, zero]), undefined, false);
        cotangents[index + 1] = c.b.reshape(whole, c.dims(c.node.inputs[index + 1]!));
      });
      return cotangents;
    }
    return [inside(c, y, bounds[0], bounds[1])];
  },
};

// y = clip(αx + β, 0, 1):  x̄ = 0 < y < 1 ? αg : 0
const hardSigmoid = unary((c, _x, y) =>
  c.b.op('Mul', [inside(c, y, 0, 1), number(c, attrFloat(c.node, 'alpha', 0.2))]));

// y = x·clip(x/6 + ½, 0, 1):  x̄ = g·(x ≤ −3 ? 0 : x < 3 ? x/3 + ½ : 1)
const hardSwish = unary((c, x) => {
  const middle = c.b.op('Add', [c.b.op('Mul', [x, number(c, 1 / 3)]), number(c, 0.5)]);
  const upper = c.b.op('Where', [c.b.op('Less', [x, number(c, 3)]), middle, number(c, 1)]);
  return times(c, c.b.op('Where', [c.b.op('LessOrEqual', [x, number(c, -3)]), number(c, 0), upper]));
});

// y = x·t, t = tanh(softplus x):  x̄ = g·(t + x·(1 − t²)·σ(x))
const mish = unary((c, x) => {
  const t = c.b.op('Tanh', [c.b.op('Softplus', [x])]);
  const slope = c.b.op('Mul', [c.b.op('Sub', [number(c, 1), c.b.op('Mul', [t, t])]), c.b.op('Sigmoid', [x])]);
  return times(c, c.b.op('Add', [t, c.b.op('Mul', [x, slope])]));
});

/** Derivative of x·Φ(x), Φ the normal distribution:  Φ(x) + x·φ(x). */
function exactGelu(c: RuleContext, x: string): string {
  const cdf = c.b.op('Mul', [c.b.op('Add', [c.b.op('Erf', [c.b.op('Mul', [x, number(c, Math.SQRT1_2)])]), number(c, 1)]), number(c, 0.5)]);
  const pdf = c.b.op('Mul', [c.b.op('Exp', [c.b.op('Mul', [c.b.op('Mul', [x, x]), number(c, -0.5)])]), number(c, 1 / Math.sqrt(2 * Math.PI))]);
  return c.b.op('Add', [cdf, c.b.op('Mul', [x, pdf])]);
}

/** Derivative of ½x(1 + t), t = tanh u, u = √(2/π)(x + 0.044715x³):  ½(1 + t) + ½x(1 − t²)·√(2/π)(1 + 3·0.044715x²). */
function tanhGelu(c: RuleContext, x: string): string {
  const k = Math.sqrt(2 / Math.PI), xx = c.b.op('Mul', [x, x]);
  const u = c.b.op('Mul', [x, c.b.op('Add', [c.b.op('Mul', [xx, number(c, k * 0.044715)]), number(c, k)])]);
  const t = c.b.op('Tanh', [u]);
  const du = c.b.op('Add', [c.b.op('Mul', [xx, number(c, 3 * k * 0.044715)]), number(c, k)]);
  const bend = c.b.op('Mul', [c.b.op('Mul', [x, c.b.op('Sub', [number(c, 1), c.b.op('Mul', [t, t])])]), du]);
  return c.b.op('Mul', [c.b.op('Add', [c.b.op('Add', [t, number(c, 1)]), bend]), number(c, 0.5)]);
}

/** y = f(x + bias), the bias optional and repeated along the leading axes. */
function biased(derivative: (c: RuleContext, x: string) => string): Rule {
  return {
    broadcasts: true,
    vjp: (c): Cotangents => {
      const [x, bias] = c.node.inputs as [string, string | undefined];
      const cotangent = times(c, derivative(c, bias ? c.b.op('Add', [x, bias]) : x));
      return [cotangent, bias ? cotangent : undefined];
    },
  };
}

/** y = x·s, s = σ(αx):  x̄ = g·(s + αx·s·(1 − s)). */
function swish(defaultAlpha: number): Rule {
  return unary((c, x) => {
    const alpha = attrFloat(c.node, 'alpha', defaultAlpha);
    const scaled = alpha === 1 ? x : c.b.op('Mul', [x, number(c, alpha)]);
    const s = c.b.op('Sigmoid', [scaled]);
    const bend = c.b.op('Mul', [scaled, c.b.op('Sub', [number(c, 1), s])]);
    return times(c, s, c.b.op('Add', [bend, number(c, 1)]));
  });
}

export const activationRules: RuleTable = {
  // y = max(x, 0):  x̄ = y > 0 ? g : 0; nothing flows at 0
  Relu: unary((c, _x, y) => elementwise(c, y, (whole, of) => beforePool(c.b, whole, of, (g, value) => inside({ ...c, g }, value, 0, undefined)))),
  LeakyRelu: leakyRelu, PRelu: pRelu, Elu: elu, Selu: selu, Celu: celu, ThresholdedRelu: thresholdedRelu,
  Clip: clip, HardSigmoid: hardSigmoid, HardSwish: hardSwish, Mish: mish,
  // σ' = y(1 − y)
  Sigmoid: unary((c, _x, y) => times(c, y, oneMinus(c, y))),
  // tanh' = 1 − y²
  Tanh: unary((c, _x, y) => times(c, oneMinus(c, c.b.op('Mul', [y, y])))),
  // ln(1 + eˣ)' = σ(x)
  Softplus: unary((c, x) => times(c, c.b.op('Sigmoid', [x]))),
  // (x/(1 + |x|))' = 1/(1 + |x|)²
  Softsign: unary((c, x) => {
    const divisor = c.b.op('Add', [c.b.op('Abs', [x]), number(c, 1)]);
    return c.b.op('Div', [c.g, c.b.op('Mul', [divisor, divisor])]);
  }),
  Gelu: unary((c, x) => times(c, attrString(c.node, 'approximate', 'none') === 'tanh' ? tanhGelu(c, x) : exactGelu(c, x))),
  Swish: swish(1),
  'com.microsoft:Gelu': biased(exactGelu),
  'com.microsoft:BiasGelu': biased(exactGelu),
  'com.microsoft:FastGelu': biased(tanhGelu),
  'com.microsoft:QuickGelu': swish(1.702),
};
