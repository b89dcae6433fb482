/**
 * ModelFile → ONNX bytes. Weights that are references stay where they lie: they are written as external data pointing
 * into the original file, so the runtime maps them and the result is small.
 *
 * What is embedded nevertheless:
 * - tensors up to 1 KB, int32 and int64 tensors up to 64 KB (shapes, axes, slice bounds, clip limits): ONNX Runtime's
 *   shape inference cannot read external data;
 * - tensors in node attributes and in function bodies, where ONNX Runtime takes no external data. A large Constant
 *   node therefore becomes an initializer of its graph;
 * - whatever lies outside the model's folder, where ONNX Runtime refuses to look.
 *
 * Operator sets before 7 are written as 13: ONNX Runtime has no kernels for most of their forms.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Attribute, Graph, Initializer, ModelFile, Node, TensorRef } from '../../graph/graph';
import { upgradeOpset } from '../../graph/upgrade';
import { byteLength } from '../../tensor/dtype';
import { elementCount } from '../../tensor/tensor';
import { BadModelFile, shown } from '../badModelFile';
import { readBytes } from '../readTensor';
import { ModelEncoder } from './encode';
import type { Placement } from './encode';
import { inlineLimit } from './tensors';

export interface WrittenOnnx {
  readonly bytes: Uint8Array;
  /**
   * Folder that the external data locations are relative to; absent if everything is embedded. ONNX Runtime takes it
   * as `extra: {session: {model_external_initializers_file_folder_path: externalFolder}}`.
   */
  readonly externalFolder?: string;
}

/** The oldest version of ai.onnx that ONNX Runtime has kernels for throughout. */
const oldestRunnable = 7;

/** Protobuf and ONNX Runtime take no message of 2 GB or more. */
const maxMessage = 2 ** 31 - 1;

/**
 * The model as ONNX bytes whose large weights stay in their files.
 * @throws BadModelFile if a weight is missing, if what must be embedded reaches 2 GB, or if a node of an operator set
 *   before 7 cannot be written in newer form.
 */
export async function writeOnnx(model: ModelFile): Promise<WrittenOnnx> {
  const folder = folderOf(model);
  const current = runnable(model);
  const lifted = { ...current, graph: liftConstants(current.graph) };
  const locations = new Map<string, string | undefined>();
  const locate = (ref: TensorRef): string | undefined => {
    if (!locations.has(ref.file)) locations.set(ref.file, locationInside(folder, ref.file));
    return locations.get(ref.file);
  };
  const { bytes, external } = await encode(lifted, (ref) => (ref.length > inlineLimit(ref.dtype) ? locate(ref) : undefined));
  return external ? { bytes, externalFolder: folder } : { bytes };
}

/** The folder that locations of a model's external data are relative to. */
export function folderOf(model: ModelFile): string {
  return path.dirname(realPath(model.file));
}

function runnable(model: ModelFile): ModelFile {
  const opset = model.opsets.get('') ?? (model.opsets.size === 0 ? 1 : oldestRunnable);
  if (opset >= oldestRunnable) return model;
  try {
    return upgradeOpset(model);
  } catch (error) {
    throw new BadModelFile(`${shown(path.basename(model.file))} is written for operator set ${opset}, which is too old to run: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The model as one self-contained ONNX file with every weight embedded.
 * @throws BadModelFile if a weight is missing, or if the file would reach 2 GB, which no protobuf message can.
 */
export async function writeOnnxStandalone(model: ModelFile): Promise<Uint8Array> {
  return (await encode(model, () => undefined)).bytes;
}

/** Reads what is to be embedded, then encodes. `locate` gives the external location of an initializer, if it has one. */
async function encode(model: ModelFile, locate: (ref: TensorRef) => string | undefined): Promise<{ bytes: Uint8Array; external: boolean }> {
  const placements = new Map<TensorRef, Placement>();
  const embed: TensorRef[] = [];
  const decoded = new Map<Initializer, Uint8Array>();
  let external = false, total = 0;
  forEachTensor(model, (init, isInitializer) => {
    if (init.kind === 'deferred' && !decoded.has(init)) {
      decoded.set(init, new Uint8Array(0));
      total += byteLength(init.dtype, elementCount(init.dims));
    }
    if (init.kind !== 'ref' || placements.has(init.ref)) return;
    const location = isInitializer ? locate(init.ref) : undefined;
    if (location === undefined) {
      embed.push(init.ref);
      total += init.ref.length;
    } else {
      placements.set(init.ref, { location });
      external = true;
    }
  });
  if (total > maxMessage) throw tooLarge(model, total);
  for (const init of decoded.keys()) decoded.set(init, await readBytes(init));
  for (const ref of embed) placements.set(ref, { bytes: await readBytes({ kind: 'ref', ref }) });
  const place = (ref: TensorRef): Placement => {
    const placement = placements.get(ref);
    if (!placement) throw new Error('a weight was not placed before encoding');
    return placement;
  };
  const message = new ModelEncoder(place, (init) => decoded.get(init)!).model(model);
  if (message.length > maxMessage) throw tooLarge(model, message.length);
  return { bytes: message.finish(), external };
}

function tooLarge(model: ModelFile, bytes: number): BadModelFile {
  return new BadModelFile(`${shown(path.basename(model.file))} takes ${bytes} bytes with these weights embedded; an ONNX file without external data holds less than ${maxMessage + 1}`);
}

/** The path of `file` relative to `folder`, with slashes, or undefined if it lies outside. */
function locationInside(folder: string, file: string): string | undefined {
  const relative = path.relative(folder, realPath(file));
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return undefined;
  return relative.split(path.sep).join('/');
}

/** ONNX Runtime compares paths after following links; a file that does not exist (yet) keeps its plain path. */
function realPath(file: string): string {
  try {
    return fs.realpathSync(file);
  } catch {
    return path.resolve(file);
  }
}

/** The graph with large Constant nodes turned into initializers, in subgraphs too. */
function liftConstants(graph: Graph): Graph {
  const initializers = new Map(graph.initializers);
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const value = node.opType === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined;
    const name = node.outputs[0];
    // A constant that is itself an output of the graph stays a node: not every runtime takes an initializer there.
    if (value?.kind === 'tensor' && value.value.kind === 'ref' && value.value.ref.length > inlineLimit(value.value.ref.dtype) && name && !outputs.has(name)) {
      initializers.set(name, value.value);
    } else {
      nodes.push(liftInside(node));
    }
  }
  return { ...graph, nodes, initializers };
}

function liftInside(node: Node): Node {
  let changed = false;
  const attributes = new Map<string, Attribute>();
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === 'graph') attributes.set(name, { kind: 'graph', value: liftConstants(attribute.value) });
    else if (attribute.kind === 'graphs') attributes.set(name, { kind: 'graphs', value: attribute.value.map(liftConstants) });
    else attributes.set(name, attribute);
    changed ||= attribute.kind === 'graph' || attribute.kind === 'graphs';
  }
  return changed ? { ...node, attributes } : node;
}

/** Every tensor of a model; `isInitializer` is false for tensors in node attributes. */
export function forEachTensor(model: ModelFile, visit: (init: Initializer, isInitializer: boolean) => void): void {
  const visitAttribute = (attribute: Attribute): void => {
    switch (attribute.kind) {
      case 'tensor': visit(attribute.value, false); break;
      case 'tensors': for (const init of attribute.value) visit(init, false); break;
      case 'graph': visitGraph(attribute.value); break;
      case 'graphs': attribute.value.forEach(visitGraph); break;
    }
  };
  const visitNodes = (nodes: readonly Node[]): void => {
    for (const node of nodes) for (const attribute of node.attributes.values()) visitAttribute(attribute);
  };
  const visitGraph = (graph: Graph): void => {
    for (const init of graph.initializers.values()) visit(init, true);
    visitNodes(graph.nodes);
  };
  visitGraph(model.graph);
  for (const { nodes, defaults } of model.functions) {
    visitNodes(nodes);
    for (const attribute of defaults.values()) visitAttribute(attribute);
  }
}
