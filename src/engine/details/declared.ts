/** Details of a layer as its own framework declares it. */
import { listText, numberText, shortText } from '../../graph/attributeText';
import { kerasSentence, kerasSetting } from '../../graph/documentation';
import type { DeclaredLayer, ModelFile } from '../../graph/graph';
import type { Located } from '../../graph/locate';
import type { LayerDetails, NodeReference, ValueDetails } from '../../protocol/details';
import type { OpenedModel } from '../models';
import { drawnNodes } from './architecture';
import { portReference, typeDetails } from './operator';
import { storedTensor } from './stored';

export function declaredDetails(opened: OpenedModel, { layer, index }: Located & { kind: 'layer' }): LayerDetails {
  const key = `layer:${index}`, { file, inference } = opened;
  const drawn = drawnNodes(opened).get(key);
  const { makers, readers } = linksOf(file);
  const documentation = kerasSentence(layer.type);
  const value = (name: string, role: string, dims: ValueDetails['dims'] | undefined, nodes: readonly NodeReference[]): ValueDetails => ({ name, role, dtype: typeDetails(inference.types.get(name)).dtype, dims: dims ?? null, nodes });
  const numbered = (word: string, position: number, count: number): string => (count > 1 ? `${word} ${position + 1}` : word);
  const operators = new Map(file.graph.nodes.map((node) => [node.name, node]));
  return {
    key, name: layer.name, type: layer.type, family: drawn?.family ?? 'other', domain: file.format, ...(documentation !== undefined && { documentation }),
    attributes: settingsOf(layer),
    inputs: layer.inputs.map((name, at) => value(name, numbered('input', at, layer.inputs.length), layer.inputDims[at], (makers.get(name) ?? []).filter((maker) => maker.key !== key))),
    outputs: layer.outputs.map((name, at) => value(name, numbered('output', at, layer.outputs.length), layer.outputDims[at], (readers.get(name) ?? []).filter((reader) => reader.key !== key))),
    tensors: (layer.weights ?? []).map(({ name, init }, at) => storedTensor({ id: `${key}/weight:${at}`, name, role: lastName(name), init }, file.file)),
    parameters: layer.parameters, macs: drawn?.macs ?? null, activationBytes: drawn?.activationBytes ?? null,
    operators: layer.nodes.flatMap((name) => {
      const node = operators.get(name);
      return node ? [{ name, type: node.opType }] : [];
    }),
  };
}

/** 'lstm/lstm_cell/kernel' → 'kernel'. */
function lastName(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

interface LayerLinks {
  readonly makers: ReadonlyMap<string, readonly NodeReference[]>;
  readonly readers: ReadonlyMap<string, readonly NodeReference[]>;
}

const known = new WeakMap<ModelFile, LayerLinks>();

/** Keys of the layers (and ports) that make and read each value; containers stand for nothing of their own. */
export function linksOf(file: ModelFile): LayerLinks {
  let links = known.get(file);
  if (links) return links;
  const makers = new Map<string, NodeReference[]>(), readers = new Map<string, NodeReference[]>();
  const add = (map: Map<string, NodeReference[]>, name: string, node: NodeReference): void => {
    const list = map.get(name);
    if (!list) map.set(name, [node]);
    else if (!list.some(({ key }) => key === node.key)) list.push(node);
  };
  const { graph, layers = [] } = file;
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  /** Nodes that belong to a layer. */
  const owner = new Set<string>();
  for (const { name } of graph.inputs) makers.set(name, [portReference({ prefix: '' }, 'input', name)]);
  const containers = new Set(layers.map(({ name }) => name.slice(0, Math.max(0, name.lastIndexOf('/')))));
  const plain = layers.map((layer, index) => ({ layer, self: { key: `layer:${index}`, name: layer.name, type: layer.type } })).filter(({ layer }) => !containers.has(layer.name));
  for (const { layer, self } of plain) {
    for (const name of layer.nodes) owner.add(name);
    for (const value of [...layer.outputs, ...layer.nodes.flatMap((name) => nodes.get(name)?.outputs ?? [])]) if (!makers.has(value) && value !== '') makers.set(value, [self]);
  }
  for (const { layer, self } of plain) {
    for (const value of [...layer.inputs, ...layer.nodes.flatMap((name) => nodes.get(name)?.inputs ?? [])]) if (value !== '') add(readers, value, self);
  }
  for (const { name } of graph.outputs) {
    add(readers, name, portReference({ prefix: '' }, 'output', name));
    // A model's output is a copy, perhaps turned, of what its last layer makes.
    const seen = new Set<string>();
    for (let at: string | undefined = name; at !== undefined && !seen.has(at);) {
      seen.add(at);
      const value: string = at, node = graph.nodes.find(({ outputs }) => outputs.includes(value));
      if (!node || owner.has(node.name)) break;
      at = node.inputs[0];
      if (at !== undefined) {
        add(readers, at, portReference({ prefix: '' }, 'output', name));
        if (!makers.has(name) && makers.has(at)) makers.set(name, makers.get(at)!.slice());
      }
    }
  }
  links = { makers, readers };
  known.set(file, links);
  return links;
}

/** The layer's config; settings that are as Keras has them anyway come last. */
function settingsOf({ config, type }: DeclaredLayer): LayerDetails['attributes'] {
  const settings = Object.entries(config ?? {}).filter(([name]) => name !== 'name').map(([name, value]) => {
    const known = kerasSetting(name);
    const isDefault = known?.preset !== undefined && isPreset(value, known.preset);
    return { name, value: settingText(name, value, type), ...(known && { documentation: known.phrase }), ...(isDefault && { isDefault }) };
  });
  return [...settings.filter(({ isDefault }) => !isDefault), ...settings.filter(({ isDefault }) => isDefault)];
}

/** A list of one and the same number counts as that number, a policy of types as its type. */
function isPreset(value: unknown, preset: string): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.every((item) => JSON.stringify(item) === preset);
  return JSON.stringify(value) === preset || `"${policyType(value)}"` === preset;
}

/** Keras 3 wraps types: {class_name: 'DTypePolicy', config: {name: 'float32'}}. */
function policyType(value: unknown): string | undefined {
  const { class_name: type, config } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
  const name = typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>).name : undefined;
  return type === 'DTypePolicy' && typeof name === 'string' ? name : undefined;
}

function settingText(name: string, value: unknown, type: string): string {
  if (type === 'Lambda' && name === 'function') return 'Python code, not shown and never run';
  if (name === 'layers' && Array.isArray(value)) return `${value.length} layers`;
  return jsonText(value, 0);
}

/** JSON in few words: {class_name, config} of Keras as 'HeNormal(seed=1)'. */
function jsonText(value: unknown, depth: number): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'number') return numberText(value);
  if (typeof value === 'string') return shortText(value);
  if (typeof value !== 'object') return String(value);
  if (depth > 3) return '…';
  if (Array.isArray(value)) return listText(value, (item) => jsonText(item, depth + 1));
  const policy = policyType(value);
  if (policy !== undefined) return shortText(policy);
  const object = value as Readonly<Record<string, unknown>>;
  const named = typeof object.class_name === 'string' ? object.class_name : undefined;
  const inner = named !== undefined ? object.config : object;
  const entries = Object.entries(typeof inner === 'object' && inner !== null ? inner : {}).filter(([, item]) => item !== null);
  const text = entries.slice(0, 12).map(([key, item]) => `${key}=${jsonText(item, depth + 1)}`).join(', ');
  return shortText(named !== undefined ? (text === '' ? named : `${named}(${text})`) : `{${text}}`);
}
