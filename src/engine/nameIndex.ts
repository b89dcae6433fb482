/** What carries which name in a model: layers, values, weights. Built once for an opened model, on the first question. */
import type { Dims, Graph, Node, ValueType } from '../graph/graph';
import { initializerType } from '../graph/graph';
import { isPlumbing, plumbingValues } from '../graph/plumbing';
import { isContainer, layerNodes, summarise, typeText } from '../graph/summarise';
import type { ModelSummary } from '../graph/summary';
import { WeightCounter, WeightFrame } from '../graph/weights';
import type { NamedThing, NameKind } from '../protocol/code';
import { watched } from '../protocol/parseWatch';
import { elementCount } from '../tensor/tensor';
import type { OpenedModel } from './models';
import { nearest } from './similarNames';

/** Most things told about one name. */
const mostThings = 8;
const mostSimilar = 5;

/** A name in the model; the whole of what is known is put together when it is asked for. */
interface Entry {
  readonly name: string;
  readonly kind: NamedThing['kind'];
  /** Its parts, '.layer1.0.conv1.', for questions about parts of names. */
  readonly parts: string;
  readonly describe: () => NamedThing;
}

export class NameIndex {
  private readonly byName = new Map<string, Entry[]>();

  constructor(private readonly entries: readonly Entry[]) {
    for (const entry of entries) {
      const known = this.byName.get(entry.name);
      if (known) known.push(entry);
      else this.byName.set(entry.name, [entry]);
    }
  }

  /**
   * What carries this name: exactly, or as TensorFlow and PyTorch write it elsewhere ('dense:0', '/conv1'), else as a part
   * of longer names ('layer1.0' of 'layer1.0.conv1.weight'; several layers are told as one).
   */
  lookUp(name: string, kind?: NameKind): readonly NamedThing[] {
    const fitting = (entries: readonly Entry[] | undefined): readonly Entry[] => entries?.filter((entry) => fits(entry.kind, kind)) ?? [];
    for (const form of [name, name.replace(/:\d+$/, ''), name.replace(/^\//, ''), `/${name}`]) {
      const exact = fitting(this.byName.get(form));
      if (exact.length) return exact.slice(0, mostThings).map((entry) => entry.describe());
    }
    // Ports are asked for by their whole names.
    if (kind === 'input' || kind === 'output') return [];
    const parts = partsOf(name);
    if (parts.length < 4) return [];
    const within = fitting(this.entries).filter((entry) => entry.parts.includes(parts));
    const layers = within.filter((entry) => entry.kind === 'layer');
    if (layers.length > 1) return [together(name, layers.map((entry) => entry.describe()))];
    if (layers.length) return [layers[0]!.describe()];
    // PyTorch's module names live on in the names of weights alone.
    const weights = this.entries.filter((entry) => entry.kind === 'weight' && entry.parts.includes(parts)).map((entry) => entry.describe());
    const readers = this.layersAt(new Set(weights.flatMap(({ key }) => key ?? [])));
    if (readers.length) return [readers.length === 1 ? readers[0]! : together(name, readers)];
    return within.slice(0, mostThings).map((entry) => entry.describe());
  }

  /** Names near one that nothing carries; of ports all, if they are few. */
  similar(name: string, kind?: NameKind): readonly string[] {
    const names = [...new Set(this.entries.filter((entry) => fits(entry.kind, kind) && (kind !== undefined || entry.kind !== 'weight')).map((entry) => entry.name))];
    const near = nearest(name, names, mostSimilar);
    return near.length || (kind !== 'input' && kind !== 'output') ? near : names.slice(0, mostSimilar);
  }

  /** Names that begin with or contain `part`, best first: ports and layers before inner values, whole words before parts of words. */
  search(part: string, limit: number, kind?: NameKind): readonly NamedThing[] {
    const wanted = part.toLowerCase();
    const ranked: { readonly entry: Entry; readonly rank: number }[] = [];
    const taken = new Set<string>();
    for (const entry of this.entries) {
      if (!fits(entry.kind, kind) || taken.has(entry.name)) continue;
      const at = entry.name.toLowerCase().indexOf(wanted);
      if (at < 0) continue;
      taken.add(entry.name);
      ranked.push({ entry, rank: kindRank[entry.kind] + (at === 0 ? 0 : /[^A-Za-z0-9]/.test(entry.name[at - 1]!) ? 1 : 2) });
    }
    return ranked.sort((a, b) => a.rank - b.rank).slice(0, limit).map(({ entry }) => entry.describe());
  }

  private layersAt(keys: ReadonlySet<string>): NamedThing[] {
    return keys.size ? this.entries.filter((entry) => entry.kind === 'layer').map((entry) => entry.describe()).filter(({ key }) => key !== undefined && keys.has(key)) : [];
  }
}

const kindRank: Readonly<Record<NamedThing['kind'], number>> = { input: 0, output: 0, layer: 0, tensor: 10, weight: 20 };

function fits(kind: NamedThing['kind'], asked: NameKind | undefined): boolean {
  return asked === undefined || asked === 'tensor' || kind === asked;
}

const partsOf = (name: string): string => `.${name.split(/[./:]+/).filter(Boolean).join('.')}.`;

/** Several layers under one name, as one. */
function together(name: string, things: readonly NamedThing[]): NamedThing {
  const types = [...new Set(things.map(({ type }) => type))];
  return {
    name, kind: 'layer', type: types.length > 4 ? `${types.slice(0, 4).join(', ')}, …` : types.join(', '), layers: things.length,
    inputDims: things[0]!.inputDims, outputDims: things.at(-1)!.outputDims, ...(things[0]!.dtype !== undefined && { dtype: things[0]!.dtype }),
    parameters: things.reduce((sum, { parameters }) => sum + parameters, 0), ...(things[0]!.key !== undefined && { key: things[0]!.key }),
  };
}

const summaries = new WeakMap<OpenedModel, Promise<ModelSummary>>();
const indexes = new WeakMap<OpenedModel, Promise<NameIndex>>();

/** What `make` makes of an opened model, made once and kept as long as the model is. */
function once<T>(kept: WeakMap<OpenedModel, Promise<T>>, model: OpenedModel, make: () => Promise<T>): Promise<T> {
  let made = kept.get(model);
  if (!made) {
    made = make();
    kept.set(model, made);
    made.catch(() => kept.delete(model));
  }
  return made;
}

export function summaryOf(model: OpenedModel): Promise<ModelSummary> {
  return once(summaries, model, () => watched(model.file.file, model.bytes, async () => summarise(model.file, model.inference)));
}

export function nameIndex(model: OpenedModel): Promise<NameIndex> {
  return once(indexes, model, async () => {
    const summary = await summaryOf(model);
    return watched(model.file.file, model.bytes, async () => new NameIndex(entriesOf(model, summary)));
  });
}

type Described = Omit<NamedThing, 'name' | 'kind'>;

function entriesOf({ file, inference }: OpenedModel, summary: ModelSummary): Entry[] {
  const { graph } = file;
  const entries: Entry[] = [];
  const add = (name: string, kind: NamedThing['kind'], describe: () => Described): void => {
    if (name !== '') entries.push({ name, kind, parts: partsOf(name), describe: () => ({ name, kind, ...describe() }) });
  };
  const type = (value: string): ValueType | undefined => inference.types.get(value);
  const frame = new WeightFrame(graph, inference);
  const plumbing = plumbingValues(graph, inference, frame.constants);
  const isDrawn = drawn(graph, frame, plumbing);
  const nodeKey = (position: number): { key?: string } => keyOf(isDrawn(graph.nodes[position]!) ? `node:${position}` : undefined);
  const makers = new Map(graph.nodes.flatMap((node, position) => node.outputs.map((output) => [output, position] as const)));

  for (const { name } of graph.inputs) add(name, 'input', () => ({ type: 'Input', ...valued(type(name)), key: `input:${name}` }));
  for (const { name } of graph.outputs) add(name, 'output', () => ({ type: graph.nodes[makers.get(name) ?? -1]?.opType ?? 'Output', ...valued(type(name)), key: `output:${name}` }));

  if (file.layers) {
    for (const [index, layer] of file.layers.entries()) {
      add(layer.name, 'layer', () => ({
        type: layer.type, inputDims: layer.inputDims, outputDims: layer.outputDims, ...dtypeOf(type(layer.outputs[0] ?? '')), parameters: layer.parameters, ...keyOf(layerKey(summary, index)),
      }));
    }
  } else {
    // The summary's rows are these nodes, in this order.
    const positions = new Map(graph.nodes.map((node, position) => [node, position]));
    for (const [index, node] of layerNodes(graph, frame, plumbing).entries()) {
      const layer = summary.layers[index]!;
      add(layer.name, 'layer', () => ({
        type: layer.type, inputDims: layer.inputDims, outputDims: layer.outputDims, ...dtypeOf(type(node.outputs[0] ?? '')), parameters: layer.parameters, key: `node:${positions.get(node)!}`,
      }));
    }
  }

  // What a framework's layers became has names nobody wrote.
  if (!file.layers) {
    const ports = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
    for (const [position, node] of graph.nodes.entries()) {
      for (const output of node.outputs) if (!ports.has(output)) add(output, 'tensor', () => ({ type: node.opType, ...valued(type(output)), ...nodeKey(position) }));
      addInner(node, `node:${position}`, frame, inference, add, 0);
    }
  }

  const readers = new Map<string, number>();
  for (const [position, node] of graph.nodes.entries()) for (const input of node.inputs) if (!readers.has(input)) readers.set(input, position);
  const owners = new Map(file.layers?.flatMap((layer, index) => layer.nodes.map((name) => [name, index] as const)));
  for (const [name, initializer] of graph.initializers) {
    add(name, 'weight', () => {
      const position = readers.get(name);
      const reader = position === undefined ? undefined : graph.nodes[position];
      const owner = reader && owners.get(reader.name);
      const stored = initializerType(initializer);
      return {
        type: owner !== undefined ? file.layers![owner]!.type : reader?.opType ?? '', inputDims: [], outputDims: [stored.dims], dtype: stored.dtype, parameters: elementCount(stored.dims),
        ...(owner !== undefined ? keyOf(layerKey(summary, owner)) : file.layers || position === undefined ? {} : nodeKey(position)),
      };
    });
  }
  return entries;
}

/** Nodes of the graphs inside If, Loop and Scan: their keys are those of the drawn graph. */
function addInner(node: Node, key: string, outer: WeightFrame, inference: OpenedModel['inference'], add: (name: string, kind: NamedThing['kind'], describe: () => Described) => void, depth: number): void {
  if (depth >= 6) return;
  for (const [name, attribute] of node.attributes) {
    const graphs = attribute.kind === 'graph' ? [attribute.value] : attribute.kind === 'graphs' ? attribute.value : [];
    for (const [index, graph] of graphs.entries()) {
      const prefix = `${key}/${attribute.kind === 'graphs' ? `${name}[${index}]` : name}`;
      const types = inference.subgraphs.get(graph)?.types ?? new Map<string, ValueType>();
      const frame = outer.enter(graph);
      const isDrawn = drawn(graph, frame, plumbingValues(graph, { types }, frame.constants));
      for (const [position, inner] of graph.nodes.entries()) {
        if (inner.opType === 'Constant') continue;
        const innerKey = `${prefix}/${position}`, shown = keyOf(isDrawn(inner) ? innerKey : undefined);
        const weights = new WeightCounter(frame);
        add(inner.name, 'layer', () => ({
          type: inner.opType, inputDims: [], outputDims: inner.outputs.filter(Boolean).map((value) => dimsOf(types.get(value))), ...dtypeOf(types.get(inner.outputs[0] ?? '')), parameters: weights.parameters(inner, frame), ...shown,
        }));
        for (const output of inner.outputs) add(output, 'tensor', () => ({ type: inner.opType, ...valued(types.get(output)), ...shown }));
        addInner(inner, innerKey, frame, inference, add, depth + 1);
      }
    }
  }
}

/** Which nodes the drawn graph shows; constants and shape arithmetic are hidden there. */
function drawn(graph: Graph, frame: WeightFrame, plumbing: ReadonlySet<string>): (node: Node) => boolean {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  return (node) => node.opType !== 'Constant' && !frame.isConstantNode(node) && !(isPlumbing(node, plumbing) && !node.outputs.some((name) => wanted.has(name)));
}

const keyOf = (key: string | undefined): { key?: string } => key === undefined ? {} : { key };
const dimsOf = (type: ValueType | undefined): Dims | null => type?.kind === 'tensor' || type?.kind === 'sparse' ? type.dims ?? null : null;
const dtypeOf = (type: ValueType | undefined): { dtype?: string } => type ? { dtype: typeText(type) } : {};
const valued = (type: ValueType | undefined): Omit<Described, 'type'> => ({ inputDims: [], outputDims: [dimsOf(type)], ...dtypeOf(type), parameters: 0 });

/** The key of a declared layer in the drawn graph; those that only hold others, and inputs, are no nodes there. */
function layerKey({ layers }: ModelSummary, index: number): string | undefined {
  const layer = layers[index]!;
  return layer.type === 'InputLayer' || isContainer(layer, layers) ? undefined : `layer:${index}`;
}
