/**
 * The linear layers of a network as its author thought of them: a convolution or matrix product with constant weights,
 * and the constants behind it (bias, batch normalisation, scale and shift) merged into one weight and one bias. Nothing
 * in the graph is rewritten: the merged weights are further constants, which ONNX Runtime folds when it loads the model.
 */
import { attrFloat, attrInt, type Node } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { DType } from '../../tensor/dtype';
import { elementCount } from '../../tensor/tensor';
import { ruleKey, type Primals } from '../context';
import type { Rule, RuleContext, RuleTable } from '../rule';
import { standIn } from './standIn';

export interface LinearLayer {
  readonly node: Node;
  readonly kind: 'convolution' | 'linear';
  /** Which input of the node holds the data: 0, or 1 for weight · data. */
  readonly data: number;
  readonly x: string;
  /** The value behind the merged constants; its dims are those of the node's output. */
  readonly end: string;
  /** Axis of the output along which the bias lies. */
  readonly channelAxis: number;
  /** The merged weight, in the dims of the node's own. */
  weight(): string;
  /** The merged bias, [channels], if there is any. */
  bias(): string | undefined;
  /** The layer applied to other data with other weights: weight · x + bias. */
  forward(x: string, weight: string, bias?: string): string;
  /** The transpose: what cotangent `s` of the output gives the data, with another weight. */
  backward(c: RuleContext, s: string, weight: string): string;
}

interface Channelwise { readonly scale?: string; readonly shift?: string }

const convolutions: ReadonlySet<string> = new Set(['Conv', 'ConvTranspose']);
const products: ReadonlySet<string> = new Set(['Gemm', 'MatMul']);

/**
 * @param nodes in topological order. @param depends values that change with the input; all others are constants.
 * @param keep values that end a layer, because they are read for themselves.
 */
export function findLinearLayers(nodes: readonly Node[], depends: ReadonlySet<string>, keep: ReadonlySet<string>, primals: Primals, builder: GraphBuilder, rules: RuleTable): { layers: ReadonlyMap<Node, LinearLayer>; merged: ReadonlySet<Node> } {
  const consumers = new Map<string, Node[]>();
  for (const node of nodes) for (const input of new Set(node.inputs)) consumers.set(input, [...(consumers.get(input) ?? []), node]);
  const layers = new Map<Node, LinearLayer>(), merged = new Set<Node>();
  for (const node of nodes) {
    const key = ruleKey(node);
    if (!convolutions.has(key) && !products.has(key)) continue;
    const data = [0, 1].filter((index) => depends.has(node.inputs[index]!));
    if (data.length !== 1 || (convolutions.has(key) && data[0] !== 0) || (node.inputs[2] && depends.has(node.inputs[2]))) continue;
    const rule = rules[key], dims = primals.type(node.outputs[0]!)?.dims, weight = primals.type(node.inputs[1 - data[0]!]!);
    if (!rule || !dims || !weight?.dims || (key === 'MatMul' && weight.dims.length !== 2)) continue;
    if (key === 'Gemm' && !hasRowBias(node, data[0]!, dims, primals)) continue;
    // The bias of weight · data lies along the rows: left to a rule of its own.
    const channelAxis = convolutions.has(key) ? 1 : data[0] === 0 ? dims.length - 1 : dims.length - 2;
    const tail: Channelwise[] = [];
    let end = node.outputs[0]!;
    while (!keep.has(end)) {
      const [next, ...others] = consumers.get(end) ?? [];
      if (!next || others.length > 0 || channelAxis < 0) break;
      const step = channelwise(next, end, dims, channelAxis, depends, primals, builder);
      if (!step) break;
      tail.push(step);
      merged.add(next);
      end = next.outputs[0]!;
    }
    layers.set(node, layer(node, data[0]!, end, channelAxis, dims, weight.dims, weight.dtype, tail, builder, rule));
  }
  return { layers, merged };
}

/** Whether a Gemm is data · W with a bias per column: other forms of it are left to the rule of products. */
function hasRowBias(node: Node, data: number, dims: readonly number[], primals: Primals): boolean {
  if (data !== 0 || !node.inputs[2]) return data === 0;
  const bias = primals.type(node.inputs[2])?.dims;
  return !!bias && (elementCount(bias) === 1 || (bias.at(-1) === dims[1] && elementCount(bias) === dims[1]));
}

/** y = x · scale + shift with constants that differ by channel at most, each as [channels]; undefined if it is not that. */
function channelwise(node: Node, x: string, dims: readonly number[], axis: number, depends: ReadonlySet<string>, primals: Primals, b: GraphBuilder): Channelwise | undefined {
  const key = ruleKey(node), channels = dims[axis]!, dtype = primals.type(x)?.dtype ?? 'float32';
  if (key === 'BatchNormalization') {
    if (axis !== 1 || node.inputs[0] !== x || attrInt(node, 'training_mode', 0) === 1) return undefined;
    const [, gain, offset, mean, variance] = node.inputs as [string, string, string, string, string];
    if ([gain, offset, mean, variance].some((value) => depends.has(value) || primals.type(value)?.dtype !== dtype)) return undefined;
    const scale = b.op('Div', [gain, b.op('Sqrt', [b.op('Add', [variance, b.constant(attrFloat(node, 'epsilon', 1e-5), dtype)])])]);
    return { scale, shift: b.op('Sub', [offset, b.op('Mul', [mean, scale])]) };
  }
  const place = node.inputs.indexOf(x), other = node.inputs[1 - place];
  if (!['Add', 'Sub', 'Mul', 'Div'].includes(key) || other === undefined || depends.has(other) || other === x) return undefined;
  if (place === 1 && (key === 'Sub' || key === 'Div')) return undefined;
  const otherType = primals.type(other), otherDims = otherType?.dims;
  if (!otherDims || otherDims.length > dims.length || otherType.dtype !== dtype) return undefined;
  const aligned = [...dims.map(() => 1).slice(otherDims.length), ...otherDims];
  if (aligned.some((dim, index) => dim !== 1 && (index !== axis || dim !== channels))) return undefined;
  const list = aligned[axis] === 1 ? b.expand(b.reshape(other, [1]), [channels]) : b.reshape(other, [channels]);
  switch (key) {
    case 'Add': return { shift: list };
    case 'Sub': return { shift: b.op('Neg', [list]) };
    case 'Mul': return { scale: list };
    default: return { scale: b.op('Reciprocal', [list]) };
  }
}

function layer(
  given: Node, data: number, end: string, channelAxis: number, dims: readonly number[], weightDims: readonly number[], dtype: DType,
  tail: readonly Channelwise[], b: GraphBuilder, rule: Rule,
): LinearLayer {
  const key = ruleKey(given), gemm = key === 'Gemm';
  const alpha = gemm ? attrFloat(given, 'alpha', 1) : 1, beta = gemm ? attrFloat(given, 'beta', 1) : 1;
  // α and β go into the weights, so that forward, transpose and clamped weights speak of the same numbers.
  const node: Node = gemm ? { ...given, attributes: new Map([...given.attributes, ['alpha', { kind: 'float', value: 1 }], ['beta', { kind: 'float', value: 1 }]]) } : given;
  const channels = dims[channelAxis] ?? 1;
  const own = given.inputs[1 - data]!, ownBias = given.inputs[2] || undefined;
  let weight: string | undefined, bias: string | undefined | null = null;

  /** A factor per output channel in the dims of the weight. */
  const spread = (factor: string): string => {
    if (key === 'Conv') return b.reshape(factor, [channels, ...weightDims.slice(1).map(() => 1)]);
    if (key === 'ConvTranspose') {
      const group = attrInt(given, 'group', 1), perGroup = weightDims[1]!;
      const table = b.reshape(factor, [group, 1, perGroup]);
      return b.reshape(b.expand(table, [group, weightDims[0]! / group, perGroup]), [weightDims[0]!, perGroup, ...weightDims.slice(2).map(() => 1)]);
    }
    // data · W: channels are the columns of W, its rows where Gemm transposes it; W · data: its rows.
    const columns = data === 0 && !(gemm && attrInt(given, 'transB', 0) === 1);
    return b.reshape(factor, columns ? [1, channels] : [channels, 1]);
  };
  const result: LinearLayer = {
    node, kind: convolutions.has(key) ? 'convolution' : 'linear', data, x: given.inputs[data]!, end, channelAxis,
    weight: () => {
      if (weight !== undefined) return weight;
      let scale: string | undefined;
      for (const step of tail) if (step.scale) scale = scale ? b.op('Mul', [scale, step.scale]) : step.scale;
      weight = alpha === 1 ? own : b.op('Mul', [own, b.constant(alpha, dtype)]);
      if (scale) weight = b.op('Mul', [weight, spread(scale)]);
      return weight;
    },
    bias: () => {
      if (bias !== null) return bias;
      bias = undefined;
      if (ownBias) {
        const scaled = beta === 1 ? ownBias : b.op('Mul', [ownBias, b.constant(beta, dtype)]);
        bias = gemm ? b.reshape(b.expand(scaled, [1, channels]), [channels]) : scaled;
      }
      for (const step of tail) {
        if (bias && step.scale) bias = b.op('Mul', [bias, step.scale]);
        if (step.shift) bias = bias ? b.op('Add', [bias, step.shift]) : step.shift;
      }
      return bias;
    },
    forward: (x, w, shift) => {
      const operands = data === 0 ? [x, w] : [w, x];
      const attributed = (inputs: readonly string[]): string => {
        const name = b.fresh(node.opType);
        b.nodes.push({ ...node, name, inputs, outputs: [name] });
        return name;
      };
      if (shift === undefined) return attributed(operands);
      if (convolutions.has(key)) return attributed([...operands, shift]);
      const shaped = channelAxis === dims.length - 1 ? shift : b.reshape(shift, [channels, 1]);
      return gemm ? attributed([...operands, shaped]) : b.op('Add', [attributed(operands), shaped]);
    },
    backward: (c, s, w) => {
      const inputs = data === 0 ? [given.inputs[0]!, w] : [w, given.inputs[1]!];
      const here = standIn({ ...c, g: s, cotangents: [s], node: { ...node, inputs: given.inputs.slice(0, 2) } }, { inputs, g: s, wants: (index) => index === data });
      return rule.vjp(here)[data] ?? c.fail('its transpose is not known');
    },
  };
  return result;
}
