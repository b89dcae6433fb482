/** A TensorFlow graph-model as a ModelFile. */
import type { Graph, ModelFile } from '../../graph/graph';
import type { Dims } from '../../graph/graph';
import { tensorFromBytes, toFloat64 } from '../../tensor/convert';
import { Emitter } from '../translate/emitter';
import { shown } from '../badModelFile';
import { withDilations } from './dilated';
import { dtypeOf, readGraphDef, reference, shapeOf, TfAttributes, type TfGraph, type TfNode } from './graphDef';
import { mlDomain } from './lookup';
import { isObject, type Json, type ModelJson } from './modelJson';
import { readTables } from './tables';
import { tensorflowDomain, Translator, type Scope } from './translator';
import { Untranslatable } from './untranslatable';
import type { TfjsWeight } from './weights';

const placeholders = new Set(['Placeholder', 'PlaceholderWithDefault', 'PlaceholderV2']);
/** Nodes nobody reads that are no results. */
const noResults = new Set(['NoOp', 'Assert', 'Const', 'Placeholder', 'PlaceholderWithDefault', 'Print', 'HashTable', 'HashTableV2', 'LookupTableImport', 'LookupTableImportV2', 'InitializeTableV2']);

/** ONNX operator sets that translated graphs are written for. */
const opset = 18, mlOpset = 3;

/** Translates the graph. Ops without an equivalent stay in it by name, and `notRunnable` tells the first of them. */
export function graphModel(file: string, model: ModelJson, weights: ReadonlyMap<string, TfjsWeight>, warnings: string[]): ModelFile {
  const read = readGraphDef(model.topology!);
  const graph = withDilations(read, (name) => smallConstant(weights.get(name)));
  const initializer = model.initializer ? [readGraphDef(model.initializer)] : [];
  const e = new Emitter(opset);
  const translator = new Translator(e, graph, weights, readTables([read, ...initializer], weights));
  const scope: Scope = { nodes: graph.nodes, values: new Map(), depth: 0 };
  const signature = portsOf(model.signature, graph);
  declareInputs(e, graph, scope, signature.inputs);
  for (const { name, text } of outputsOf(graph, signature.outputs)) {
    const value = translator.value(scope, text);
    if ('value' in value) e.output(name, value);
    else if ('opaque' in value) e.output(name, { value: value.opaque, stored: 'natural' });
    else translator.failures.push(new Untranslatable('output', name, 'it is a handle, where a tensor was expected'));
  }
  return {
    format: 'tfjs', file, producer: model.producer, irVersion: 9,
    opsets: new Map([['', opset], [mlDomain, mlOpset], ...(translator.failures.length ? [[tensorflowDomain, 1] as const] : [])]),
    metadata: metadataOf(model), graph: pruned(e.graph(shown(file.split(/[\\/]/).at(-2) ?? 'graph'))), functions: [],
    notRunnable: explained(translator.failures), warnings,
  };
}

/** Only the weights that are read: a loop body may have been translated more than once. */
function pruned(graph: Graph): Graph {
  const used = new Set<string>();
  const visit = (inner: Graph): void => {
    for (const node of inner.nodes) {
      for (const name of node.inputs) used.add(name);
      for (const attribute of node.attributes.values()) if (attribute.kind === 'graph') visit(attribute.value);
    }
  };
  visit(graph);
  return { ...graph, initializers: new Map([...graph.initializers].filter(([name]) => used.has(name))) };
}

function explained(failures: readonly Untranslatable[]): string | undefined {
  const [first] = failures;
  if (!first) return undefined;
  const more = failures.length - 1;
  return `ONNX Runtime cannot run it: ${first.message}${more > 0 ? ` (and ${more} more)` : ''}; TensorFlow.js may be able to`;
}

// --- inputs and outputs ------------------------------------------------------------------------------------------

interface Port {
  /** Key in the signature. */
  readonly key: string;
  /** 'node:0' */
  readonly name: string;
  readonly info: Json;
}

function portsOf(signature: Json | undefined, graph: TfGraph): { inputs: Port[]; outputs: Port[] } {
  const ports = (value: unknown): Port[] => (isObject(value) ? Object.entries(value) : []).flatMap(([key, info]) => {
    if (!isObject(info)) return [];
    const name = typeof info.name === 'string' && info.name !== '' ? info.name : key;
    return graph.nodes.has(reference(name, graph.nodes).node) ? [{ key, name, info }] : [];
  });
  return { inputs: ports(signature?.inputs), outputs: ports(signature?.outputs) };
}

/** Inputs have the names of their nodes, which is how TensorFlow.js feeds them; the signature's come first. */
function declareInputs(e: Emitter, graph: TfGraph, scope: Scope, ports: readonly Port[]): void {
  const listed = ports.map((port) => ({ node: graph.nodes.get(reference(port.name, graph.nodes).node)!, info: port.info }));
  const names = new Set(listed.map(({ node }) => node.name));
  const others = [...graph.nodes.values()].filter((node) => placeholders.has(node.op) && !names.has(node.name) && !(node.op === 'PlaceholderWithDefault'));
  for (const { node, info } of [...listed, ...others.map((node) => ({ node, info: undefined }))]) {
    if (scope.values.has(node.name)) continue;
    const attributes = new TfAttributes(node.attributes);
    const dtype = attributes.dtype('dtype') ?? dtypeOf(info?.dtype) ?? 'float32';
    const declared = attributes.shape('shape');
    const signed = info === undefined ? undefined : shapeOf(info.tensorShape);
    const dims = declared && signed && declared.length === signed.length ? declared.map((dim, axis) => dim ?? signed[axis]!) : signed ?? declared;
    scope.values.set(node.name, [e.input(node.name, dtype, dims && named(node, dims))]);
  }
}

/** Open dims get names: the first axis is the batch. */
function named(node: TfNode, dims: Dims): Dims {
  return dims.map((dim, axis) => dim ?? (axis === 0 ? 'batch' : `${node.name}_${axis}`));
}

/** Outputs have the signature's names, as in TensorFlow.js; without one they are what nobody reads. */
function outputsOf(graph: TfGraph, ports: readonly Port[]): { name: string; text: string }[] {
  if (ports.length) return ports.map(({ key, name }) => ({ name: key, text: name }));
  const read = new Set([...graph.nodes.values()].flatMap((node) => node.inputs.map((input) => reference(input, graph.nodes).node)));
  return [...graph.nodes.values()].filter((node) => !read.has(node.name) && !noResults.has(node.op)).map(({ name }) => ({ name, text: name }));
}

function metadataOf(model: ModelJson): Map<string, string> {
  const metadata = new Map<string, string>();
  for (const [key, value] of Object.entries(model.userMetadata ?? {})) {
    if (key !== 'signature') metadata.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return metadata;
}

function smallConstant(weight: TfjsWeight | undefined): readonly number[] | undefined {
  const stored = weight?.stored;
  return stored?.kind === 'inline' && weight?.affine === undefined ? Array.from(toFloat64(tensorFromBytes(stored.dtype, stored.dims, stored.bytes))) : undefined;
}
