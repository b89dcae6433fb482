/**
 * Convolutions that a GPU provider computes wrongly, refuses or crashes on, written otherwise. Each was seen on the WebGPU
 * provider of ONNX Runtime 1.30, beside the CPU:
 *
 * - a bias that is written as absent ('') crashes the process, in Conv and ConvTranspose;
 * - a Conv that pads behind but not in front is wrong where its kernel is 1×1, or as large as the picture;
 * - a Conv in groups computes four channels at once (two, if they are no multiple of four), also across a group's border;
 * - a ConvTranspose in groups of several channels mixes the groups up;
 * - a Conv over three axes knows no groups.
 */
import type { GraphBuilder } from '../builder';
import { attrInt, attrInts, type Node } from '../graph';
import { replaced, type Known } from './rewriting';

export function portableConvolution(given: Node, b: GraphBuilder, known: Known): Node[] {
  const node = given.inputs[2] === '' ? { ...given, inputs: given.inputs.slice(0, 2) } : given;
  const padded = padsBehindOnly(node, known) ? replaced(node, paddedInFront(node, b), b) : [node];
  return padded.flatMap((part) => {
    const value = part.opType === node.opType ? apart(part, b, known) : undefined;
    return value === undefined ? [part] : replaced(part, value, b);
  });
}

/** Groups that must not stay together, one by one; undefined where they may. */
function apart(node: Node, b: GraphBuilder, { dims }: Known): string | undefined {
  const group = attrInt(node, 'group', 1), weight = group > 1 ? dims(node.inputs[1]!) : undefined;
  if (!weight) return undefined;
  const transposed = node.opType === 'ConvTranspose', inputs = transposed ? weight[0]! / group : weight[1]!, outputs = weight[0]! / group;
  const atOnce = outputs < 4 ? 1 : weight[0]! % 4 === 0 ? 4 : weight[0]! % 2 === 0 ? 2 : 1;
  const wrong = transposed ? inputs > 1 : weight.length === 5 || outputs % atOnce !== 0;
  return wrong ? inGroups(node, b, group, weight) : undefined;
}

/** One convolution a group, side by side along the channels. */
function inGroups(node: Node, b: GraphBuilder, group: number, weight: readonly number[]): string {
  const [x, w, bias] = node.inputs as [string, string, string?], transposed = node.opType === 'ConvTranspose';
  const inputs = transposed ? weight[0]! / group : weight[1]!, outputs = transposed ? weight[1]! : weight[0]! / group;
  const each = (value: string, axis: number, size: number): string[] => Array.from({ length: group }, (_, index) => b.slice(value, [index * size], [(index + 1) * size], [axis]));
  const xs = each(x, 1, inputs), ws = each(w, 0, weight[0]! / group), biases = bias === undefined ? undefined : each(bias, 0, outputs);
  const attributes = new Map([...node.attributes].filter(([name]) => name !== 'group'));
  const parts = xs.map((part, index) => {
    const name = b.fresh(node.opType);
    b.nodes.push({ ...node, name, attributes, inputs: [part, ws[index]!, ...(biases ? [biases[index]!] : [])], outputs: [name] });
    return name;
  });
  return b.concat(parts, 1);
}

/** Whether a Conv is taken for a product of matrices, which would be right without the padding behind. */
function padsBehindOnly(node: Node, { dims }: Known): boolean {
  const pads = attrInts(node, 'pads', []), front = pads.slice(0, pads.length / 2);
  if (node.opType !== 'Conv' || front.some((pad) => pad !== 0) || !pads.some((pad) => pad > 0)) return false;
  const kernel = attrInts(node, 'kernel_shape', undefined) ?? dims(node.inputs[1]!)?.slice(2);
  if (!kernel || kernel.every((size) => size === 1)) return kernel !== undefined;
  const whole = dims(node.inputs[0]!)?.slice(2);
  return whole?.every((size, axis) => size === kernel[axis]) ?? false;
}

/** Padded by one window more in front, whose output is cut off again: with padding there the kernel is right. */
function paddedInFront(node: Node, b: GraphBuilder): string {
  const pads = attrInts(node, 'pads', []), axis = pads.length / 2 - 1, stride = attrInts(node, 'strides', undefined)?.[axis] ?? 1;
  const name = b.fresh('Conv'), more = pads.map((pad, index) => BigInt(index === axis ? stride : pad));
  b.nodes.push({ ...node, name, outputs: [name], attributes: new Map([...node.attributes, ['pads', { kind: 'ints', value: more }]]) });
  return b.slice(name, [1], [2 ** 31 - 1], [axis + 2]);
}
