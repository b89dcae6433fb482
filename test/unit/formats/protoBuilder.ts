/** Hand-made messages of onnx.proto, for encodings that our own writer does not use. */
import * as fs from 'node:fs';
import { WireWriter } from '../../../src/formats/onnx/wire';

export const message = (): WireWriter => new WireWriter();

/** A TensorProto of name "w"; `content` adds its data fields. */
export function tensorProto(elementType: number, dims: readonly number[], content: (tensor: WireWriter) => void, name = 'w'): WireWriter {
  const tensor = message().packedInts(1, dims).int(2, elementType).text(8, name);
  content(tensor);
  return tensor;
}

export function nodeProto(opType: string, inputs: readonly string[], outputs: readonly string[], name = ''): WireWriter {
  const node = message();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  if (name) node.text(3, name);
  return node.text(4, opType);
}

export interface GraphParts {
  readonly nodes?: readonly WireWriter[];
  readonly initializers?: readonly WireWriter[];
  readonly sparse?: readonly WireWriter[];
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  /** Further fields of GraphProto. */
  readonly more?: (graph: WireWriter) => void;
}

export function graphProto(parts: GraphParts): WireWriter {
  const graph = message();
  for (const node of parts.nodes ?? [nodeProto('Identity', ['w'], ['y'])]) graph.message(1, node);
  for (const tensor of parts.initializers ?? []) graph.message(5, tensor);
  for (const tensor of parts.sparse ?? []) graph.message(15, tensor);
  for (const input of parts.inputs ?? []) graph.message(11, message().text(1, input));
  for (const output of parts.outputs ?? ['y']) graph.message(12, message().text(1, output));
  parts.more?.(graph);
  return graph;
}

/** Writes a model of IR 8 and opset 17; `more` adds further fields of ModelProto. */
export function writeModel(file: string, parts: GraphParts, more?: (model: WireWriter) => void): string {
  const model = message().int(1, 8).message(7, graphProto(parts)).message(8, message().int(2, 17));
  more?.(model);
  fs.writeFileSync(file, model.finish());
  return file;
}
