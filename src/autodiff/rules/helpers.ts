/** Small words the rule tables share. */
import type { Cotangents, Rule, RuleContext } from '../rule';

/** A scalar constant of the element type of `like`. */
export function scalar(c: RuleContext, value: number, like: string = c.node.inputs[0]!): string {
  return c.b.constant(value, c.dtype(like), []);
}

/** Zeros with the dims and element type of a primal value. */
export function zerosLike(c: RuleContext, value: string): string {
  return c.b.expand(scalar(c, 0, value), c.dims(value));
}

/** A negative axis counted from the end. */
export function positiveAxis(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

export function product(dims: readonly number[]): number {
  return dims.reduce((result, dim) => result * dim, 1);
}

export function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** A copy of `dims` with one entry replaced. */
export function withDim(dims: readonly number[], axis: number, dim: number): number[] {
  return dims.map((old, index) => (index === axis ? dim : old));
}

/** Numbers 0 … count − 1. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** The constant content of an input the rule cannot do without. */
export function requireConstant(c: RuleContext, index: number, what: string): readonly number[] {
  return c.constant(c.node.inputs[index]) ?? c.fail(`its ${what} are computed while the model runs; its gradient needs them to be constant`);
}

/** A rule of an op with one input x and one output y, both of the same dims. */
export function unary(derivative: (c: RuleContext, x: string, y: string) => string): Rule {
  return { vjp: (c): Cotangents => [derivative(c, c.node.inputs[0]!, c.node.outputs[0]!)] };
}
