/** Calls a standard rule on other values than the node's own: its weights clamped, its inputs averaged. */
import type { RuleContext } from '../rule';

export interface Replacement {
  /** Inputs and outputs by name; each has the dims and element type of the one it replaces. */
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  /** Cotangent of the first output. */
  readonly g?: string;
  readonly wants?: (index: number) => boolean;
  /** The values are made by the same ops as those they replace, so that what these say of them (their sign) holds. */
  readonly alike?: boolean;
}

/** The context with other values in the node's place. */
export function standIn(c: RuleContext, replacement: Replacement): RuleContext {
  const { inputs = c.node.inputs, outputs = c.node.outputs, wants = (index: number) => c.wants(index) } = replacement;
  const original = new Map<string, string>();
  inputs.forEach((name, index) => { if (name !== '') original.set(name, c.node.inputs[index]!); });
  outputs.forEach((name, index) => { if (name !== '') original.set(name, c.node.outputs[index]!); });
  const meant = (name: string): string => original.get(name) ?? name;
  const g = replacement.g ?? c.g;
  return {
    b: c.b, dialect: c.dialect, opset: c.opset, node: { ...c.node, inputs, outputs }, cotangents: [g, ...c.cotangents.slice(1)], g, wants,
    dims: (name) => c.dims(meant(name)), dtype: (name) => c.dtype(meant(name)), constant: (name) => c.constant(name), fail: (reason) => c.fail(reason),
    // Another value made for the occasion has no producer whose properties could be relied on.
    ...(c.producer && { producer: (name: string) => (meant(name) === name || replacement.alike ? c.producer?.(meant(name)) : undefined) }),
  };
}
