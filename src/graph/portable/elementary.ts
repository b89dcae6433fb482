/**
 * Ops that the WebGPU provider of ONNX Runtime 1.30 leaves to the CPU, by ops it has: one node less in the middle of a
 * graph is two copies less of whole activations.
 */
import type { GraphBuilder } from '../builder';
import { attrFloat, attrInt, attrString, type Node } from '../graph';
import type { Known } from './rewriting';

/** From a node to the value that takes its first output's place; undefined where it has to stay. */
type Rewrite = (node: Node, b: GraphBuilder, known: Known) => string | undefined;

/** The number as the element type of `value`; undefined where that is not one of real numbers. */
function number(b: GraphBuilder, known: Known, value: string, constant: number): string | undefined {
  const dtype = known.dtype(value);
  return dtype === 'float32' || dtype === 'float16' ? b.constant(constant, dtype) : undefined;
}

const sum: Rewrite = (node, b) => (node.inputs.length === 1 ? b.op('Identity', node.inputs) : node.inputs.slice(1).reduce((total, next) => b.op('Add', [total, next]), node.inputs[0]!));

const mean: Rewrite = (node, b, known) => {
  const share = number(b, known, node.inputs[0]!, 1 / node.inputs.length);
  return share === undefined ? undefined : b.op('Mul', [sum(node, b, known)!, share]);
};

const sign: Rewrite = (node, b, known) => {
  const [x] = node.inputs as [string], zero = number(b, known, x, 0), one = number(b, known, x, 1), minus = number(b, known, x, -1);
  return zero === undefined ? undefined : b.op('Where', [b.op('Greater', [x, zero]), one!, b.op('Where', [b.op('Less', [x, zero]), minus!, zero])]);
};

/** To the nearest whole number, halves to the even one: r = ⌊x + ½⌋, less one where x + ½ is r and r is odd. */
const round: Rewrite = (node, b, known) => {
  const [x] = node.inputs as [string], half = number(b, known, x, 0.5);
  return half === undefined ? undefined : rounded(b, x, (constant) => number(b, known, x, constant)!);
};

export function rounded(b: GraphBuilder, x: string, constant: (value: number) => string): string {
  const up = b.op('Add', [x, constant(0.5)]), r = b.op('Floor', [up]);
  const odd = b.op('Sub', [r, b.op('Mul', [b.op('Floor', [b.op('Mul', [r, constant(0.5)])]), constant(2)])]);
  return b.op('Sub', [r, b.op('Where', [b.op('Equal', [up, r]), odd, constant(0)])]);
}

/** x − max − ln Σ exp(x − max) along the axis. */
const logSoftmax: Rewrite = (node, b, known) => {
  const [x] = node.inputs as [string], axis = attrInt(node, 'axis', -1), rank = known.dims(x)?.length;
  // Before version 13 all axes from there on are one.
  if (rank === undefined || b.opset < 13 || number(b, known, x, 0) === undefined) return undefined;
  const axes = [axis < 0 ? axis + rank : axis], shifted = b.op('Sub', [x, b.reduce('ReduceMax', x, axes)]);
  return b.op('Sub', [shifted, b.op('Log', [b.reduce('ReduceSum', b.op('Exp', [shifted]), axes)])]);
};

const selu: Rewrite = (node, b, known) => {
  const gamma = number(b, known, node.inputs[0]!, attrFloat(node, 'gamma', 1.0507009873554805));
  return gamma === undefined ? undefined : b.op('Mul', [b.op('Elu', node.inputs, { alpha: { float: attrFloat(node, 'alpha', 1.6732632423543772) } }), gamma]);
};

/** α · elu(x / α) */
const celu: Rewrite = (node, b, known) => {
  const alpha = number(b, known, node.inputs[0]!, attrFloat(node, 'alpha', 1));
  return alpha === undefined ? undefined : b.op('Mul', [b.op('Elu', [b.op('Div', [node.inputs[0]!, alpha])]), alpha]);
};

const softsign: Rewrite = (node, b, known) => {
  const [x] = node.inputs as [string], one = number(b, known, x, 1);
  return one === undefined ? undefined : b.op('Div', [x, b.op('Add', [b.op('Abs', [x]), one])]);
};

const not = (b: GraphBuilder, x: string): string => b.op('Not', [x]);
const or: Rewrite = (node, b) => not(b, b.op('And', node.inputs.map((input) => not(b, input))));

const spaceToDepth: Rewrite = (node, b, known) => {
  const dims = known.dims(node.inputs[0]!), size = attrInt(node, 'blocksize', 1);
  if (dims?.length !== 4 || dims[2]! % size !== 0 || dims[3]! % size !== 0) return undefined;
  const [n, c, h, w] = [dims[0]!, dims[1]!, dims[2]! / size, dims[3]! / size];
  return b.reshape(b.transpose(b.reshape(node.inputs[0]!, [n, c, h, size, w, size]), [0, 3, 5, 1, 2, 4]), [n, c * size * size, h, w]);
};

/** An operand with one entry along an axis where another has several is repeated: the provider does not, and is wrong. */
const einsum: Rewrite = (node, b, known) => {
  const terms = attrString(node, 'equation', '').replace(/\s/g, '').split('->')[0]!.split(','), dims = node.inputs.map((input) => known.dims(input)), sizes = new Map<string, number>();
  if (terms.length !== dims.length || !dims.every((own) => own !== undefined)) return undefined;
  // One label an axis; those an ellipsis stands for are counted from its end.
  const labels = terms.map((term, index) => {
    const at = term.indexOf('...'), hidden = dims[index]!.length - (term.length - 3);
    return at < 0 ? [...term] : [...term.slice(0, at), ...Array.from({ length: hidden }, (_, axis) => `…${hidden - axis}`), ...term.slice(at + 3)];
  });
  labels.forEach((own, index) => own.forEach((label, axis) => sizes.set(label, Math.max(sizes.get(label) ?? 1, dims[index]![axis]!))));
  const whole = labels.map((own) => own.map((label) => sizes.get(label)!));
  if (whole.every((own, index) => own.every((size, axis) => size === dims[index]![axis]))) return undefined;
  const inputs = node.inputs.map((input, index) => (whole[index]!.every((size, axis) => size === dims[index]![axis]) ? input : b.expand(input, whole[index]!)));
  const name = b.fresh('Einsum');
  b.nodes.push({ ...node, name, inputs, outputs: [name] });
  return name;
};

/** Out of training nothing is dropped. */
const dropout: Rewrite = (node, b, known) => (node.inputs[2] || (node.outputs[1] && known.isNeeded(node.outputs[1])) ? undefined : b.op('Identity', [node.inputs[0]!]));

export const elementary: Readonly<Record<string, Rewrite>> = {
  Sum: sum, Mean: mean, Sign: sign, Round: round, LogSoftmax: logSoftmax, Selu: selu, Celu: celu, Softsign: softsign, Or: or, SpaceToDepth: spaceToDepth, Dropout: dropout, Einsum: einsum,
};
