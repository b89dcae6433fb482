/** Arithmetic, element by element. Rows of broadcasting ops return cotangents with the output's dims. */
import type { Cotangents, Rule, RuleContext, RuleTable } from '../rule';
import { scalar, unary } from './helpers';

const add: Rule = { broadcasts: true, vjp: (c): Cotangents => c.node.inputs.map(() => c.g) };

const subtract: Rule = { broadcasts: true, vjp: (c): Cotangents => [c.g, c.wants(1) ? c.b.op('Neg', [c.g]) : undefined] };

// y = a·b:  ā = g·b,  b̄ = g·a
const multiply: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const [a, b] = c.node.inputs as [string, string];
    return [c.wants(0) ? c.b.op('Mul', [c.g, b]) : undefined, c.wants(1) ? c.b.op('Mul', [c.g, a]) : undefined];
  },
};

// y = a/b:  ā = g/b,  b̄ = −g·y/b
const divide: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const divided = c.b.op('Div', [c.g, c.node.inputs[1]!]);
    return [divided, c.wants(1) ? c.b.op('Neg', [c.b.op('Mul', [divided, c.node.outputs[0]!])]) : undefined];
  },
};

// y = x^p:  x̄ = g·p·x^(p−1), 0 where p = 0;  p̄ = g·y·ln x, 0 where x = 0 and p ≥ 0 (as torch has it)
const power: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const [x, p] = c.node.inputs as [string, string];
    return [c.wants(0) ? powerBase(c, x, p) : undefined, c.wants(1) ? powerExponent(c, x, p) : undefined];
  },
};

function powerBase(c: RuleContext, x: string, p: string): string {
  const exponent = c.constant(p);
  if (exponent?.length === 1) {
    const [value] = exponent as [number];
    if (value === 0) return c.b.op('Mul', [c.g, scalar(c, 0, x)]);
    const scaled = c.b.op('Mul', [c.g, scalar(c, value, x)]);
    if (value === 1) return scaled;
    const rest = value === 2 ? x : value === 3 ? c.b.op('Mul', [x, x]) : c.b.op('Pow', [x, scalar(c, value - 1, x)]);
    return c.b.op('Mul', [scaled, rest]);
  }
  const typed = c.dtype(p) === c.dtype(x) ? p : c.b.cast(p, c.dtype(x));
  const slope = c.b.op('Mul', [typed, c.b.op('Pow', [x, c.b.op('Sub', [typed, scalar(c, 1, x)])])]);
  const zero = scalar(c, 0, x);
  return c.b.op('Mul', [c.g, c.b.op('Where', [c.b.op('Equal', [typed, zero]), zero, slope])]);
}

function powerExponent(c: RuleContext, x: string, p: string): string {
  const zero = scalar(c, 0, x);
  const slope = c.b.op('Mul', [c.node.outputs[0]!, c.b.op('Log', [x])]);
  const flat = c.b.op('And', [c.b.op('Equal', [x, zero]), c.b.op('GreaterOrEqual', [c.b.cast(p, c.dtype(x)), zero])]);
  const cotangent = c.b.op('Mul', [c.g, c.b.op('Where', [flat, zero, slope])]);
  return c.dtype(p) === c.dtype(x) ? cotangent : c.b.cast(cotangent, c.dtype(p));
}

// y = a − b·quotient, the quotient rounded down (floor, or towards zero with fmod = 1):  ā = g,  b̄ = −g·quotient, quotient = (a − y)/b
const modulo: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const [a, b] = c.node.inputs as [string, string];
    if (!c.wants(1)) return [c.g];
    const quotient = c.b.op('Round', [c.b.op('Div', [c.b.op('Sub', [a, c.node.outputs[0]!]), b])]);
    return [c.g, c.b.op('Neg', [c.b.op('Mul', [c.g, quotient])])];
  },
};

/**
 * y = max(x₁, x₂, …):  x̄ᵢ = g·[xᵢ = y] / (how many of them equal y).
 * A tie is shared evenly, as torch.maximum does; ONNX does not say.
 */
const extremum: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const y = c.node.outputs[0]!;
    if (c.node.inputs.length === 1) return [c.g];
    const hits = c.node.inputs.map((input) => c.b.cast(c.b.op('Equal', [input, y]), c.dtype(y)));
    const share = c.b.op('Div', [c.g, c.b.op('Sum', hits)]);
    return hits.map((hit, index) => (c.wants(index) ? c.b.op('Mul', [share, hit]) : undefined));
  },
};

// y = (x₁ + … + xₙ)/n:  x̄ᵢ = g/n
const mean: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const share = c.b.op('Mul', [c.g, scalar(c, 1 / c.node.inputs.length)]);
    return c.node.inputs.map(() => share);
  },
};

// y = condition ? a : b:  ā = condition ? g : 0,  b̄ = condition ? 0 : g
const where: Rule = {
  broadcasts: true,
  vjp: (c): Cotangents => {
    const condition = c.node.inputs[0]!, zero = scalar(c, 0, c.node.outputs[0]!);
    return [
      undefined,
      c.wants(1) ? c.b.op('Where', [condition, c.g, zero]) : undefined,
      c.wants(2) ? c.b.op('Where', [condition, zero, c.g]) : undefined,
    ];
  },
};

const times = (c: RuleContext, factor: string): string => c.b.op('Mul', [c.g, factor]);
const over = (c: RuleContext, divisor: string): string => c.b.op('Div', [c.g, divisor]);
const square = (c: RuleContext, x: string): string => c.b.op('Mul', [x, x]);
const one = (c: RuleContext): string => scalar(c, 1);

export const elementwiseRules: RuleTable = {
  Add: add, Sub: subtract, Mul: multiply, Div: divide, Pow: power, Mod: modulo,
  Max: extremum, Min: extremum, Sum: add, Mean: mean, Where: where,
  Neg: unary((c) => c.b.op('Neg', [c.g])),
  // (√x)' = 1/(2y). At 0 that is infinite, and 0·∞ spreads as NaN from silence and blank pictures: there nothing flows.
  Sqrt: unary((c, _x, y) => c.b.op('Where', [c.b.op('Equal', [y, scalar(c, 0)]), scalar(c, 0), over(c, c.b.op('Add', [y, y]))])),
  Exp: unary((c, _x, y) => times(c, y)),
  Log: unary((c, x) => over(c, x)),
  // |x|' = sign x, 0 at 0
  Abs: unary((c, x) => times(c, c.b.op('Sign', [x]))),
  // (1/x)' = −y²
  Reciprocal: unary((c, _x, y) => c.b.op('Neg', [times(c, square(c, y))])),
  Sin: unary((c, x) => times(c, c.b.op('Cos', [x]))),
  Cos: unary((c, x) => c.b.op('Neg', [times(c, c.b.op('Sin', [x]))])),
  // tan' = 1 + y²
  Tan: unary((c, _x, y) => times(c, c.b.op('Add', [one(c), square(c, y)]))),
  // asin' = 1/√(1 − x²), acos' = −asin'
  Asin: unary((c, x) => over(c, c.b.op('Sqrt', [c.b.op('Sub', [one(c), square(c, x)])]))),
  Acos: unary((c, x) => c.b.op('Neg', [over(c, c.b.op('Sqrt', [c.b.op('Sub', [one(c), square(c, x)])]))])),
  Atan: unary((c, x) => over(c, c.b.op('Add', [one(c), square(c, x)]))),
  Sinh: unary((c, x) => times(c, c.b.op('Cosh', [x]))),
  Cosh: unary((c, x) => times(c, c.b.op('Sinh', [x]))),
  // asinh' = 1/√(x² + 1), acosh' = 1/√(x² − 1), atanh' = 1/(1 − x²)
  Asinh: unary((c, x) => over(c, c.b.op('Sqrt', [c.b.op('Add', [square(c, x), one(c)])]))),
  Acosh: unary((c, x) => over(c, c.b.op('Sqrt', [c.b.op('Sub', [square(c, x), one(c)])]))),
  Atanh: unary((c, x) => over(c, c.b.op('Sub', [one(c), square(c, x)]))),
  // erf' = 2/√π · exp(−x²)
  Erf: unary((c, x) => times(c, c.b.op('Mul', [scalar(c, 2 / Math.sqrt(Math.PI)), c.b.op('Exp', [c.b.op('Neg', [square(c, x)])])]))),
  Identity: unary((c) => c.g),
  Cast: unary((c, x) => (c.dtype(x) === c.dtype(c.node.outputs[0]!) ? c.g : c.b.cast(c.g, c.dtype(x)))),
  CastLike: unary((c, x) => (c.dtype(x) === c.dtype(c.node.outputs[0]!) ? c.g : c.b.cast(c.g, c.dtype(x)))),
  // Dropout is the identity when a model is used; a training-mode one draws a new mask in every run.
  Dropout: {
    vjp: (c): Cotangents => {
      const training = c.node.inputs[2];
      if (training && c.constant(training)?.[0] !== 0) c.fail('it is in training mode, so its output is random; export the model for inference');
      return [c.g];
    },
  },
};
