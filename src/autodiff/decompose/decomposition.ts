/** What a decomposition is: one fused node as elementary ones, which ordinary rules differentiate. */
import type { Node } from '../../graph/graph';
import type { GraphBuilder } from '../../graph/builder';
import type { DType } from '../../tensor/dtype';

/** What is known of the values around a node that is written out. */
export interface Around {
  readonly b: GraphBuilder;
  dims(value: string): readonly number[] | undefined;
  dtype(value: string): DType;
  /** Content of small constants, flattened. */
  constant(value: string): readonly number[] | undefined;
}

/**
 * Appends elementary nodes to `around.b` that give what the node gives, and returns their outputs in the order of the
 * node's ('' for those nobody reads). Undefined: this form is not written out; the node stays, and the missing rule
 * names it.
 */
export type Decomposition = (node: Node, around: Around) => readonly string[] | undefined;

/** Keys as rule tables have them. */
export type DecompositionTable = Readonly<Record<string, Decomposition>>;

/** Whether somebody may read output `index`. */
export function isRead(node: Node, index: number): boolean {
  return (node.outputs[index] ?? '') !== '';
}

/** Input `index`, or undefined where it is left out. */
export function given(node: Node, index: number): string | undefined {
  return node.inputs[index] || undefined;
}
