/** Keras models in HDF5 (.h5, .hdf5): the architecture in attributes, the weights in groups by layer. */
import * as path from 'node:path';
import type { Initializer, ModelFile } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import type { ByteSource } from '../bytes';
import { FileSource } from '../bytes';
import { datasetInitializer, type Origin } from './hdf5/dataset';
import { Hdf5File, type Hdf5Group } from './hdf5/file';
import type { KerasAge, LayerVariable } from './layer';
import { kerasModelFile, weightsOnly } from './kerasFile';
import { customModelClass } from './modelConfig';
import { LayerLists, TreeWeights, variableName } from './weights';
import { readTree } from './weightTree';

/** Opens a Keras model in HDF5. Weights are not read. Throws a BadModelFile if the file is damaged or no Keras model. */
export function openKerasH5(source: ByteSource): ModelFile {
  const { file } = source;
  const origin: Origin = { place: { file, offset: 0 }, open: () => new FileSource(file) };
  const hdf5 = new Hdf5File(source), { root } = hdf5;
  const content = (group: Hdf5Group, name: string): Initializer | undefined => {
    const dataset = group.dataset(name);
    return dataset && datasetInitializer(hdf5.view, dataset, origin);
  };
  const version = text(root.attribute('keras_version')) ?? text(root.group('model_weights')?.attribute('keras_version')) ?? '';
  const backend = text(root.attribute('backend')) ?? text(root.group('model_weights')?.attribute('backend')) ?? '';
  const config = joined(root, 'model_config');
  if (typeof config === 'string') {
    const group = root.group('model_weights');
    const lists = group ? layerLists(group, content) : new Map<string, LayerVariable[]>();
    const json = parseConfig(config, file), custom = customModelClass(json);
    if (custom !== undefined) return weightsOnly(file, lists, { version, backend }, custom);
    return kerasModelFile(file, json, new LayerLists(lists), { version, backend, age: kerasAge(version) ?? ageOf(config) });
  }
  const names = list(root, 'layer_names');
  if (names) return weightsOnly(file, layerLists(root, content), { version, backend });
  if (root.group('layers') ?? root.group('_layer_checkpoint_dependencies') ?? root.group('vars')) {
    const tree = new TreeWeights(readTree(root, content));
    return weightsOnly(file, new Map([['', tree.all]]), { version: version || '3', backend });
  }
  const inside = root.names.slice(0, 5).map(shown).join(', ');
  throw new BadModelFile(`${shown(path.basename(file))} is an HDF5 file, but no Keras model: neither 'model_config' nor layers with weights are in it (${inside === '' ? 'it is empty' : `it holds ${inside}`})`);
}

/** The model config's JSON, with the file named if it is none. */
export function parseConfig(config: string, file: string): unknown {
  try {
    return JSON.parse(config);
  } catch {
    // Python's json writes NaN and Infinity, which JSON does not have.
    const plain = config.replace(/-?(?:NaN|Infinity)(?<=[:[,]\s*-?(?:NaN|Infinity))(?=\s*[,}\]])/g, 'null');
    try {
      return JSON.parse(plain);
    } catch {
      throw new BadModelFile(`the model config in ${shown(path.basename(file))} is not valid JSON`);
    }
  }
}

/** 1 for Keras 1, 2 for 2.x and tf.keras, 3 for Keras 3; undefined without a version. */
export function kerasAge(version: string): KerasAge | undefined {
  const major = Number(/^(\d+)\./.exec(version)?.[1] ?? NaN);
  return Number.isNaN(major) ? undefined : major >= 3 ? 3 : major === 2 ? 2 : 1;
}

/** The age of a config that does not tell: by field names that only one Keras wrote. */
function ageOf(config: string): KerasAge {
  if (/"(?:nb_filter|border_mode|W_regularizer|W_constraint|inner_init|init)"\s*:/.test(config)) return 1;
  return /"module"\s*:\s*"keras/.test(config) ? 3 : 2;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : Array.isArray(value) && value.length === 1 && typeof value[0] === 'string' ? value[0] : undefined;
}

/** A text attribute, whole or in numbered parts (`model_config0`, `model_config1` …). */
function joined(group: Hdf5Group, name: string): string | undefined {
  const whole = group.attribute(name);
  if (typeof whole === 'string') return whole;
  if (Array.isArray(whole)) return whole.join('');
  const parts: string[] = [];
  for (let part = group.attribute(`${name}0`); part !== undefined; part = group.attribute(`${name}${parts.length}`)) parts.push(Array.isArray(part) ? part.join('') : String(part));
  return parts.length > 0 ? parts.join('') : undefined;
}

/** A list attribute, whole or in numbered parts (`weight_names0` …), as Keras writes what exceeds 64 KB. */
function list(group: Hdf5Group, name: string): string[] | undefined {
  const whole = group.attribute(name);
  if (Array.isArray(whole)) return whole.map(String);
  if (typeof whole === 'string') return whole === '' ? [] : [whole];
  const items: string[] = [];
  for (let index = 0; ; index++) {
    const part = group.attribute(`${name}${index}`);
    if (part === undefined) return index > 0 ? items : undefined;
    items.push(...(Array.isArray(part) ? part.map(String) : [String(part)]));
  }
}

/** Weights of each layer in the order of `layer_names` and `weight_names`; without these in the file's order. */
function layerLists(group: Hdf5Group, content: (group: Hdf5Group, name: string) => Initializer | undefined): Map<string, LayerVariable[]> {
  const lists = new Map<string, LayerVariable[]>();
  for (const layer of list(group, 'layer_names') ?? group.names) {
    const inner = group.group(layer) ?? group.descend(layer.split('/'));
    if (!inner) continue;
    const variables: LayerVariable[] = [];
    for (const name of list(inner, 'weight_names') ?? []) {
      // 'conv2d/kernel:0' is a dataset in a group of the layer's group.
      const parts = name.split('/').filter((part) => part !== '');
      const holder = inner.descend(parts.slice(0, -1));
      const init = (holder && content(holder, parts.at(-1)!)) ?? { kind: 'missing' as const, dtype: 'float32' as const, dims: [], reason: `'${shown(name)}' is listed but not in the file` };
      variables.push({ name: variableName(name), init });
    }
    lists.set(layer, variables);
  }
  return lists;
}
