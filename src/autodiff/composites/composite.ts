/**
 * What a composite is: other rules for some nodes of a graph. The driver walks them as it walks the standard table;
 * what arrives at the input is then no gradient but a relevance (LRP), a multiplier (DeepLIFT) or a guided gradient.
 */
import type { GraphBuilder } from '../../graph/builder';
import type { Node, ValueInfo } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import type { Primals } from '../context';
import type { Dialect, Rule, RuleTable } from '../rule';
import type { ResolvedTarget } from '../targets';

/** A graph that is about to be differentiated. */
export interface CompositeContext {
  /** The forward nodes, in topological order. */
  readonly nodes: readonly Node[];
  readonly inputs: readonly ValueInfo[];
  readonly primals: Primals;
  readonly builder: GraphBuilder;
  /** Types of values made here, for rules that ask for their dims. */
  readonly types: Map<string, { dtype: DType; dims: readonly number[] }>;
  readonly target: ResolvedTarget;
  readonly wrt: readonly string[];
  /** The standard table. */
  readonly rules: RuleTable;
  readonly dialect: Dialect;
}

export interface Composed {
  /** The rule of a node; undefined leaves the standard row. */
  ruleOf?(node: Node): Rule | undefined;
  /** The forward nodes in place of the given ones. */
  readonly nodes?: readonly Node[];
  /** Further inputs of the graph. */
  readonly inputs?: readonly ValueInfo[];
  /** Names of the inputs that take baselines, by the name of the input they stand for. */
  readonly referenceInputs?: Readonly<Record<string, string>>;
  /** Further values that `figures` wants the results of. */
  readonly wrt?: readonly string[];
  /** The target's value for the baseline (its dims); the figure `referenceScore` [N] is picked from it. */
  readonly referenceTarget?: string;
  /** What flows back from the target instead of the one-hot cotangent (same dims). */
  seed?(oneHot: string): string;
  /** Figures that are known once all rules have been applied: float32 values by name. */
  figures?(results: ReadonlyMap<string, string>): Readonly<Record<string, string>>;
}

export type Composite = (context: CompositeContext) => Composed;
