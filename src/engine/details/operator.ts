/** Details of an operator of the graph. */
import { attributeText, elementTypeText, shortText } from '../../graph/attributeText';
import { attributePhrase, defaultAt, documentationOf, roleOf } from '../../graph/documentation';
import { initializerType, type Node, type ValueType } from '../../graph/graph';
import { familyOf } from '../../graph/families';
import { definitionOf, linksOf, nodeKey, type GraphScope, type Located } from '../../graph/locate';
import { attributeTensors, storedInputs } from '../../graph/storedTensors';
import { typeText } from '../../graph/summarise';
import type { LayerDetails, NodeReference, ValueDetails } from '../../protocol/details';
import type { OpenedModel } from '../models';
import { drawnNodes } from './architecture';
import { storedTensor } from './stored';

export function operatorDetails(opened: OpenedModel, { node, key, scope }: Located & { kind: 'node' }): LayerDetails {
  const { file } = opened;
  const documentation = documentationOf(node);
  const drawn = drawnNodes(opened).get(key);
  const local = file.functions.find((item) => item.name === node.opType && item.domain === node.domain);
  const position = scope.graph.nodes.indexOf(node);
  const inputRole = (of: Node, index: number): string => roleOf(documentationOf(of)?.inputs, index, 'input');
  const sources = [...storedInputs(scope, node, inputRole), ...attributeTensors(scope, position)];
  return {
    key, name: node.name || node.outputs.find((name) => name !== '') || node.opType, type: node.opType, family: familyOf(node.opType), domain: node.domain || 'ai.onnx',
    ...(local ? { documentation: `A function of this model, made of ${local.nodes.length} ${local.nodes.length === 1 ? 'operator' : 'operators'} that follow below.` } : documentation && { documentation: documentation.sentence }),
    attributes: attributesOf(node, file.opsets.get(node.domain) ?? 1),
    inputs: node.inputs.flatMap((name, index) => (name === '' ? [] : [inputDetails(scope, name, local?.inputs[index] ?? inputRole(node, index))])),
    outputs: node.outputs.flatMap((name, index) => (name === '' ? [] : [outputDetails(scope, name, local?.outputs[index] ?? roleOf(documentation?.outputs, index, 'output'))])),
    tensors: sources.map((source) => storedTensor(source, file.file)),
    parameters: drawn?.parameters ?? 0, macs: drawn?.macs ?? null, activationBytes: drawn?.activationBytes ?? null,
    operators: local?.nodes.map((inner) => ({ name: inner.name || inner.outputs[0] || '', type: inner.opType })) ?? [],
  };
}

/** What the node sets, then what holds because it does not. */
function attributesOf(node: Node, opset: number): LayerDetails['attributes'] {
  const given = [...node.attributes].map(([name, attribute]) => ({ name, value: attributeText(name, attribute), ...phrase(node.opType, name) }));
  const defaults = [...(documentationOf(node)?.attributes ?? [])].flatMap(([name, preset]) => {
    const value = preset && !node.attributes.has(name) ? defaultAt(preset, opset) : undefined;
    return value === undefined ? [] : [{ name, value: name === 'dtype' || name === 'stash_type' ? elementTypeText(value) : value, ...phrase(node.opType, name), isDefault: true }];
  });
  const doc = node.doc ? [{ name: 'doc_string', value: shortText(node.doc), documentation: 'what the exporter wrote about it' }] : [];
  return [...given, ...defaults, ...doc];
}

function phrase(opType: string, name: string): { documentation?: string } {
  const documentation = attributePhrase(opType, name);
  return documentation === undefined ? {} : { documentation };
}

function nodeReference(scope: GraphScope, position: number): NodeReference {
  const node = scope.graph.nodes[position]!;
  return { key: nodeKey(scope, position), name: node.name || node.outputs.find((name) => name !== '') || '', type: node.opType };
}

export function portReference(scope: Pick<GraphScope, 'prefix'>, kind: 'input' | 'output', name: string): NodeReference {
  return { key: `${scope.prefix}${kind}:${name}`, name, type: kind === 'input' ? 'Input' : 'Output' };
}

/** A value that is read: its type, and the key of what makes it. */
export function inputDetails(scope: GraphScope, name: string, role: string): ValueDetails {
  const found = definitionOf(scope, name);
  const nodes = found?.maker !== undefined ? [nodeReference(found.scope, found.maker)] : found?.input ? [portReference(found.scope, 'input', name)] : [];
  const type = (found?.scope ?? scope).types.get(name);
  if (found?.init && type === undefined) {
    const { dtype, dims } = initializerType(found.init);
    return { name, role, dtype, dims, nodes };
  }
  return { name, role, ...typeDetails(type), nodes };
}

/** A value that is made: its type, and the keys of what reads it. */
export function outputDetails(scope: GraphScope, name: string, role: string): ValueDetails {
  const readers = (linksOf(scope.graph).readers.get(name) ?? []).map((position) => nodeReference(scope, position));
  const port = scope.graph.outputs.some((output) => output.name === name) ? [portReference(scope, 'output', name)] : [];
  return { name, role, ...typeDetails(scope.types.get(name)), nodes: [...readers, ...port] };
}

export function typeDetails(type: ValueType | undefined): Pick<ValueDetails, 'dtype' | 'dims'> {
  if (!type) return { dtype: 'unknown', dims: null };
  return { dtype: typeText(type), dims: type.kind === 'tensor' || type.kind === 'sparse' ? type.dims ?? null : null };
}
