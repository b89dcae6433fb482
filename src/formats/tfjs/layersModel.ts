/** A TensorFlow.js layers-model: a Keras config in the topology, and weights by name. */
import type { ModelFile } from '../../graph/graph';
import type { KerasAge, LayerVariable } from '../keras/layer';
import { translateKeras } from '../keras/translate';
import { NamedWeights, variableName } from '../keras/weights';
import { isObject, type Json, type ModelJson } from './modelJson';
import { needsDecoding, weightValue } from './weightValues';
import type { TfjsWeight } from './weights';

/** What a topology's training part says is left aside. Throws a BadModelFile if the config is no model. */
export function layersModel(file: string, model: ModelJson, topology: Json, weights: ReadonlyMap<string, TfjsWeight>, warnings: readonly string[]): ModelFile {
  const config = isObject(topology.model_config) ? topology.model_config : topology;
  const version = typeof topology.keras_version === 'string' ? topology.keras_version : '';
  const variables = [...weights.values()].map((weight): LayerVariable => ({
    name: variableName(weight.name), init: weight.stored,
    ...(needsDecoding(weight) && { emit: (e, hint) => weightValue(e, weight, hint) }),
  }));
  const translation = translateKeras(config, new NamedWeights(variables), { age: ageOf(version) });
  const { graph, opset, layers, notRunnable } = translation;
  return {
    format: 'tfjs', file, producer: model.producer || version, irVersion: 9, opsets: new Map([['', opset]]), functions: [], graph, layers,
    metadata: new Map(version ? [['keras_version', version]] : []), warnings: [...warnings, ...translation.warnings],
    ...(notRunnable !== undefined && { notRunnable }),
  };
}

/** TensorFlow.js itself computes as Keras 2 does; its own files say 'tfjs-layers 1.3.2'. */
function ageOf(version: string): KerasAge {
  return /^(keras v)?3\./.test(version) ? 3 : 2;
}
