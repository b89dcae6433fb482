/** A translated Keras model as a ModelFile; and files that hold weights only. */
import * as path from 'node:path';
import type { DeclaredLayer, ModelFile } from '../../graph/graph';
import { initializerType } from '../../graph/graph';
import { elementCount } from '../../tensor/tensor';
import { BadModelFile, shown } from '../badModelFile';
import type { KerasAge, LayerVariable, LayerWeights } from './layer';
import { translateKeras } from './translate';

interface Written {
  /** `keras_version` as the file has it; '' if it does not tell. */
  readonly version: string;
  readonly backend: string;
}

/** @throws BadModelFile if the config is no model. */
export function kerasModelFile(file: string, config: unknown, weights: LayerWeights, written: Written & { readonly age: KerasAge }): ModelFile {
  const { graph, opset, layers, warnings, notRunnable } = inFile(file, () => translateKeras(config, weights, { age: written.age, theano: written.backend === 'theano' }));
  return { ...common(file, written), opsets: new Map([['', opset], ...(graph.nodes.some(({ domain }) => domain === 'keras') ? [['keras', 1] as const] : [])]), graph, layers, warnings, ...(notRunnable !== undefined && { notRunnable }) };
}

/** Errors of `body` with the file's name in front. */
function inFile<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof BadModelFile) throw new BadModelFile(`${shown(path.basename(file))}: ${error.message}`, error.code, error.remedy);
    throw error;
  }
}

/**
 * Weights without an architecture: shown as a list of layers by name, each with what it holds.
 * @param customClass of a model whose config names a class instead of layers.
 */
export function weightsOnly(file: string, lists: ReadonlyMap<string, readonly LayerVariable[]>, written: Written, customClass?: string): ModelFile {
  const variables = [...lists].flatMap(([layer, items]) => items.map((item) => ({ layer, ...item, path: item.name.startsWith(`${layer}/`) ? item.name : layer === '' ? item.name : `${layer}/${item.name}` })));
  const layers = [...lists].flatMap(([layer, items]): DeclaredLayer[] => {
    if (layer !== '') return [declared(layer, 'Layer', items)];
    // A tree: one entry for each group that holds variables.
    const groups = new Map<string, LayerVariable[]>();
    for (const item of items) {
      const group = item.name.slice(0, Math.max(0, item.name.lastIndexOf('/')));
      groups.set(group, [...(groups.get(group) ?? []), item]);
    }
    return [...groups].map(([name, group]) => declared(name, 'Layer', group));
  });
  return {
    ...common(file, written), opsets: new Map([['', 18]]), layers, warnings: [],
    graph: { name: 'weights', inputs: [], outputs: [], nodes: [], initializers: new Map(variables.map(({ path, init }) => [path, init])), valueInfo: new Map() },
    notRunnable: customClass === undefined
      ? 'the file holds weights only: the architecture was saved elsewhere, so the model cannot run'
      : `the file holds weights only: the model is of the class '${shown(customClass)}', whose Python code is not in the file, so it cannot run`,
  };
}

function declared(name: string, type: string, items: readonly LayerVariable[]): DeclaredLayer {
  return { name, type, inputs: [], outputs: [], inputDims: [], outputDims: [], nodes: [], weights: items, parameters: items.reduce((sum, { init }) => sum + elementCount(initializerType(init).dims), 0) };
}

function common(file: string, { version, backend }: Written): Pick<ModelFile, 'format' | 'file' | 'producer' | 'irVersion' | 'metadata' | 'functions'> {
  return {
    format: 'keras', file, producer: version === '' ? 'Keras' : `Keras ${version}`, irVersion: 8, functions: [],
    metadata: new Map([...(version ? [['keras_version', version] as const] : []), ...(backend ? [['backend', backend] as const] : [])]),
  };
}
