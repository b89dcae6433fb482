/** The gradient of a model file as a second model file. (Signatures agreed on; see the driver for how.) */
import type { ModelFile } from '../graph/graph';
import type { Dialect, RuleTable } from './rule';

export interface GradientSpec {
  /** The model as scanned. */
  readonly model: ModelFile;
  /** Static dims of every input (batch and picture size are written into the graph that runs). */
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
  /** What is differentiated: a value's flattened [N, C] row, at an index given at run time. */
  readonly target: {
    readonly output: string;
    readonly space: 'logit' | 'probability' | 'output';
  };
  /** Values to differentiate to: inputs or inner values. */
  readonly wrt: readonly string[];
  /** Further values to return. */
  readonly fetch?: readonly string[];
  readonly dialect?: Dialect;
  /** Rows that replace those of the standard table (guided, LRP, …). */
  readonly rules?: RuleTable;
}

export interface GradientModel {
  /** Runnable: inputs of the model plus `targetInput`. */
  readonly model: ModelFile;
  /** Name of the int64 [N] input with the target's index for every sample. */
  readonly targetInput: string;
  /** Name of the float32 [N] output with the target's value. */
  readonly scoreOutput: string;
  /** Output names of the gradients, by `wrt` name. */
  readonly gradients: Readonly<Record<string, string>>;
  /** Output names of fetched values, by name. */
  readonly fetched: Readonly<Record<string, string>>;
}
