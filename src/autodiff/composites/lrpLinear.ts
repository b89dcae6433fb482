/**
 * Rules of layer-wise relevance propagation for linear layers y = W·x + b, as zennit defines them. R is the relevance
 * of y, z⁺ = max(z, 0), z⁻ = min(z, 0), and z̃ = z + ε·sign(z) with sign(0) = 1 keeps quotients finite.
 *
 * Bach et al. 2015 (10.1371/journal.pone.0130140); Montavon et al. 2019, "Layer-Wise Relevance Propagation: An Overview".
 */
import type { RuleContext } from '../rule';
import { isNonNegative } from '../rules/nonNegative';
import type { LinearLayer } from './linearLayers';

export interface LrpNumbers {
  /** ε of the stabilised quotients. */
  readonly epsilon: number;
  readonly gamma: number;
}

export interface LayerRelevance {
  /** Relevance of the data, in its dims. */
  readonly relevance: string;
  /** Pairs (bias [channels], quotient in the output's dims): Σ bias · quotient is what biases absorbed. */
  readonly absorbed: readonly (readonly [bias: string, quotient: string])[];
}

/** A layer as a rule sees it. */
export interface LrpLayer extends LinearLayer {
  /** The layer's output, or that of the rectifier behind it where relevance only reaches what is positive. */
  readonly y: string;
  /** Outputs below zero have no relevance. */
  readonly onlyPositive: boolean;
}

export type LinearRule = (c: RuleContext, layer: LrpLayer, numbers: LrpNumbers) => LayerRelevance;

/** numerator / (z + ε·sign z), sign(0) = 1; `known` where it is known to be the same everywhere (at 0, nothing is shared). */
export function quotient(c: RuleContext, numerator: string, z: string, epsilon: number, known?: 1 | -1): string {
  const dtype = c.dtype(c.node.outputs[0]!), number = (value: number): string => c.b.constant(value, dtype, []);
  if (known) return c.b.op('Div', [numerator, c.b.op('Add', [z, number(known * epsilon)])]);
  const sign = c.b.op('Where', [c.b.op('GreaterOrEqual', [z, number(0)]), number(epsilon), number(-epsilon)]);
  return c.b.op('Div', [numerator, c.b.op('Add', [z, sign])]);
}

const add = (c: RuleContext, parts: readonly string[]): string => parts.reduce((sum, part) => c.b.op('Add', [sum, part]));
const positive = (c: RuleContext, value: string): string => c.b.op('Relu', [value]);
const negative = (c: RuleContext, value: string): string => c.b.op('Sub', [value, c.b.op('Relu', [value])]);

/** R_x = x · Wᵀ(R / z̃), z = W·x + b */
export const epsilonRule: LinearRule = (c, layer, { epsilon }) => {
  const s = quotient(c, c.g, layer.y, epsilon, layer.onlyPositive ? 1 : undefined), bias = layer.bias();
  return { relevance: c.b.op('Mul', [layer.x, layer.backward(c, s, layer.weight())]), absorbed: bias ? [[bias, s]] : [] };
};

/** The data's positive and negative parts; no negative part where the data cannot be negative. */
interface Signed { readonly plus: string; readonly minus?: string }

function signed(c: RuleContext, x: string): Signed {
  return isNonNegative(c, x) ? { plus: x } : { plus: positive(c, x), minus: negative(c, x) };
}

/** u·x⁺ + v·x⁻ + bias */
function forward(c: RuleContext, layer: LinearLayer, x: Signed, u: string, v: string, bias: string | undefined): string {
  const plus = layer.forward(x.plus, u, bias);
  return x.minus === undefined ? plus : c.b.op('Add', [plus, layer.forward(x.minus, v)]);
}

/** x⁺·uᵀs + x⁻·vᵀs */
function backward(c: RuleContext, layer: LinearLayer, x: Signed, u: string, v: string, s: string): string {
  const plus = c.b.op('Mul', [x.plus, layer.backward(c, s, u)]);
  return x.minus === undefined ? plus : c.b.op('Add', [plus, c.b.op('Mul', [x.minus, layer.backward(c, s, v)])]);
}

/** z⁺ rule: R_x = x⁺·W⁺ᵀs + x⁻·W⁻ᵀs, s = R / z̃, z = W⁺x⁺ + W⁻x⁻ + b⁺ */
export const zPlusRule: LinearRule = (c, layer, { epsilon }) => {
  const x = signed(c, layer.x), w = layer.weight(), plus = positive(c, w), minus = negative(c, w);
  const own = layer.bias(), bias = own && positive(c, own);
  const s = quotient(c, c.g, forward(c, layer, x, plus, minus, bias), epsilon, 1);
  return { relevance: backward(c, layer, x, plus, minus, s), absorbed: bias ? [[bias, s]] : [] };
};

/** αβ rule: α times the z⁺ rule less β times its mirror image, in which what is negative is shared out. */
export function alphaBetaRule(alpha: number, beta: number): LinearRule {
  return (c, layer, { epsilon }) => {
    const x = signed(c, layer.x), w = layer.weight(), plus = positive(c, w), minus = negative(c, w), own = layer.bias();
    const number = (value: number): string => c.b.constant(value, c.dtype(c.node.outputs[0]!), []);
    const excited = c.b.op('Mul', [c.g, number(alpha)]), inhibited = c.b.op('Mul', [c.g, number(-beta)]);
    const up = own && positive(c, own), down = own && negative(c, own);
    const s = quotient(c, excited, forward(c, layer, x, plus, minus, up), epsilon, 1);
    const t = quotient(c, inhibited, forward(c, layer, x, minus, plus, down), epsilon, -1);
    return {
      relevance: add(c, [backward(c, layer, x, plus, minus, s), backward(c, layer, x, minus, plus, t)]),
      absorbed: up && down ? [[up, s], [down, t]] : [],
    };
  };
}

/**
 * γ rule (generalised to any sign): positive outputs share their relevance among W + γW⁺ for x⁺ and W + γW⁻ for x⁻,
 * negative outputs the other way round; biases likewise.
 */
export const gammaRule: LinearRule = (c, layer, { epsilon, gamma }) => {
  const x = signed(c, layer.x), w = layer.weight(), own = layer.bias(), dtype = c.dtype(c.node.outputs[0]!);
  const favour = (value: string, part: string): string => c.b.op('Add', [value, c.b.op('Mul', [part, c.b.constant(gamma, dtype, [])])]);
  const plus = favour(w, positive(c, w)), minus = favour(w, negative(c, w));
  const up = own && favour(own, positive(c, own)), down = own && favour(own, negative(c, own));
  const zero = c.b.constant(0, dtype, []);
  // Where y is positive, so is what it is divided by; elsewhere the quotient is not looked at.
  const where = (test: 'Greater' | 'Less', value: string): string => c.b.op('Where', [c.b.op(test, [layer.y, zero]), value, zero]);
  const s = where('Greater', quotient(c, c.g, forward(c, layer, x, plus, minus, up), epsilon, 1));
  const shares = [backward(c, layer, x, plus, minus, s)], absorbed: [string, string][] = up ? [[up, s]] : [];
  if (!layer.onlyPositive) {
    const t = where('Less', quotient(c, c.g, forward(c, layer, x, minus, plus, down), epsilon, -1));
    shares.push(backward(c, layer, x, minus, plus, t));
    if (down) absorbed.push([down, t]);
  }
  return { relevance: add(c, shares), absorbed };
};

/** Flat rule: every input in reach gets the same share, R_x = 1ᵀ(R / z̃), z = 1·1 */
export const flatRule: LinearRule = (c, layer, { epsilon }) => {
  const one = c.b.constant(1, c.dtype(layer.x), []);
  const ones = c.b.expand(one, c.dims(layer.x)), weight = c.b.expand(one, c.dims(layer.node.inputs[1 - layer.data]!));
  const s = quotient(c, c.g, layer.forward(ones, weight), epsilon, 1);
  return { relevance: layer.backward(c, s, weight), absorbed: [] };
};

/** zᴮ rule for data known to lie in low…high: R_x = x·Wᵀs − low·W⁺ᵀs − high·W⁻ᵀs, z = W·x − W⁺·low − W⁻·high */
export function boxRule(low: (value: string) => string, high: (value: string) => string): LinearRule {
  return (c, layer, { epsilon }) => {
    const w = layer.weight(), plus = positive(c, w), minus = negative(c, w), own = layer.bias();
    const [l, h] = [low(layer.x), high(layer.x)];
    // The bias goes out with its own two parts.
    const below = layer.forward(l, plus, own && positive(c, own)), above = layer.forward(h, minus, own && negative(c, own));
    const s = quotient(c, c.g, c.b.op('Sub', [c.b.op('Sub', [layer.end, below]), above]), epsilon);
    const terms = [[layer.x, w], [l, plus], [h, minus]].map(([value, weight]) => c.b.op('Mul', [value!, layer.backward(c, s, weight!)])) as [string, string, string];
    return { relevance: c.b.op('Sub', [c.b.op('Sub', [terms[0], terms[1]]), terms[2]]), absorbed: [] };
  };
}
