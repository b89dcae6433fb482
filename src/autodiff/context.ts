/** Applies one rule to one node: what the rule may ask, and the checks and sums that every rule is spared. */
import { isFloat, type DType } from '../tensor/dtype';
import type { Node } from '../graph/graph';
import type { GraphBuilder } from '../graph/builder';
import { NotDifferentiable, type Dialect, type Rule, type RuleContext } from './rule';

/** What is known of the values of the graph that is differentiated. */
export interface Primals {
  /** Element type and static dims of a value; undefined where either is unknown. */
  type(value: string): { readonly dtype: DType; readonly dims?: readonly number[] } | undefined;
  /** Content of small constants, flattened in C order. */
  constant(value: string): readonly number[] | undefined;
  /** The node that makes a value. */
  readonly producer?: (value: string) => Node | undefined;
}

/** `Conv 'features.0'` as errors say it: nodes without a name are called by their output. */
export function nodeLabel(node: Node): string {
  return node.name || node.outputs.find((output) => output !== '') || '?';
}

/** `Relu`, or `com.microsoft:Gelu` outside ai.onnx: the keys of rule tables. */
export function ruleKey(node: Pick<Node, 'opType' | 'domain'>): string {
  return node.domain === '' ? node.opType : `${node.domain}:${node.opType}`;
}

/**
 * Cotangents of a node's inputs from those of its outputs, each with its input's dims.
 * @throws NotDifferentiable when the rule declines.
 */
export function pullback(
  node: Node, rule: Rule, cotangents: readonly (string | undefined)[], wants: (index: number) => boolean,
  primals: Primals, builder: GraphBuilder, dialect: Dialect,
): (string | undefined)[] {
  const fail = (reason: string): never => { throw new NotDifferentiable(ruleKey(node), nodeLabel(node), reason); };
  const dims = (value: string): readonly number[] =>
    primals.type(value)?.dims ?? fail(`the dims of '${value}' are not known before the model runs, and its gradient needs them`);
  const dtype = (value: string): DType => primals.type(value)?.dtype ?? fail(`the element type of '${value}' is not known`);
  const wanted = (index: number): boolean => {
    const input = node.inputs[index];
    return input !== undefined && input !== '' && wants(index) && (isFloat(dtype(input)) || (index === 0 && node.opType === 'DequantizeLinear'));
  };
  const context: RuleContext = {
    b: builder, node, dialect, opset: builder.opset, cotangents, wants: wanted, dims, dtype, fail,
    get g() { return cotangents[0] ?? fail('no gradient arrives at its first output'); },
    constant: (value) => (value === undefined || value === '' ? undefined : primals.constant(value)),
    ...(primals.producer ? { producer: primals.producer } : {}),
  };
  const results = rule.vjp(context);
  return node.inputs.map((input, index) => {
    const result = results[index];
    if (result === undefined || !wanted(index)) return undefined;
    return rule.broadcasts ? sumToDims(builder, result, dims(node.outputs[0]!), dims(input)) : result;
  });
}

/** The transpose of broadcasting: sums `x` of dims `from` over the axes along which `to` was repeated. */
export function sumToDims(b: GraphBuilder, x: string, from: readonly number[], to: readonly number[]): string {
  const leading = from.length - to.length;
  const inner = to.flatMap((dim, axis) => (dim === 1 && from[axis + leading] !== 1 ? [axis + leading] : []));
  const outer = Array.from({ length: leading }, (_, axis) => axis);
  if (inner.length === 0 && outer.length === 0) return x;
  if (inner.length === 0) return b.reduce('ReduceSum', x, outer, false);
  const summed = b.reduce('ReduceSum', x, [...outer, ...inner], true);
  return leading === 0 ? summed : b.reshape(summed, to);
}
