/**
 * A Keras model config and its weights → Graph. Independent of where both come from: HDF5, a .keras archive or a
 * TensorFlow.js layers-model.
 */
import type { DeclaredLayer, Graph } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import { Emitter } from '../translate/emitter';
import type { KerasAge, LayerWeights } from './layer';
import { readModelSpec } from './modelConfig';
import { Translation } from './translation';

export interface KerasOptions {
  readonly age: KerasAge;
  /** The file was written by the Theano backend, whose convolution kernels are flipped. */
  readonly theano?: boolean;
}

export interface KerasTranslation {
  readonly graph: Graph;
  readonly opset: number;
  readonly layers: readonly DeclaredLayer[];
  readonly warnings: readonly string[];
  readonly notRunnable?: string;
}

/**
 * Translates a model.
 * @param json the `model_config` object: {class_name, config}, from any Keras.
 * @param weights of the model; `new NamedWeights(list)` for a list of named variables.
 * @throws BadModelFile if the config is no model.
 */
export function translateKeras(json: unknown, weights: LayerWeights, options: KerasOptions): KerasTranslation {
  const spec = readModelSpec(json);
  const e = new Emitter();
  const translation = new Translation(e, options.age, options.theano ?? false);
  const { outputs, names } = translation.model(spec, undefined, weights, '');
  if (outputs.length === 0) throw new BadModelFile('the model config describes a model without outputs');
  outputs.forEach((output, index) => e.output(names[index]!, output));
  return {
    graph: e.graph(shown(spec.name)), opset: e.opset, layers: translation.layers,
    warnings: [...new Set(translation.warnings)], notRunnable: translation.notRunnable,
  };
}
