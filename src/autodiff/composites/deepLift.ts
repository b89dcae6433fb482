/** DeepLIFT: what flows back are multipliers, (change of the target) / (change of the value) between a baseline and the input. */
import { ruleKey } from '../context';
import type { Composed, CompositeContext } from './composite';
import { deepLiftRow, type DeepLiftNumbers } from './deepLiftTable';
import { secondPass } from './reference';

export interface DeepLiftSpec extends DeepLiftNumbers {
  /** Values that have a baseline: inputs of the graph, or inner values. */
  readonly inputs: readonly string[];
}

/**
 * The rescale rule at nonlinearities of one value; products, selections, softmax and normalisations by rules of their
 * own that keep Σ multiplier · change equal to the change of the output, node by node. Where nothing changed a
 * multiplier is the gradient. Figure `referenceScore`: the target's value for the baseline, [N].
 *
 * Shrikumar, Greenside, Kundaje 2017, "Learning Important Features Through Propagating Activation Differences",
 * arXiv 1704.02685.
 */
export function deepLift(spec: DeepLiftSpec) {
  return (context: CompositeContext): Composed => {
    const { builder: b, target, rules } = context;
    const pass = secondPass(context, spec.inputs);
    const changes = new Map<string, string>();
    const tools = {
      reference: pass.reference,
      changes: (value: string): boolean => pass.reference(value) !== value,
      change: (value: string): string => {
        let difference = changes.get(value);
        if (difference === undefined) changes.set(value, difference = b.op('Sub', [value, pass.reference(value)]));
        return difference;
      },
    };
    return {
      nodes: pass.nodes, inputs: pass.inputs, referenceInputs: pass.referenceInputs,
      ruleOf: (node) => {
        const standard = rules[ruleKey(node)];
        return standard && deepLiftRow(node, standard, tools, spec);
      },
      referenceTarget: pass.reference(target.value),
    };
  };
}
