/**
 * An ONNX file → ModelFile. The scanner walks the protobuf by offsets and steps over weights, so what it costs
 * depends on the structure alone. Field numbers are those of onnx.proto (onnx 1.20).
 */
import * as path from 'node:path';
import type { Attribute, Graph, GraphFunction, ModelFile, Node } from '../../graph/graph';
import { shown } from '../badModelFile';
import { FileSource } from '../bytes';
import type { ByteSource } from '../bytes';
import { refuseForeign } from '../sniff';
import { ScanContext } from './context';
import { noModel, normalDomain, orderedNodes, scanAttribute, scanGraph, scanNode } from './nodes';
import { newestIrVersion } from './schema';
import { WireReader } from './wire';

export interface ScanOptions {
  /** Bytes to scan instead of opening the file (its path still says where external data lies). Not closed here. */
  readonly source?: ByteSource;
}

/**
 * Reads the structure of an ONNX model. Weights larger than a shape tensor become `ref`s into the file or its
 * external data; what cannot be read becomes `missing` with a warning.
 *
 * Large tensors in protobuf's number encoding (int32_data and the like) and sparse tensors are `inline` with a `bytes`
 * getter that decodes them from the file when it is called.
 *
 * @throws BadModelFile with one sentence: what the file is, and what was expected.
 */
export async function scanOnnx(file: string, options: ScanOptions = {}): Promise<ModelFile> {
  const source = options.source ?? new FileSource(file);
  try {
    refuseForeign(source);
    return scanModel(new WireReader(source, { start: 0, end: source.size }), new ScanContext(source), path.resolve(file));
  } finally {
    if (!options.source) source.close();
  }
}

function scanModel(reader: WireReader, context: ScanContext, file: string): ModelFile {
  let producer = '', producerVersion = '', irVersion = 0;
  const opsets = new Map<string, number>(), metadata = new Map<string, string>();
  const functions: GraphFunction[] = [];
  let graph: Graph | undefined;
  while (reader.next()) {
    switch (reader.field) {
      case 1: irVersion = reader.int(); break;
      case 2: producer = reader.text(); break;
      case 3: producerVersion = reader.text(); break;
      case 7: graph = scanGraph(reader.message(), context); break;
      case 8: scanOpset(reader.message(), opsets, context); break;
      case 14: scanMetadata(reader.message(), metadata, context); break;
      case 25: functions.push(scanFunction(reader.message(), context)); break;
    }
  }
  if (!graph) return noModel(context, 'it holds no graph');
  if (graph.nodes.length === 0 && graph.outputs.length === 0) return noModel(context, 'its graph has no nodes and no outputs');
  if (opsets.size === 0) {
    opsets.set('', 1);
    context.warn('The file names no operator set; version 1 is assumed.');
  }
  if (irVersion > newestIrVersion) {
    context.warn(`The file says IR version ${irVersion}, newer than ${newestIrVersion}, the newest known here; what it adds is not shown.`);
  }
  remarkOnWiring(graph, context);
  return {
    format: 'onnx', file, producer: [producer, producerVersion].filter(Boolean).join(' '), irVersion, opsets, metadata,
    graph, functions, warnings: context.warnings,
  };
}

function scanOpset(reader: WireReader, opsets: Map<string, number>, context: ScanContext): void {
  let domain = '', version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = normalDomain(context.intern(reader.text()));
    else if (reader.field === 2) version = reader.int();
  }
  // A file may name both '' and 'ai.onnx'; they are one domain, and the newer version was meant for some node.
  opsets.set(domain, Math.max(version, opsets.get(domain) ?? 0));
}

function scanMetadata(reader: WireReader, metadata: Map<string, string>, context: ScanContext): void {
  let key = '', value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = reader.text();
  }
  context.spend('text', key.length + value.length + 64);
  metadata.set(key, value);
}

function scanFunction(reader: WireReader, context: ScanContext): GraphFunction {
  let name = '', domain = '', overload = '';
  const inputs: string[] = [], outputs: string[] = [], attributes: string[] = [], nodes: Node[] = [];
  const defaults = new Map<string, Attribute>(), opsets = new Map<string, number>();
  while (reader.next()) {
    switch (reader.field) {
      case 1: name = context.intern(reader.text()); break;
      case 4: inputs.push(context.intern(reader.text())); break;
      case 5: outputs.push(context.intern(reader.text())); break;
      case 6: attributes.push(context.intern(reader.text())); break;
      case 7: nodes.push(scanNode(reader.message(), context)); break;
      case 9: scanOpset(reader.message(), opsets, context); break;
      case 10: domain = normalDomain(context.intern(reader.text())); break;
      case 11: {
        const { key, attribute } = scanAttribute(reader.message(), context);
        if (attribute) defaults.set(key, attribute);
        break;
      }
      case 13: overload = context.intern(reader.text()); break;
    }
  }
  return { name, domain, overload, inputs, outputs, attributes, defaults, opsets, nodes: orderedNodes(nodes, context) };
}

/** Says what a runtime would refuse: values that nothing makes, and values made twice. */
function remarkOnWiring(graph: Graph, context: ScanContext): void {
  const made = new Set<string>(graph.initializers.keys());
  for (const input of graph.inputs) made.add(input.name);
  for (const node of graph.nodes) {
    for (const output of node.outputs) {
      if (output !== '' && made.has(output)) context.warn(`Value "${shown(output)}" is made more than once, the last time by node "${shown(node.name)}".`);
      made.add(output);
    }
  }
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      if (input !== '' && !made.has(input)) context.warn(`Node "${shown(node.name)}" reads "${shown(input)}", which nothing makes.`);
    }
  }
  for (const output of graph.outputs) if (!made.has(output.name)) context.warn(`Output "${shown(output.name)}" is made by no node.`);
}
