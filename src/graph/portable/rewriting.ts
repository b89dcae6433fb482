/** What rewrites of nodes are given, and how what they made takes a node's place. */
import type { DType } from '../../tensor/dtype';
import type { GraphBuilder } from '../builder';
import type { Node } from '../graph';

/** What is known of values: dims only where all of them are numbers. */
export interface Known {
  dims(value: string): readonly number[] | undefined;
  dtype(value: string): DType | undefined;
  /** Whether an output depends on it. */
  isNeeded(value: string): boolean;
}

/** The nodes just made, the last of which makes `value`, under the name of what `node` made. */
export function replaced(node: Node, value: string, b: GraphBuilder): Node[] {
  return b.nodes.splice(0).map((item) => (item.outputs[0] === value ? { ...item, name: node.name || item.name, outputs: [node.outputs[0]!] } : item));
}
