/** A model that can be run, whichever runtime does it. */
import type { FinalActivation } from '../autodiff/targets';
import type { ModelFile, ValueType } from '../graph/graph';
import type { RuntimeChoice } from '../graph/summary';
import type { Model } from '../methods/model';

export interface LoadedModel extends Model {
  readonly file: ModelFile;
  readonly runtime: RuntimeChoice;
  /**
   * The softmax, log-softmax or sigmoid that `output` ends in, if any, and the value before it (only if its elements
   * are in the output's order).
   */
  activationOf(output: string): { kind?: FinalActivation['kind']; logits?: string };
  /** Inferred type of a value for one sample. */
  typeOf(value: string): ValueType | undefined;
}
