/**
 * Integer pictures as real numbers. A model that takes bytes turns them into floats first (Cast, DequantizeLinear); as
 * an input of floats it computes the same, and has a derivative to every pixel.
 */
import { GraphBuilder } from './builder';
import type { Graph, ModelFile, Node, ValueInfo } from './graph';
import { attrInt } from './graph';

/** Ops that only move numbers. */
const moving = new Set(['Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Slice', 'Expand', 'Concat', 'Split']);

/** Bytes, or what has the dims of pictures: other integers are tokens, marks and counts. */
function isPicture({ type }: ValueInfo): boolean {
  if (type.kind !== 'tensor' || !type.dims) return false;
  if (type.dtype === 'uint8' || type.dtype === 'int8') return type.dims.length > 1;
  return ['int32', 'uint16', 'int16'].includes(type.dtype) && type.dims.length === 4 && [type.dims[1], type.dims[3]].some((channels) => channels === 1 || channels === 3 || channels === 4);
}

/** The model with such inputs as float32 inputs; the model itself where there are none. */
export function withRealInputs(model: ModelFile): ModelFile {
  const pictures = model.graph.inputs.filter((input) => isPicture(input) && !model.graph.initializers.has(input.name));
  return pictures.length ? { ...model, graph: pictures.reduce(realInput, model.graph) } : model;
}

function realInput(graph: Graph, input: ValueInfo): Graph {
  if (input.type.kind !== 'tensor') return graph;
  const names = new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys(), ...graph.nodes.flatMap((node) => node.outputs)]);
  const opset = 13, b = new GraphBuilder(opset, 'real/', names), dtype = input.type.dtype;
  const real = new Set([input.name]), whole = new Map<string, string>(), nodes: Node[] = [];
  /** The integers again, for whoever wants them. */
  const integers = (value: string): string => {
    let name = whole.get(value);
    if (name === undefined) {
      name = b.cast(value, dtype);
      whole.set(value, name);
    }
    return name;
  };
  for (const node of graph.nodes) {
    if (!node.inputs.some((name) => real.has(name))) { nodes.push(node); continue; }
    const [first, scale, zero] = node.inputs as [string, string?, string?], plain = node.domain === '';
    if (plain && node.opType === 'Cast') nodes.push(node);
    else if (plain && node.opType === 'DequantizeLinear' && real.has(first) && attrInt(node, 'block_size', 0) === 0 && !node.attributes.has('axis')) {
      const shifted = zero ? b.op('Sub', [first, b.cast(zero, 'float32')]) : first;
      nodes.push(...b.nodes.splice(0), { name: node.name, opType: 'Mul', domain: '', inputs: [shifted, scale!], outputs: node.outputs, attributes: new Map() });
    } else if (plain && moving.has(node.opType) && node.inputs.filter((name) => real.has(name)).length === (node.opType === 'Concat' ? node.inputs.length : 1) && real.has(first)) {
      nodes.push(node);
      for (const output of node.outputs) real.add(output);
    } else {
      const inputs = node.inputs.map((name) => (real.has(name) ? integers(name) : name));
      nodes.push(...b.nodes.splice(0), { ...node, inputs });
    }
  }
  // A picture that is handed through, or read inside a branch, stays as it was.
  if (graph.outputs.some(({ name }) => real.has(name)) || graph.nodes.some((node) => [...node.attributes.values()].some((attribute) => attribute.kind === 'graph'))) return graph;
  const changed: ValueInfo = { ...input, type: { ...input.type, dtype: 'float32' } };
  return {
    ...graph, nodes,
    inputs: graph.inputs.map((item) => (item === input ? changed : item)),
    initializers: new Map([...graph.initializers, ...b.initializers]),
    valueInfo: new Map([...graph.valueInfo].filter(([name]) => !real.has(name))),
  };
}
