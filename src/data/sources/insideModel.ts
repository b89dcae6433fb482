/**
 * What a network's own first layers tell about its input: normalisation that is part of the model, quantisation
 * parameters, and the spread that the first batch normalisation expects.
 */
import type { Graph, Initializer, Node } from '../../graph/graph';
import { attrFloat, attrInts, attrTensor, initializerType } from '../../graph/graph';
import { elementCount } from '../../tensor/tensor';
import type { Tensor } from '../../tensor/tensor';
import type { ImageKnowledge } from '../knowledge';
import type { ImageSpec } from '../spec';

/** Reads a weight; the engine passes the reader of the formats room. */
export type ReadInitializer = (initializer: Initializer) => Promise<Tensor>;

/** The input's way to the first layer that mixes pixels. */
export interface Entrance {
  /** y = slope · x + shift on average over the channels, by layers inside the model; undefined if there are none. */
  readonly affine?: { readonly slope: number; readonly shift: number; readonly operators: readonly string[] };
  /** Range of a quantiser at the door. */
  readonly quantised?: readonly [number, number];
  /** The first convolution, and whether a transposition from NHWC to NCHW lies before it. */
  readonly convolution?: Node;
  readonly transposed: boolean;
  /** Standard deviation of the input that the batch normalisation after the first convolution expects. */
  readonly expectedDeviation?: number;
}

const passing = new Set(['Identity', 'Cast', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze', 'Pad', 'Dropout', 'Slice', 'Gather', 'Split', 'Concat', 'DequantizeLinear', 'QuantizeLinear']);
const longestWay = 24;
const largestRead = 4_000_000;

/** Follows `input` to the first layer that mixes pixels. Reads small constants only (and the first kernels). */
export async function findEntrance(graph: Graph, input: string, read: ReadInitializer): Promise<Entrance> {
  const reader = new Constants(graph, read);
  let value = input;
  let slope = 1;
  let shift = 0;
  const operators: string[] = [];
  let quantised: Entrance['quantised'];
  let transposed = false;
  for (let step = 0; step < longestWay; step++) {
    const node = graph.nodes.find((candidate) => candidate.inputs.includes(value) && !['Shape', 'Size'].includes(candidate.opType));
    if (!node) break;
    if (node.opType === 'Conv' || node.opType === 'ConvTranspose') {
      const expectedDeviation = operators.length || quantised ? undefined : await deviationBehind(graph, node, reader);
      return { affine: operators.length ? { slope, shift, operators } : undefined, quantised, convolution: node, transposed, expectedDeviation };
    }
    const change = await affineOf(node, value, reader);
    if (change) {
      slope *= change.slope;
      shift = shift * change.slope + change.shift;
      operators.push(node.opType);
    } else if (!passing.has(node.opType)) break;
    if (node.opType === 'Transpose' && attrInts(node, 'perm', []).join() === '0,3,1,2') transposed = true;
    // TensorFlow exporters turn [N, H, W, 1] into [N, 1, H, W] by a Reshape.
    if (node.opType === 'Reshape') {
      const shape = await reader.numbers(node.inputs[1] ?? '');
      if (shape?.length === 4 && shape[1] === 1) transposed = true;
    }
    if (node.opType === 'QuantizeLinear' && !quantised && !operators.length) {
      const scale = (await reader.numbers(node.inputs[1] ?? ''))?.[0];
      const zero = (await reader.numbers(node.inputs[2] ?? ''))?.[0] ?? 0;
      const signed = reader.dtype(node.inputs[2] ?? '') === 'int8';
      if (scale) quantised = [((signed ? -128 : 0) - zero) * scale, ((signed ? 127 : 255) - zero) * scale];
    }
    value = node.outputs[0] ?? '';
    if (!value) break;
  }
  return { affine: operators.length ? { slope, shift, operators } : undefined, quantised, transposed };
}

/** Averages of what an arithmetic node with one constant operand does to its other operand. */
async function affineOf(node: Node, value: string, reader: Constants): Promise<{ slope: number; shift: number } | undefined> {
  if (node.opType === 'BatchNormalization') {
    const [scale, bias, mean, variance] = await Promise.all(node.inputs.slice(1, 5).map(async (name) => average(await reader.numbers(name))));
    if (scale === undefined || bias === undefined || mean === undefined || variance === undefined) return undefined;
    const slope = scale / Math.sqrt(variance + attrFloat(node, 'epsilon', 1e-5));
    return { slope, shift: bias - mean * slope };
  }
  if (!['Add', 'Sub', 'Mul', 'Div'].includes(node.opType)) return undefined;
  const first = node.inputs[0] === value;
  const constant = average(await reader.numbers(node.inputs[first ? 1 : 0] ?? ''));
  if (constant === undefined) return undefined;
  switch (node.opType) {
    case 'Add': return { slope: 1, shift: constant };
    case 'Sub': return first ? { slope: 1, shift: -constant } : { slope: -1, shift: constant };
    case 'Mul': return { slope: constant, shift: 0 };
    default: return first && constant !== 0 ? { slope: 1 / constant, shift: 0 } : undefined;
  }
}

function average(values: readonly number[] | undefined): number | undefined {
  return values?.length ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}

/**
 * A batch normalisation after the first convolution remembers the deviation σ_k of each filter's output over the
 * training pictures. A filter with kernel w_k on inputs of deviation s gives about σ_k ≈ s · ‖w_k‖ (neighbouring pixels
 * are correlated, so within a factor of a few): the median over the filters tells 0…255 from anything near one.
 * TensorFlow's exporters write the normalisation as Mul and Add; the Mul is γ / σ with γ near one.
 */
async function deviationBehind(graph: Graph, convolution: Node, reader: Constants): Promise<number | undefined> {
  const next = graph.nodes.find((node) => node.inputs[0] === convolution.outputs[0] || (node.opType === 'Mul' && node.inputs[1] === convolution.outputs[0]));
  const kernels = await reader.numbers(convolution.inputs[1] ?? '');
  if (!next || !kernels) return undefined;
  let deviations: number[] | undefined;
  if (next.opType === 'BatchNormalization') deviations = (await reader.numbers(next.inputs[4] ?? ''))?.map((variance) => Math.sqrt(Math.max(0, variance)));
  else if (next.opType === 'Mul') deviations = (await reader.numbers(next.inputs[next.inputs[0] === convolution.outputs[0] ? 1 : 0] ?? ''))?.map((factor) => 1 / Math.abs(factor));
  if (!deviations || deviations.length < 4 || kernels.length % deviations.length !== 0) return undefined;
  const size = kernels.length / deviations.length;
  const estimates = deviations.map((deviation, k) => {
    let squares = 0;
    for (let i = k * size; i < (k + 1) * size; i++) squares += kernels[i]! ** 2;
    return deviation / Math.sqrt(squares);
  }).filter((estimate) => Number.isFinite(estimate)).sort((a, b) => a - b);
  return estimates[estimates.length >> 1];
}

/** Constants of a graph: initializers and Constant nodes, read on demand and only when small. */
class Constants {
  private readonly constantNodes: Map<string, Initializer>;

  constructor(private readonly graph: Graph, private readonly read: ReadInitializer) {
    this.constantNodes = new Map();
    for (const node of graph.nodes) {
      const tensor = node.opType === 'Constant' ? attrTensor(node, 'value') : undefined;
      if (tensor) this.constantNodes.set(node.outputs[0] ?? '', tensor);
    }
  }

  private find(name: string): Initializer | undefined {
    return this.graph.initializers.get(name) ?? this.constantNodes.get(name);
  }

  dtype(name: string): string | undefined {
    const found = this.find(name);
    return found && initializerType(found).dtype;
  }

  async numbers(name: string): Promise<number[] | undefined> {
    const found = this.find(name);
    if (!found || found.kind === 'missing' || found.kind === 'strings' || elementCount(initializerType(found).dims) > largestRead) return undefined;
    try {
      const tensor = await this.read(found);
      return decodeNumbers(tensor);
    } catch {
      return undefined; // Evidence that cannot be read is no evidence.
    }
  }
}

function decodeNumbers(tensor: Tensor): number[] | undefined {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array || data instanceof Int8Array || data instanceof Uint8Array || data instanceof BigInt64Array) return Array.from(data, Number);
  return undefined;
}

/** What the entrance says about the scaling, if it says anything. */
export function fromEntrance(entrance: Entrance): ImageKnowledge | undefined {
  const source = 'layers inside the model';
  const { affine, quantised, expectedDeviation } = entrance;
  if (quantised) {
    const [low, high] = quantised;
    const range = nearestRange(low, high);
    if (range) return { source, scaling: { range } };
  }
  if (affine) {
    const range = rangeBefore(affine.slope, affine.shift);
    if (range) return { source, scaling: { range } };
  }
  if (expectedDeviation !== undefined && expectedDeviation > 12) {
    return { source: 'assumed', scaling: { range: [0, 255] }, assumption: `values 0…255, because the first batch normalisation expects inputs that vary by about ${Math.round(expectedDeviation)}` };
  }
  return undefined;
}

/** The usual range closest to a quantiser's, if it is close at all. */
function nearestRange(low: number, high: number): readonly [number, number] | undefined {
  const known: readonly (readonly [number, number])[] = [[0, 1], [-1, 1], [0, 255]];
  return known.find(([a, b]) => Math.abs(low - a) < 0.06 * (b - a) && Math.abs(high - b) < 0.06 * (b - a));
}

/**
 * The input's range from y = slope · x + shift in front of the network: the middle of the range (−shift / slope) or,
 * where nothing is subtracted, the factor tells 0…255 from 0…1.
 */
function rangeBefore(slope: number, shift: number): readonly [number, number] | undefined {
  const centre = -shift / slope;
  if (centre > 5 || (Math.abs(centre) < 0.01 && Math.abs(slope) < 0.06)) return [0, 255];
  if (centre > 0.15 && centre < 0.85) return [0, 1];
  return undefined;
}

/** The layout that the first convolution proves: ONNX convolutions want channels first. */
export function layoutOf(entrance: Entrance): ImageSpec['layout'] | undefined {
  if (entrance.transposed) return 'NHWC';
  return entrance.convolution ? 'NCHW' : undefined;
}
