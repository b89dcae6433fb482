/**
 * Half floats as single ones. Derivatives are small numbers: below 6e-8 a half float is 0, and the gradient of an
 * unlikely class vanishes on its way. (On CPUs half floats are slower besides: most operators convert there and back.)
 */
import { elementNumber } from './inference/elementTypes';
import { initializerType, type Attribute, type Graph, type ModelFile, type Node, type ValueInfo, type ValueType } from './graph';

const half = BigInt(elementNumber('float16')), single = BigInt(elementNumber('float32'));
/** Attributes that name an element type: of Cast, of random numbers, of windows. */
const typeAttributes = ['to', 'dtype', 'output_datatype'];

/**
 * The model computing in float32 wherever it computes in float16, its inputs and outputs included; the model itself
 * where it does not. Weights stay as they are stored, behind a Cast.
 */
export function inSinglePrecision(model: ModelFile): ModelFile {
  const functions = model.functions.map((body) => ({ ...body, nodes: body.nodes.flatMap(singleNode) }));
  if (!hasHalf(model.graph) && model.functions.every(({ nodes }, index) => same(nodes, functions[index]!.nodes))) return model;
  return { ...model, functions, graph: singleGraph(model.graph) };
}

function hasHalf(graph: Graph): boolean {
  return [...graph.inputs, ...graph.outputs].some(({ type }) => singleType(type) !== type)
    || [...graph.initializers.values()].some((init) => initializerType(init).dtype === 'float16')
    || graph.nodes.some((node) => !same([node], singleNode(node)));
}

function same(a: readonly Node[], b: readonly Node[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index]);
}

function singleGraph(graph: Graph): Graph {
  const casts: Node[] = [], initializers = new Map(graph.initializers);
  for (const [name, init] of graph.initializers) {
    if (initializerType(init).dtype !== 'float16') continue;
    const stored = `${name}/float16`;
    initializers.delete(name);
    initializers.set(stored, init);
    casts.push(castOf(stored, name));
  }
  const info = (value: ValueInfo): ValueInfo => ({ ...value, type: singleType(value.type) });
  return {
    ...graph, initializers, nodes: [...casts, ...graph.nodes.flatMap(singleNode)],
    inputs: graph.inputs.map(info), outputs: graph.outputs.map(info),
    valueInfo: new Map([...graph.valueInfo].map(([name, value]) => [name, info(value)])),
  };
}

/** The node that computes the same in float32, itself where that is what it does. */
function singleNode(node: Node): Node[] {
  let changed: Map<string, Attribute> | undefined;
  const change = (name: string, attribute: Attribute): void => void (changed ??= new Map(node.attributes)).set(name, attribute);
  for (const [name, attribute] of node.attributes) {
    if (attribute.kind === 'graph' && hasHalf(attribute.value)) change(name, { kind: 'graph', value: singleGraph(attribute.value) });
    if (attribute.kind === 'graphs' && attribute.value.some(hasHalf)) change(name, { kind: 'graphs', value: attribute.value.map(singleGraph) });
    if (attribute.kind === 'int' && attribute.value === half && node.domain === '' && typeAttributes.includes(name)) change(name, { kind: 'int', value: single });
  }
  const value = node.attributes.get('value');
  if (node.domain === '' && value?.kind === 'tensor' && initializerType(value.value).dtype === 'float16') {
    const stored = `${node.outputs[0]!}/float16`;
    return [{ ...node, outputs: [stored] }, castOf(stored, node.outputs[0]!)];
  }
  return [changed ? { ...node, attributes: changed } : node];
}

function castOf(input: string, output: string): Node {
  return { name: '', opType: 'Cast', domain: '', inputs: [input], outputs: [output], attributes: new Map([['to', { kind: 'int', value: single }]]) };
}

function singleType(type: ValueType): ValueType {
  switch (type.kind) {
    case 'tensor': case 'sparse': return type.dtype === 'float16' ? { ...type, dtype: 'float32' } : type;
    case 'sequence': case 'optional': { const element = singleType(type.element); return element === type.element ? type : { ...type, element }; }
    case 'map': { const value = singleType(type.value); return value === type.value ? type : { ...type, value }; }
    default: return type;
  }
}
