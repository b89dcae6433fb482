/** A model config of any age brought to one form: layers with names, their calls, inputs and outputs. */
import { BadModelFile, shown } from '../badModelFile';
import { field, isObject, type Config, type Json } from './config';
import { readCalls, readReferences, type LayerCall, type TensorReference } from './inbound';

/** A serialised layer. */
export interface LayerSpec {
  readonly name: string;
  /** Keras class name, without a package: 'Conv2D'. */
  readonly type: string;
  readonly config: Json;
  /** The layer object as the file has it. */
  readonly json: Json;
  /** How it is called; empty in sequential models. */
  readonly calls: readonly LayerCall[];
}

export type ModelSpec =
  | { readonly kind: 'sequential'; readonly name: string; readonly layers: readonly LayerSpec[]; readonly buildShape: unknown }
  | { readonly kind: 'functional'; readonly name: string; readonly layers: readonly LayerSpec[]; readonly inputs: readonly TensorReference[]; readonly outputs: readonly TensorReference[] };

/** More layers than any model has. */
const maxLayers = 100_000;

/** Whether a serialised layer is itself a model. */
export function isModel(type: string, config: unknown): boolean {
  return type === 'Sequential' || ((type === 'Functional' || type === 'Model' || field(config, 'input_layers') !== undefined) && Array.isArray(field(config, 'layers')));
}

/**
 * The class of a model whose config does not list its layers (a subclass of Model, built by Python code); undefined for
 * models of layers.
 */
export function customModelClass(json: unknown): string | undefined {
  const type = className(json), config = field(json, 'config');
  return type === undefined || type === 'Sequential' || Array.isArray(config) || Array.isArray(field(config, 'layers')) ? undefined : type;
}

/** @throws BadModelFile if it is not a model of layers. */
export function readModelSpec(json: unknown): ModelSpec {
  const type = className(json), config = field(json, 'config');
  if (type === 'Sequential' || (Array.isArray(config) && type !== undefined)) {
    const items = Array.isArray(config) ? config : field(config, 'layers');
    if (!Array.isArray(items)) throw new BadModelFile('the model config is a Sequential without a list of layers');
    return {
      kind: 'sequential', name: stringOr(field(config, 'name'), 'sequential'), layers: readLayers(items, new Set()),
      buildShape: field(config, 'build_input_shape') ?? field(field(json, 'build_config'), 'input_shape'),
    };
  }
  const items = field(config, 'layers');
  if (!Array.isArray(items)) throw new BadModelFile(`the model is of class ${shown(String(type))}, whose config does not list its layers`, 'unsupported');
  const names = new Set(items.map((item: unknown) => layerName(item)));
  const layers = readLayers(items, names);
  const inputs = readReferences(field(config, 'input_layers')), outputs = readReferences(field(config, 'output_layers'));
  if (outputs.length === 0) throw new BadModelFile('the model config names no output layers');
  return { kind: 'functional', name: stringOr(field(config, 'name'), 'model'), layers, inputs, outputs };
}

function readLayers(items: readonly unknown[], names: ReadonlySet<string>): LayerSpec[] {
  if (items.length > maxLayers) throw new BadModelFile(`the model config lists ${items.length} layers`);
  const seen = new Set<string>();
  return items.map((item) => {
    const spec = readLayerSpec(item, names);
    if (seen.has(spec.name) && names.size > 0) throw new BadModelFile(`the model config lists two layers called '${shown(spec.name)}'`);
    seen.add(spec.name);
    return spec;
  });
}

/** A serialised layer ({class_name, config}). Throws a BadModelFile if it is none. */
export function readLayerSpec(item: unknown, names: ReadonlySet<string> = new Set()): LayerSpec {
  const type = className(item), config = field(item, 'config');
  if (!isObject(item) || type === undefined) throw new BadModelFile('the model config holds a layer without a class name');
  return {
    name: layerName(item), type, config: isObject(config) ? config : Array.isArray(config) ? { layers: config } : {}, json: item,
    calls: readCalls(field(item, 'inbound_nodes'), names),
  };
}

function layerName(item: unknown): string {
  const name = field(item, 'name') ?? field(field(item, 'config'), 'name');
  return typeof name === 'string' && name !== '' ? name : (className(item) ?? 'layer').toLowerCase();
}

/** 'Custom>MyLayer' and 'my_package>MyLayer' are registered names; Keras' own classes have none. */
function className(item: unknown): string | undefined {
  const name = field(item, 'class_name');
  return typeof name === 'string' ? name.slice(name.lastIndexOf('>') + 1) : undefined;
}

function stringOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}

/** Shape of a model's input with the batch first, from an InputLayer's or first layer's config; undefined if not told. */
export function inputShape(config: Config): unknown[] | undefined {
  const whole = config.raw(['batch_input_shape', 'batch_shape']);
  if (Array.isArray(whole)) return whole as unknown[];
  const sample = config.raw(['input_shape', 'shape']);
  if (Array.isArray(sample)) return [null, ...(sample as unknown[])];
  const width = config.raw('input_dim');
  // For an Embedding input_dim is the vocabulary.
  if (typeof width !== 'number' || config.has('output_dim') && config.has('mask_zero')) return undefined;
  const steps = config.raw('input_length');
  return steps === undefined ? [null, width] : [null, steps, width];
}
