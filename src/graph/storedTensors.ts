/**
 * Stored tensors behind a node's inputs, through operators that only unpack or turn them (DequantizeLinear, Transpose,
 * Cast), and the ids they are asked for by: 'tensor:NAME' in the main graph, 'node:3/then_branch/tensor:NAME' in a
 * subgraph, 'node:7@value' for a tensor in an attribute, 'layer:2/weight:0' for a variable of a declared layer.
 */
import { initializerType } from './graph';
import type { DeclaredLayer, Initializer, ModelFile, Node } from './graph';
import type { Inference } from './inference/infer';
import { definitionOf, linksOf, locate, mainScope, nodeKey, type GraphScope } from './locate';

export interface TensorSource {
  readonly id: string;
  readonly name: string;
  /** The operator's word for the input it serves, and what it goes through: 'W', 'W · x_scale of DequantizeLinear'. */
  readonly role: string;
  readonly init: Initializer;
}

/** Longest chain of nodes between a stored tensor and its reader. */
const maxSteps = 8;
/** Nodes of constants that are followed; a long computation is not a stored tensor. */
const followed = new Set(['Identity', 'Cast', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'DequantizeLinear', 'Constant', 'Expand', 'Mul', 'Add']);

/**
 * @param roleOf names input `index` of a node: 'W'.
 */
export function storedInputs(scope: GraphScope, node: Node, roleOf: (node: Node, index: number) => string): TensorSource[] {
  const found = new Map<string, TensorSource>();
  const visit = (at: GraphScope, name: string, role: string, steps: number): void => {
    const definition = name === '' ? undefined : definitionOf(at, name);
    if (!definition) return;
    const { scope: home, init, maker } = definition;
    if (init) {
      const id = `${home.prefix}tensor:${name}`;
      if (!found.has(id)) found.set(id, { id, name, role, init });
      return;
    }
    const source = maker === undefined ? undefined : home.graph.nodes[maker]!;
    if (!source || !followed.has(source.opType) || steps >= maxSteps) return;
    if (source.opType === 'Constant') {
      for (const tensor of attributeTensors(home, maker!)) if (!found.has(tensor.id)) found.set(tensor.id, { ...tensor, name, role });
    } else if (isStored(home, source, steps + 1)) {
      source.inputs.forEach((input, index) => visit(home, input, index === 0 ? role : `${role} · ${roleOf(source, index)} (${source.opType})`, steps + 1));
    }
  };
  node.inputs.forEach((name, index) => visit(scope, name, roleOf(node, index), 0));
  return [...found.values()];
}

/** Whether a node computes from stored tensors alone. */
function isStored(scope: GraphScope, node: Node, steps: number): boolean {
  return node.inputs.every((name) => {
    if (name === '') return true;
    const definition = definitionOf(scope, name);
    if (definition?.init) return true;
    const source = definition?.maker === undefined ? undefined : definition.scope.graph.nodes[definition.maker]!;
    return source !== undefined && followed.has(source.opType) && steps < maxSteps && isStored(definition!.scope, source, steps + 1);
  });
}

/** Tensors in the attributes of the node at `position`. */
export function attributeTensors(scope: GraphScope, position: number): TensorSource[] {
  const key = nodeKey(scope, position);
  return [...scope.graph.nodes[position]!.attributes].flatMap(([name, attribute]): TensorSource[] => {
    if (attribute.kind === 'tensor') return [{ id: `${key}@${name}`, name, role: name, init: attribute.value }];
    if (attribute.kind === 'tensors') return attribute.value.map((init, index) => ({ id: `${key}@${name}[${index}]`, name: `${name}[${index}]`, role: name, init }));
    return [];
  });
}

export interface FoundTensor {
  readonly name: string;
  readonly init: Initializer;
  /** Axes of a convolution's filters, for tensors that are such filters. */
  readonly filters?: FilterLayout;
}

/** [out, in, height, width]; [height, width, in, out]; [height, width, channel, multiplier] of depthwise ones. */
export type FilterLayout = 'OIHW' | 'HWIO' | 'HWCM';

/** The tensor of an id; undefined when the model has none of that id. */
export function findTensor(model: ModelFile, inference: Inference, id: string): FoundTensor | undefined {
  const weight = /^layer:(\d{1,9})\/weight:(\d{1,9})$/.exec(id);
  if (weight) {
    const layer = model.layers?.[Number(weight[1])], variable = layer?.weights?.[Number(weight[2])];
    if (!layer || !variable) return undefined;
    const filters = initializerType(variable.init).dims.length === 4 ? declaredFilters(layer) : undefined;
    return { ...variable, ...(filters && { filters }) };
  }
  const stored = /^(?:([^]*?)\/)??tensor:([^]*)$/.exec(id);
  if (stored) {
    const scope = stored[1] === undefined ? mainScope(model, inference) : scopeOf(model, inference, stored[1]);
    const init = scope?.graph.initializers.get(stored[2]!);
    return init && { name: stored[2]!, init, ...(isFilter(scope!, stored[2]!) && { filters: 'OIHW' }) };
  }
  const at = id.lastIndexOf('@'), node = at < 0 ? undefined : locate(model, inference, id.slice(0, at));
  if (node?.kind !== 'node') return undefined;
  const position = node.scope.graph.nodes.indexOf(node.node);
  const found = attributeTensors(node.scope, position).find((tensor) => tensor.id === id);
  return found && { name: node.node.name || node.node.outputs[0] || found.name, init: found.init, ...(isFilter(node.scope, node.node.outputs[0] ?? '') && { filters: 'OIHW' }) };
}

function declaredFilters(layer: DeclaredLayer): FilterLayout | undefined {
  if (!/^(?:Depthwise|Separable)?Conv2D$|^Convolution2D$|^SeparableConvolution2D$/.test(layer.type)) return undefined;
  if (layer.config?.dim_ordering === 'th') return 'OIHW';
  return /^(?:Depthwise|Separable)/.test(layer.type) ? 'HWCM' : 'HWIO';
}

/** The scope of 'node:12/then_branch'. */
function scopeOf(model: ModelFile, inference: Inference, path: string): GraphScope | undefined {
  const inside = locate(model, inference, `${path}/0`);
  return inside?.kind === 'node' ? inside.scope : undefined;
}

/** Where convolutions take their filters. */
const filterInput: Readonly<Record<string, number>> = { Conv: 1, ConvInteger: 1, FusedConv: 1, QLinearConv: 3, DeformConv: 1 };

/** Whether a value is read as the filters of a convolution, directly or through what unpacks it. */
function isFilter(scope: GraphScope, name: string, steps = 0): boolean {
  const { readers } = linksOf(scope.graph);
  return (readers.get(name) ?? []).slice(0, 16).some((position) => {
    const node = scope.graph.nodes[position]!;
    if (node.inputs[filterInput[node.opType] ?? -1] === name) return true;
    return steps < 3 && (node.opType === 'DequantizeLinear' || node.opType === 'Cast' || node.opType === 'Identity') && node.inputs[0] === name && isFilter(scope, node.outputs[0] ?? '', steps + 1);
  });
}
