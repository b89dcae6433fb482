/**
 * Reverse accumulation: walks the nodes from the target back, asks the rule of each for the cotangents of its inputs,
 * and sums what several consumers send to one value. Only nodes between `wrt` and the target are visited.
 */
import type { Node } from '../graph/graph';
import type { GraphBuilder } from '../graph/builder';
import { nodeLabel, pullback, ruleKey, type Primals } from './context';
import { findFlow, missingRule, producers, noRuleReason, whyNothingFlows } from './flow';
import { NotDifferentiable, type Dialect, type Rule, type RuleTable } from './rule';

export interface Differentiation {
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly primals: Primals;
  readonly builder: GraphBuilder;
  readonly rules: RuleTable;
  /** Rules of single nodes that replace those of the table. */
  readonly ruleOf?: (node: Node) => Rule | undefined;
  readonly dialect: Dialect;
  /** The value that is differentiated, and the name of its cotangent (same dims and element type). */
  readonly target: string;
  readonly seed: string;
  readonly wrt: readonly string[];
}

/**
 * Appends the backward nodes to `builder` and returns the cotangent of every `wrt` value.
 * A value the target does not depend on has zeros, unless none of them is depended on.
 * @throws NotDifferentiable naming op and node where the paths end or a rule is missing.
 */
export function differentiate(d: Differentiation): Map<string, string> {
  const dtype = (value: string) => d.primals.type(value)?.dtype;
  const flow = findFlow(d.nodes, d.wrt, d.target, dtype);
  const missing = missingRule(d.nodes, flow, d.rules);
  if (missing) throw new NotDifferentiable(ruleKey(missing), nodeLabel(missing), noRuleReason(missing));

  const made = producers(d.nodes);
  const primals: Primals = { ...d.primals, producer: (value) => made.get(value) };
  const contributions = new Map<string, string[]>([[d.target, [d.seed]]]);
  const send = (value: string, cotangent: string): void => {
    const list = contributions.get(value);
    if (list) list.push(cotangent);
    else contributions.set(value, [cotangent]);
  };
  const settled = new Map<string, string>();
  const cotangentOf = (value: string): string | undefined => {
    const known = settled.get(value), list = contributions.get(value);
    if (known !== undefined || !list) return known;
    // Pairwise, because ONNX Runtime fuses Conv + Add.
    const total = list.reduce((sum, next) => d.builder.op('Add', [sum, next]));
    settled.set(value, total);
    return total;
  };

  for (let index = d.nodes.length - 1; index >= 0; index--) {
    const node = d.nodes[index]!;
    if (!node.inputs.some((input) => flow.active.has(input))) continue;
    const cotangents = node.outputs.map((output) => (output !== '' && flow.active.has(output) ? cotangentOf(output) : undefined));
    if (cotangents.every((cotangent) => cotangent === undefined)) continue;
    const results = pullback(node, d.ruleOf?.(node) ?? d.rules[ruleKey(node)]!, cotangents, (input) => flow.active.has(node.inputs[input]!), primals, d.builder, d.dialect);
    results.forEach((result, input) => { if (result !== undefined) send(node.inputs[input]!, result); });
  }

  const gradients = new Map<string, string>();
  const unreached: string[] = [];
  for (const value of d.wrt) {
    const cotangent = cotangentOf(value);
    if (cotangent === undefined) unreached.push(value);
    else gradients.set(value, cotangent);
  }
  for (const value of unreached) {
    const own = findFlow(d.nodes, [value], d.target, dtype), type = d.primals.type(value);
    if (own.depends || gradients.size === 0 || !type?.dims) {
      const { opType, node, reason } = whyNothingFlows(own, value, d.target, type?.dtype);
      throw new NotDifferentiable(opType, node, reason);
    }
  }
  for (const value of unreached) {
    const { dtype: element, dims } = d.primals.type(value)!;
    gradients.set(value, d.builder.expand(d.builder.constant(0, element, []), dims!));
  }
  return gradients;
}
