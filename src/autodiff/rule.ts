/** What a rule is: one row per ONNX op, from the cotangents of a node's outputs to those of its inputs. */
import type { DType } from '../tensor/dtype';
import type { Node } from '../graph/graph';
import type { GraphBuilder } from '../graph/builder';

/**
 * `cpu` keeps ONNX Runtime's blocked (NCHWc) layout and fusions alive; `portable` uses only what every GPU provider
 * computes correctly.
 */
export type Dialect = 'cpu' | 'portable';

export interface RuleContext {
  readonly b: GraphBuilder;
  readonly node: Node;
  readonly dialect: Dialect;
  /** Version of ai.onnx the node is read by (13 or newer: older models are upgraded first). */
  readonly opset: number;
  /** Cotangent of each output, with that output's dims; undefined where nothing flows back. */
  readonly cotangents: readonly (string | undefined)[];
  /** The first output's cotangent (rules of single-output ops are called only when it is there). */
  readonly g: string;
  /** Whether input `index` wants a cotangent. Rules skip work for inputs that do not. */
  wants(index: number): boolean;
  /** Static dims of a primal value. Throws NotDifferentiable when they are unknown. */
  dims(value: string): readonly number[];
  dtype(value: string): DType;
  /** Content of a small constant value (initializer, Constant node, or propagated shape arithmetic), flattened. */
  constant(value: string | undefined): readonly number[] | undefined;
  /** The node that makes a primal value, where the driver knows it. */
  readonly producer?: (value: string) => Node | undefined;
  /** Throws NotDifferentiable naming the op, the node and `reason`. */
  fail(reason: string): never;
}

/** Cotangents by input index; undefined or a missing tail: none flows to that input. */
export type Cotangents = readonly (string | undefined)[];

export interface Rule {
  vjp(context: RuleContext): Cotangents;
  /** The rule returns cotangents with the output's dims; the driver sums them over broadcast axes. */
  readonly broadcasts?: boolean;
}

/** Rows of one op family; keys are op types, with `domain:` before those outside ai.onnx. */
export type RuleTable = Readonly<Record<string, Rule>>;

/** A path from target to input runs through something that has no derivative, or none we know. */
export class NotDifferentiable extends Error {
  constructor(readonly opType: string, readonly node: string, reason: string) {
    super(`${opType} '${node}': ${reason}`);
    this.name = 'NotDifferentiable';
  }
}
