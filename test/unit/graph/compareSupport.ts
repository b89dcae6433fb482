/** Models for comparison tests: real ones, and copies of them with one thing changed. */
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { writeOnnx } from '../../../src/formats/onnx/write';
import { readInitializer } from '../../../src/formats/readTensor';
import { architectureView } from '../../../src/graph/architecture';
import { alignModels, finish, type Side } from '../../../src/graph/compare/compare';
import type { Comparison } from '../../../src/graph/compare/types';
import type { Graph, ModelFile, Node } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { summarise } from '../../../src/graph/summarise';
import { tensorToBytes } from '../../../src/tensor/convert';

const root = path.resolve(__dirname, '../../..');
export const samples = path.join(root, 'samples/models');
export const pack = path.join(path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared')), 'pack');

export function hasPack(): boolean {
  if (fs.existsSync(pack)) return true;
  console.log(`    (skipped: ${pack} is not there)`);
  return false;
}

export function sideOf(model: ModelFile): Side {
  const inference = inferShapes(model);
  return { model, inference, summary: summarise(model, inference), view: architectureView(model, inference) };
}

export async function compareModels(a: ModelFile, b: ModelFile, weights = true): Promise<Comparison> {
  return finish(alignModels(sideOf(a), sideOf(b)), weights ? { read: readInitializer, progress: () => undefined } : undefined);
}

export async function compareFiles(a: string, b: string, weights = true): Promise<Comparison> {
  return compareModels(await openModel(a), await openModel(b), weights);
}

export function withNodes(model: ModelFile, change: (nodes: readonly Node[]) => readonly Node[], more?: Partial<Graph>): ModelFile {
  return { ...model, graph: { ...model.graph, ...more, nodes: change(model.graph.nodes), valueInfo: new Map() } };
}

/** Without a node of one input: who read it reads its input. */
export function without(model: ModelFile, at: number): ModelFile {
  const gone = model.graph.nodes[at]!, [from, to] = [gone.inputs[0]!, gone.outputs[0]!];
  return withNodes(model, (nodes) => nodes.filter((_, index) => index !== at).map((node) => ({ ...node, inputs: node.inputs.map((name) => name === to ? from : name) })));
}

/** With a node of one input behind another one. */
export function inserted(model: ModelFile, at: number, opType: string): ModelFile {
  const before = model.graph.nodes[at]!, value = before.outputs[0]!, made = `${value}/inserted`;
  const added: Node = { name: `inserted_${opType}`, opType, domain: '', inputs: [value], outputs: [made], attributes: new Map() };
  return withNodes(model, (nodes) => [...nodes.slice(0, at + 1), added, ...nodes.slice(at + 1).map((node) => ({ ...node, inputs: node.inputs.map((name) => name === value ? made : name) }))]);
}

/** With another operator in a node's place. */
export function replaced(model: ModelFile, at: number, change: (node: Node) => Node): ModelFile {
  return withNodes(model, (nodes) => nodes.map((node, index) => index === at ? change(node) : node));
}

/** Nameless, as some exporters leave their nodes: structure is all there is. Values are named by counting. */
export function nameless(model: ModelFile, from = 0): ModelFile {
  const names = new Map<string, string>();
  const { graph } = model;
  const keep = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const rename = (name: string): string => {
    if (name === '' || keep.has(name)) return name;
    if (!names.has(name)) names.set(name, String(from + names.size));
    return names.get(name)!;
  };
  const nodes = graph.nodes.map((node) => ({ ...node, name: '', inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }));
  return { ...model, graph: { ...graph, nodes, initializers: new Map([...graph.initializers].map(([name, init]) => [rename(name), init])), valueInfo: new Map() } };
}

/** Writes a model as one self-contained file beside its external data. */
export async function save(model: ModelFile, file: string): Promise<void> {
  const initializers = new Map(await Promise.all([...model.graph.initializers].map(async ([name, init]) => {
    const tensor = await readInitializer(init);
    return [name, { kind: 'inline' as const, dtype: tensor.dtype, dims: tensor.dims, bytes: tensorToBytes(tensor) }] as const;
  })));
  const { bytes } = await writeOnnx({ ...model, graph: { ...model.graph, initializers } });
  fs.writeFileSync(file, bytes);
}
