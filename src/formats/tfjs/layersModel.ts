/** A TensorFlow.js layers-model: a Keras config and weights by name. */
import type { ModelFile } from '../../graph/graph';
import { BadModelFile } from '../badModelFile';
import type { Json, ModelJson } from './modelJson';
import type { TfjsWeight } from './weights';

export function layersModel(_file: string, _model: ModelJson, _topology: Json, _weights: ReadonlyMap<string, TfjsWeight>, _warnings: string[]): Promise<ModelFile> {
  throw new BadModelFile('TensorFlow.js layers-models are not part of this version yet', 'unsupported');
}
