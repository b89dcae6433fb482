/** NodeProto, AttributeProto and GraphProto → Node, Attribute and Graph. */
import * as path from 'node:path';
import type { Attribute, Graph, Initializer, Node, ValueInfo, ValueType } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import type { ScanContext } from './context';
import { nameNodes, sortNodes } from './order';
import { attributeKinds } from './schema';
import type { AttributeKind } from './schema';
import { scanSparseTensor, scanTensor } from './tensors';
import { scanDoc, scanType, scanValueInfo } from './types';
import type { WireReader } from './wire';

/** 'ai.onnx' and '' are the same domain; the Graph has ''. */
export function normalDomain(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

export function scanGraph(reader: WireReader, context: ScanContext): Graph {
  let name = '', doc: string | undefined;
  const nodes: Node[] = [], inputs: ValueInfo[] = [], outputs: ValueInfo[] = [];
  const valueInfo = new Map<string, ValueInfo>(), initializers = new Map<string, Initializer>();
  const keep = (tensor: { name: string; init: Initializer }): void => {
    if (initializers.has(tensor.name)) context.warn(`Weight "${shown(tensor.name)}" is stored more than once; the last one counts.`);
    initializers.set(tensor.name, tensor.init);
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1: nodes.push(scanNode(reader.message(), context)); break;
      case 2: name = context.intern(reader.text()); break;
      case 5: keep(scanTensor(reader.message(), context)); break;
      case 10: doc = scanDoc(reader, context); break;
      case 11: inputs.push(scanValueInfo(reader.message(), context)); break;
      case 12: outputs.push(scanValueInfo(reader.message(), context)); break;
      case 13: {
        const info = scanValueInfo(reader.message(), context);
        valueInfo.set(info.name, info);
        break;
      }
      case 15: keep(scanSparseTensor(reader.message(), context)); break;
    }
  }
  return {
    name, outputs, initializers, valueInfo, ...(doc ? { doc } : {}),
    inputs: inputs.filter((input) => !initializers.has(input.name)),
    nodes: orderedNodes(nodes, context),
  };
}

/** Nodes as the Graph wants them: named, unique, in topological order. */
export function orderedNodes(nodes: readonly Node[], context: ScanContext): readonly Node[] {
  return sortNodes(nameNodes(nodes), path.basename(context.source.file));
}

/** Shared by the many nodes that have none. */
const noAttributes: ReadonlyMap<string, Attribute> = new Map();

export function scanNode(reader: WireReader, context: ScanContext): Node {
  context.spend('nodes');
  let name = '', opType = '', domain = '', overload = '', doc: string | undefined;
  const inputs: string[] = [], outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  while (reader.next()) {
    switch (reader.field) {
      case 1: inputs.push(context.intern(reader.text())); break;
      case 2: outputs.push(context.intern(reader.text())); break;
      case 3: name = context.intern(reader.text()); break;
      case 4: opType = context.intern(reader.text()); break;
      case 5: {
        const { key, attribute } = scanAttribute(reader.message(), context);
        if (attribute) attributes.set(key, attribute);
        break;
      }
      case 6: doc = scanDoc(reader, context); break;
      case 7: domain = normalDomain(context.intern(reader.text())); break;
      case 8: overload = context.intern(reader.text()); break;
    }
  }
  // A sparse Constant was read as a dense tensor, so its attribute gets the dense one's name.
  const sparse = opType === 'Constant' && domain === '' ? attributes.get('sparse_value') : undefined;
  if (sparse) {
    attributes.delete('sparse_value');
    attributes.set('value', sparse);
  }
  return { name, opType, domain, inputs, outputs, attributes: attributes.size > 0 ? attributes : noAttributes, ...(overload ? { overload } : {}), ...(doc ? { doc } : {}) };
}

/** What an AttributeProto holds; the type is given in a field of its own, which IR 1 and 2 files may lack. */
interface Parts {
  float?: number; int?: bigint; string?: Uint8Array; tensor?: Initializer; graph?: Graph; type?: ValueType;
  floats?: number[]; ints?: bigint[]; strings?: Uint8Array[]; tensors?: Initializer[]; graphs?: Graph[]; types?: ValueType[];
}

export function scanAttribute(reader: WireReader, context: ScanContext): { key: string; attribute: Attribute | undefined } {
  context.spend('values', 32);
  let key = '', type = 0, reference = '';
  const parts: Parts = {};
  while (reader.next()) {
    switch (reader.field) {
      case 1: key = context.intern(reader.text()); break;
      case 2: parts.float = reader.float(); break;
      case 3: parts.int = reader.int64(); break;
      case 4: context.spend('text', (parts.string = reader.bytes()).length); break;
      case 5: parts.tensor = scanTensor(reader.message(), context, 'constant').init; break;
      case 6: parts.graph = scanGraph(reader.message(), context); break;
      case 7: {
        const list = parts.floats ??= [];
        reader.floats((value) => { context.spend('values'); list.push(value); });
        break;
      }
      case 8: {
        const list = parts.ints ??= [];
        reader.int64s((value) => { context.spend('values'); list.push(value); });
        break;
      }
      case 9: {
        const bytes = reader.bytes();
        context.spend('text', bytes.length + 64);
        (parts.strings ??= []).push(bytes);
        break;
      }
      case 10: (parts.tensors ??= []).push(scanTensor(reader.message(), context, 'constant').init); break;
      case 11: (parts.graphs ??= []).push(scanGraph(reader.message(), context)); break;
      case 14: parts.type = scanType(reader.message(), context); break;
      case 15: (parts.types ??= []).push(scanType(reader.message(), context)); break;
      case 20: type = reader.int(); break;
      case 21: reference = context.intern(reader.text()); break;
      case 22: parts.tensor = scanSparseTensor(reader.message(), context).init; break;
      case 23: (parts.tensors ??= []).push(scanSparseTensor(reader.message(), context).init); break;
    }
  }
  const kind = type === 0 ? inferKind(parts) : attributeKinds[type];
  if (reference) return { key, attribute: { kind: 'reference', value: reference, ...(kind ? { type: kind } : {}) } };
  const attribute = kind && assemble(kind, parts);
  if (!attribute) context.warn(`Attribute "${shown(key)}" was skipped: ${type === 0 ? 'it has neither a type nor a value' : `its type ${type} is unknown or its value is absent`}.`);
  return { key, attribute };
}

function inferKind(parts: Parts): Exclude<AttributeKind, 'reference'> | undefined {
  if (parts.float !== undefined) return 'float';
  if (parts.int !== undefined) return 'int';
  if (parts.string) return 'string';
  if (parts.tensor) return 'tensor';
  if (parts.graph) return 'graph';
  if (parts.type) return 'type';
  for (const kind of ['floats', 'ints', 'strings', 'tensors', 'graphs', 'types'] as const) if (parts[kind]) return kind;
  return undefined;
}

/** The attribute of a kind; a number or text that the file leaves out is 0 or empty, as proto3 has it. */
function assemble(kind: Exclude<AttributeKind, 'reference'>, parts: Parts): Attribute | undefined {
  switch (kind) {
    case 'float': return { kind, value: parts.float ?? 0 };
    case 'int': return { kind, value: parts.int ?? 0n };
    case 'string': return { kind, value: parts.string ?? new Uint8Array(0) };
    case 'tensor': return parts.tensor && { kind, value: parts.tensor };
    case 'graph': return parts.graph && { kind, value: parts.graph };
    case 'type': return parts.type && { kind, value: parts.type };
    case 'floats': return { kind, value: parts.floats ?? [] };
    case 'ints': return { kind, value: parts.ints ?? [] };
    case 'strings': return { kind, value: parts.strings ?? [] };
    case 'tensors': return { kind, value: parts.tensors ?? [] };
    case 'graphs': return { kind, value: parts.graphs ?? [] };
    case 'types': return { kind, value: parts.types ?? [] };
  }
}

/** Thrown where a file parses but is no model. */
export function noModel(context: ScanContext, what: string): never {
  throw new BadModelFile(`${shown(path.basename(context.source.file))} is not a usable ONNX model: ${what}`);
}
