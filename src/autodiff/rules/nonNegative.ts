/** Which values are known not to be negative, from the ops that make them. */
import { attrFloat } from '../../graph/graph';
import type { RuleContext } from '../rule';

const always: ReadonlySet<string> = new Set(['Relu', 'Sigmoid', 'HardSigmoid', 'Softmax', 'Abs', 'Exp', 'Sqrt', 'Softplus', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare']);
/** Of these, if all of their (first) inputs are. */
const inherited: ReadonlySet<string> = new Set(['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'Identity', 'Dropout', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'LRN']);
const inheritedFromAll: ReadonlySet<string> = new Set(['Concat', 'Add', 'Mul', 'Sum', 'Max', 'Mean']);

/** Whether every element of `value` is ≥ 0; false where that is not known. Looks back at most `depth` ops on a path. */
export function isNonNegative(context: RuleContext, value: string, depth = 6): boolean {
  const node = context.producer?.(value);
  if (!node || node.domain !== '' || depth === 0) return false;
  if (node.opType === 'ThresholdedRelu') return attrFloat(node, 'alpha', 1) >= 0;
  if (always.has(node.opType)) return true;
  if (node.opType === 'Clip') return (context.constant(node.inputs[1])?.[0] ?? -1) >= 0;
  if (inherited.has(node.opType)) return isNonNegative(context, node.inputs[0]!, depth - 1);
  return inheritedFromAll.has(node.opType) && node.inputs.every((input) => isNonNegative(context, input, depth - 1));
}
