/** Opens a TensorFlow.js model.json, of whichever kind. Weights stay in their files. */
import * as path from 'node:path';
import type { DeclaredLayer, ModelFile } from '../../graph/graph';
import { initializerType } from '../../graph/graph';
import { elementCount } from '../../tensor/tensor';
import { shown } from '../badModelFile';
import { FileSource, type ByteSource } from '../bytes';
import { graphModel } from './graphModel';
import { layersModel } from './layersModel';
import { readModelJson, type ModelJson } from './modelJson';
import { readWeights, type TfjsWeight } from './weights';

/** @throws BadModelFile in one sentence for what is damaged or no model. */
export async function openTfjs(file: string, given?: ByteSource): Promise<ModelFile> {
  const source = given ?? new FileSource(file);
  try {
    const model = readModelJson(source);
    const warnings: string[] = [];
    const absolute = path.resolve(file);
    const weights = readWeights(model.groups, path.dirname(absolute), warnings);
    if (model.format === 'graph-model' && model.topology) return withMissing(graphModel(absolute, model, weights, warnings), weights);
    if (model.format === 'layers-model' && model.topology) return withMissing(layersModel(absolute, model, model.topology, weights, warnings), weights);
    return weightsOnly(absolute, model, weights, warnings);
  } finally {
    if (!given) source.close();
  }
}

/** Weights that cannot be read keep a model from running, but not from being looked at. */
function withMissing(model: ModelFile, weights: ReadonlyMap<string, TfjsWeight>): ModelFile {
  if (model.notRunnable !== undefined) return model;
  for (const weight of weights.values()) {
    if (weight.stored.kind === 'missing') return { ...model, notRunnable: `the weight '${shown(weight.name)}' cannot be read: ${weight.stored.reason}` };
  }
  return model;
}

/** Without an architecture the weights are all there is: one layer for each folder of their names. */
function weightsOnly(file: string, model: ModelJson, weights: ReadonlyMap<string, TfjsWeight>, warnings: string[]): ModelFile {
  const byLayer = new Map<string, TfjsWeight[]>();
  for (const weight of weights.values()) {
    const layer = weight.name.includes('/') ? weight.name.slice(0, weight.name.lastIndexOf('/')) : weight.name;
    const list = byLayer.get(layer);
    if (list) list.push(weight);
    else byLayer.set(layer, [weight]);
  }
  const layers = [...byLayer].map(([name, list]): DeclaredLayer => ({
    name, type: 'weights', inputs: [], outputs: [], inputDims: [], outputDims: [], nodes: [],
    weights: list.map(({ name: path, stored }) => ({ name: path, init: stored })),
    parameters: list.reduce((sum, { stored }) => sum + elementCount(initializerType(stored).dims), 0),
  }));
  return {
    format: 'tfjs', file, producer: model.producer, irVersion: 9, opsets: new Map([['', 18]]), metadata: new Map(), functions: [], layers, warnings,
    graph: { name: shown(path.basename(path.dirname(file))), inputs: [], outputs: [], nodes: [], valueInfo: new Map(), initializers: new Map([...weights.values()].map((weight) => [weight.name, weight.stored])) },
    notRunnable: `the file holds ${weights.size} weights but no architecture ("modelTopology" is ${model.json.modelTopology === null ? 'null' : 'missing or of an unknown kind'}), so it can be looked at but not run`,
  };
}
