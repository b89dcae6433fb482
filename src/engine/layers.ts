/** Which values of a graph form a grid over the picture, so that a class activation map can be taken there. */
import { attrInts, type Graph, type Node, type ValueType } from '../graph/graph';
import type { InnerLayer, SpatialLayer } from '../methods/model';
import { isFloat } from '../tensor/dtype';
import { neededNodes, valuesRead } from './forwardModel';

type Layout = 'NCHW' | 'NHWC';

/** Ops whose 4-D output is channels-first by definition. */
const channelsFirst = new Set([
  'Conv', 'ConvTranspose', 'ConvInteger', 'QLinearConv', 'BatchNormalization', 'InstanceNormalization', 'GroupNormalization', 'LRN',
  'MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'QLinearAveragePool', 'MaxUnpool', 'DepthToSpace', 'SpaceToDepth', 'FusedConv',
]);

/** Ops whose output people think of as a layer's activations. */
const layerOps = new Set([
  ...channelsFirst, 'Relu', 'LeakyRelu', 'PRelu', 'Elu', 'Selu', 'Celu', 'Clip', 'HardSwish', 'Gelu', 'Mish', 'Softplus', 'Softsign', 'ThresholdedRelu',
  'Add', 'Sum', 'Mul', 'Concat', 'LayerNormalization', 'SkipLayerNormalization', 'Resize', 'Upsample', 'DequantizeLinear',
]);

const tokenOps = new Set(['LayerNormalization', 'SkipLayerNormalization', 'Add', 'Sum']);

/** More leading tokens than this (class, distillation, registers) are not looked for. */
const maximumPrefix = 5;

/**
 * Grid-shaped values between the inputs and `outputs`, in topological order.
 * @param types of all values, with the dims of one sample.
 * @param pictures whether an input is a picture; token grids are only looked for then.
 */
export function findSpatialLayers(graph: Graph, types: ReadonlyMap<string, ValueType>, outputs: readonly string[], pictures: boolean): SpatialLayer[] {
  const downstream = new Set(graph.inputs.map((input) => input.name));
  const layouts = new Map<string, Layout>();
  const layers: SpatialLayer[] = [], sides = new Set<number>();
  for (const node of neededNodes(graph, outputs).nodes) {
    if (!valuesRead(node).some((name) => downstream.has(name))) continue;
    for (const name of node.outputs) downstream.add(name);
    const value = node.outputs[0];
    if (value === undefined || value === '') continue;
    const dims = staticTensorDims(types.get(value));
    const layout = layoutOf(node, layouts);
    if (layout) layouts.set(value, layout);
    if (!dims) continue;
    noteSides(sides, dims, layout);
    const layer = dims.length === 4 ? gridLayer(node, value, dims, layout) : dims.length === 3 && pictures ? tokenLayer(node, value, dims, sides) : undefined;
    if (layer) layers.push(layer);
  }
  return layers;
}

/** Further ops whose output people think of as a layer's activations, whatever its rank. */
const otherLayerOps = new Set([
  'Gemm', 'MatMul', 'Tanh', 'Sigmoid', 'HardSigmoid', 'Erf', 'Swish', 'FastGelu', 'BiasGelu', 'QuickGelu', 'LSTM', 'GRU', 'RNN', 'RMSNormalization', 'SimplifiedLayerNormalization',
  'SkipSimplifiedLayerNormalization', 'EmbedLayerNormalization', 'Attention', 'MultiHeadAttention', 'GroupQueryAttention', 'Einsum', 'Flatten',
]);

const recurrentOps = new Set(['LSTM', 'GRU', 'RNN']);

/** Real activations with a batch between the inputs and `outputs`, in topological order; outputs themselves are none. */
export function findLayers(graph: Graph, types: ReadonlyMap<string, ValueType>, outputs: readonly string[]): InnerLayer[] {
  const { nodes } = neededNodes(graph, outputs);
  const downstream = new Set(graph.inputs.map((input) => input.name)), used = new Set(nodes.flatMap(valuesRead));
  const layers: InnerLayer[] = [], lastSteps = new Map<string, Node>();
  for (const node of nodes) {
    if (!valuesRead(node).some((name) => downstream.has(name))) continue;
    for (const name of node.outputs) downstream.add(name);
    if (recurrentOps.has(node.opType)) lastSteps.set(node.outputs[1] ?? '', node);
    // Where only the last step of a recurrent layer is used, that is what the layer says.
    const recurrent = node.opType === 'Squeeze' ? lastSteps.get(node.inputs[0]!) : undefined;
    const value = node.outputs[0];
    if (value === undefined || !used.has(value) || outputs.includes(value) || !(recurrent || layerOps.has(node.opType) || otherLayerOps.has(node.opType))) continue;
    const type = types.get(value), dims = staticTensorDims(type);
    if (type?.kind === 'tensor' && isFloat(type.dtype) && dims && dims.length >= 2) layers.push({ value, node: (recurrent ?? node).name || value, opType: (recurrent ?? node).opType, dims });
  }
  return layers;
}

function staticTensorDims(type: ValueType | undefined): readonly number[] | undefined {
  if (type?.kind !== 'tensor' || !type.dims?.every((dim) => typeof dim === 'number')) return undefined;
  return type.dims as readonly number[];
}

/** Follows layouts through transposes and elementwise ops. */
function layoutOf(node: Node, layouts: ReadonlyMap<string, Layout>): Layout | undefined {
  if (channelsFirst.has(node.opType)) return 'NCHW';
  const from = node.inputs.map((name) => layouts.get(name)).find((layout) => layout !== undefined);
  if (node.opType !== 'Transpose') return from;
  const perm = attrInts(node, 'perm', [] as number[]).join();
  if (perm === '0,2,3,1') return 'NHWC';
  if (perm === '0,3,1,2') return 'NCHW';
  return undefined;
}

function gridLayer(node: Node, value: string, dims: readonly number[], layout: Layout | undefined): SpatialLayer | undefined {
  if (!layout || !layerOps.has(node.opType)) return undefined;
  const [, a, b, c] = dims as [number, number, number, number];
  const [channels, height, width] = layout === 'NCHW' ? [a, b, c] : [c, a, b];
  if (height * width <= 1) return undefined;
  return { value, node: node.name || value, opType: node.opType, layout, channels, height, width, prefixTokens: 0 };
}

/** Tokens [N, T, C] where T is a square, or one that was seen before plus a few leading tokens. */
function tokenLayer(node: Node, value: string, dims: readonly number[], sides: ReadonlySet<number>): SpatialLayer | undefined {
  const [, tokens, channels] = dims as [number, number, number];
  // One number a token is a statistic (of a normalisation that is written out), no features.
  if (!tokenOps.has(node.opType) || channels < 2) return undefined;
  for (let prefixTokens = 0; prefixTokens <= maximumPrefix; prefixTokens++) {
    const side = squareSide(tokens - prefixTokens);
    if (side === undefined || (prefixTokens > 0 && !sides.has(side))) continue;
    return { value, node: node.name || value, opType: node.opType, layout: 'tokens', channels, height: side, width: side, prefixTokens };
  }
  return undefined;
}

/** Sides of square grids, and of rows of tokens that are squares: those that leading tokens may be added to. */
function noteSides(sides: Set<number>, dims: readonly number[], layout: Layout | undefined): void {
  if (dims.length === 4 && layout) {
    const [height, width] = layout === 'NCHW' ? [dims[2]!, dims[3]!] : [dims[1]!, dims[2]!];
    if (height === width) sides.add(height);
  } else if (dims.length === 3) {
    const side = squareSide(dims[1]!);
    if (side !== undefined) sides.add(side);
  }
}

/** At least 2×2. */
function squareSide(tokens: number): number | undefined {
  const side = Math.round(Math.sqrt(tokens));
  return side >= 2 && side * side === tokens ? side : undefined;
}
