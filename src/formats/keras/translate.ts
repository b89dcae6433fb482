/**
 * A Keras model config and its weights → Graph. Independent of where both come from: HDF5, a .keras archive or a
 * TensorFlow.js layers-model.
 */
import type { DeclaredLayer, Graph } from '../../graph/graph';
import type { KerasAge, LayerWeights } from './layer';
import { BadModelFile } from '../badModelFile';

export interface KerasOptions {
  readonly age: KerasAge;
  readonly theano?: boolean;
  /** Name of the graph. */
  readonly name?: string;
}

export interface KerasTranslation {
  readonly graph: Graph;
  readonly layers: readonly DeclaredLayer[];
  readonly warnings: readonly string[];
  readonly notRunnable?: string;
}

/**
 * Translates a model.
 * @param config the `model_config` object: {class_name, config}, from any Keras.
 * @param weights of the model; `new NamedWeights(list)` for a list of named variables.
 * @throws BadModelFile if the config is no model.
 */
export function translateKeras(config: unknown, weights: LayerWeights, options: KerasOptions): KerasTranslation {
  throw new BadModelFile(`Keras ${options.age} models with ${weights.all.length} weights are not translated: ${typeof config}`, 'unsupported');
}
