/** Graph vocabulary → messages of onnx.proto. */
import type { Attribute, Dim, Graph, GraphFunction, Initializer, ModelFile, Node, TensorRef, ValueInfo, ValueType } from '../../graph/graph';
import { initializerType } from '../../graph/graph';
import type { DType } from '../../tensor/dtype';
import { BadModelFile, shown } from '../badModelFile';
import { attributeTypeNumber, elementTypeNumber, newestIrVersion } from './schema';
import { WireWriter } from './wire';

/** Where the bytes of a reference go: into the message, or to a location relative to the folder of external data. */
export type Placement = { readonly bytes: Uint8Array } | { readonly location: string };

/** Before IR 4 every weight had to be listed among the inputs; the Graph does not, so older files become IR 4. */
const oldestIrVersion = 4;
/** Functions came with IR 8. */
const functionsIrVersion = 8;

export class ModelEncoder {
  constructor(private readonly place: (ref: TensorRef) => Placement, private readonly decoded: (init: Initializer) => Uint8Array) {}

  model(model: ModelFile): WireWriter {
    const oldest = model.functions.length > 0 ? functionsIrVersion : oldestIrVersion;
    const writer = new WireWriter().int(1, Math.min(Math.max(model.irVersion, oldest), newestIrVersion));
    writer.textIf(2, model.producer);
    writer.message(7, this.graph(model.graph));
    writeOpsets(writer, 8, model.opsets);
    for (const [key, value] of model.metadata) writer.message(14, new WireWriter().text(1, key).text(2, value));
    for (const definition of model.functions) writer.message(25, this.function(definition));
    return writer;
  }

  private graph(graph: Graph): WireWriter {
    const writer = new WireWriter();
    for (const node of graph.nodes) writer.message(1, this.node(node));
    writer.textIf(2, graph.name);
    for (const [name, init] of graph.initializers) writer.message(5, this.tensor(init, name));
    writer.textIf(10, graph.doc);
    for (const input of graph.inputs) writer.message(11, valueInfo(input));
    for (const output of graph.outputs) writer.message(12, valueInfo(output));
    for (const info of graph.valueInfo.values()) writer.message(13, valueInfo(info));
    return writer;
  }

  private function(definition: GraphFunction): WireWriter {
    const writer = new WireWriter().text(1, definition.name);
    for (const input of definition.inputs) writer.text(4, input);
    for (const output of definition.outputs) writer.text(5, output);
    for (const attribute of definition.attributes) writer.text(6, attribute);
    for (const node of definition.nodes) writer.message(7, this.node(node));
    writeOpsets(writer, 9, definition.opsets);
    writer.textIf(10, definition.domain);
    for (const [name, attribute] of definition.defaults) writer.message(11, this.attribute(name, attribute));
    return writer.textIf(13, definition.overload);
  }

  private node(node: Node): WireWriter {
    const writer = new WireWriter();
    for (const input of node.inputs) writer.text(1, input);
    for (const output of node.outputs) writer.text(2, output);
    writer.textIf(3, node.name).text(4, node.opType);
    for (const [name, attribute] of node.attributes) writer.message(5, this.attribute(name, attribute));
    return writer.textIf(6, node.doc).textIf(7, node.domain).textIf(8, node.overload);
  }

  private attribute(name: string, attribute: Attribute): WireWriter {
    const writer = new WireWriter().text(1, name);
    switch (attribute.kind) {
      case 'float': writer.float(2, attribute.value); break;
      case 'int': writer.int(3, attribute.value); break;
      case 'string': writer.bytes(4, attribute.value); break;
      case 'tensor': writer.message(5, this.tensor(attribute.value, '')); break;
      case 'graph': writer.message(6, this.graph(attribute.value)); break;
      case 'type': writer.message(14, typeProto(attribute.value)); break;
      case 'floats': for (const value of attribute.value) writer.float(7, value); break;
      case 'ints': for (const value of attribute.value) writer.int(8, value); break;
      case 'strings': for (const value of attribute.value) writer.bytes(9, value); break;
      case 'tensors': for (const value of attribute.value) writer.message(10, this.tensor(value, '')); break;
      case 'graphs': for (const value of attribute.value) writer.message(11, this.graph(value)); break;
      case 'types': for (const value of attribute.value) writer.message(15, typeProto(value)); break;
      case 'reference':
        if (attribute.type) writer.int(20, attributeTypeNumber[attribute.type]);
        return writer.text(21, attribute.value);
    }
    return writer.int(20, attributeTypeNumber[attribute.kind]);
  }

  private tensor(init: Initializer, name: string): WireWriter {
    const { dtype, dims } = initializerType(init);
    const writer = new WireWriter();
    if (dims.length > 0) writer.packedInts(1, dims);
    writer.int(2, elementNumber(dtype));
    if (init.kind === 'strings') for (const text of init.strings) writer.text(6, text);
    writer.textIf(8, name);
    switch (init.kind) {
      case 'missing': throw new BadModelFile(`the values of weight "${shown(name)}" cannot be read: ${init.reason}`);
      case 'inline': writer.bytes(9, init.bytes); break;
      case 'deferred': writer.bytes(9, this.decoded(init)); break;
      case 'ref': {
        const placement = this.place(init.ref);
        if ('bytes' in placement) writer.bytes(9, placement.bytes);
        else writeExternal(writer, placement.location, init.ref);
      }
    }
    return writer;
  }
}

function writeExternal(writer: WireWriter, location: string, { offset, length }: TensorRef): void {
  const entries = [['location', location], ['offset', String(offset)], ['length', String(length)]] as const;
  for (const [key, value] of entries) writer.message(13, new WireWriter().text(1, key).text(2, value));
  writer.int(14, 1);
}

function writeOpsets(writer: WireWriter, field: number, opsets: ReadonlyMap<string, number>): void {
  for (const [domain, version] of opsets) writer.message(field, new WireWriter().textIf(1, domain).int(2, version));
}

function elementNumber(dtype: DType): number {
  const number = elementTypeNumber.get(dtype);
  if (number === undefined) throw new Error(`ONNX has no element type for ${dtype}`);
  return number;
}

function valueInfo(info: ValueInfo): WireWriter {
  const writer = new WireWriter().text(1, info.name);
  if (info.type.kind !== 'unknown') writer.message(2, typeProto(info.type));
  return writer.textIf(3, info.doc);
}

function typeProto(type: ValueType): WireWriter {
  const writer = new WireWriter();
  switch (type.kind) {
    case 'tensor': return writer.message(1, tensorType(type.dtype, type.dims));
    case 'sparse': return writer.message(8, tensorType(type.dtype, type.dims));
    case 'sequence': return writer.message(4, new WireWriter().message(1, typeProto(type.element)));
    case 'optional': return writer.message(9, new WireWriter().message(1, typeProto(type.element)));
    case 'map': return writer.message(5, new WireWriter().int(1, elementNumber(type.key)).message(2, typeProto(type.value)));
    case 'unknown': return writer;
  }
}

function tensorType(dtype: DType, dims: readonly Dim[] | undefined): WireWriter {
  const writer = new WireWriter().int(1, elementNumber(dtype));
  if (!dims) return writer;
  const shape = new WireWriter();
  for (const dim of dims) {
    const inner = new WireWriter();
    if (typeof dim === 'number') inner.int(1, dim);
    else if (dim !== null) inner.text(2, dim);
    shape.message(1, inner);
  }
  return writer.message(2, shape);
}
