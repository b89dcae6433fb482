/** Which inputs of a node are weights, and how many elements they have: what "parameters" means in a summary. */
import { elementCount } from '../tensor/tensor';
import { isFloat } from '../tensor/dtype';
import type { Graph, Node } from './graph';
import { attrInt, initializerType } from './graph';
import { constantValues, producersOf, subgraphsOf } from './indexes';
import type { Inference } from './inference/infer';
import { dtypeOf, staticDims } from './inference/infer';

type Types = Pick<Inference, 'types'>;

/** Constant inputs that steer an op rather than being learned: shapes, axes, bounds, scales, initial states. */
const steering: Readonly<Record<string, readonly number[]>> = {
  Reshape: [1], Slice: [1, 2, 3, 4], Expand: [1], Tile: [1, 2], Pad: [1, 2, 3], Resize: [1, 2, 3], Upsample: [1], Clip: [1, 2], TopK: [1],
  Gather: [1], GatherElements: [1], GatherND: [1], OneHot: [0, 1, 2], Squeeze: [1], Unsqueeze: [1], Split: [1], Range: [0, 1, 2],
  ConstantOfShape: [0], Dropout: [1, 2], QuantizeLinear: [1, 2], DequantizeLinear: [1, 2], CumSum: [1], LSTM: [4, 5, 6], GRU: [4, 5], RNN: [4, 5],
  Loop: [0, 1], If: [0], NonMaxSuppression: [2, 3, 4], RoiAlign: [2], Compress: [1], Trilu: [1], CenterCropPad: [1], STFT: [1, 2, 3], DFT: [1, 2],
  RotaryEmbedding: [1, 2, 3], GroupQueryAttention: [5, 6, 7, 8], MultiHeadAttention: [4, 5], Attention: [3, 4, 5, 6],
};

/** Where integer tensors are weights: the quantised ops. */
const quantised: Readonly<Record<string, readonly number[]>> = {
  QLinearConv: [3, 8], ConvInteger: [1], QLinearMatMul: [3], MatMulInteger: [1], QGemm: [3, 6], QAttention: [1, 2], DynamicQuantizeMatMul: [1, 4],
  MatMulIntegerToFloat: [1, 6], QLinearAdd: [0, 3], QLinearMul: [0, 3], DynamicQuantizeLSTM: [1, 2, 3], MatMulNBits: [1, 5], MatMulBnb4: [1], QMoE: [2, 4, 5, 7, 8, 10], GatherBlockQuantized: [0], EmbedLayerNormalization: [2, 3, 4, 5, 6],
};

/** In these a lone constant is a number of the formula (0.5, ε, √d), not a weight. */
const scaling = new Set(['Mul', 'Div', 'Pow', 'Max', 'Min', 'Where', 'Mod', 'Equal', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual']);
const arithmetic = new Set([...scaling, 'Add', 'Sub', 'Sum', 'Mean']);

/** Coefficients that classical models carry as attributes. */
const learnedAttributes: Readonly<Record<string, readonly string[]>> = {
  LinearClassifier: ['coefficients', 'intercepts'], LinearRegressor: ['coefficients', 'intercepts'],
  SVMClassifier: ['support_vectors', 'coefficients', 'rho'], SVMRegressor: ['support_vectors', 'coefficients', 'rho'],
};

/**
 * Counts the weights each node reads. A weight counts once, for the first node that reads it; one reached through
 * DequantizeLinear, Transpose or other nodes of constants alone counts for their consumer. Running statistics of
 * BatchNormalization count (as in Keras), scales and zero points of quantisation do not.
 */
export class WeightCounter {
  private readonly counted = new Set<string>();

  constructor(private readonly frame: WeightFrame) {}

  /** Elements of the weights that `node` is the first to read, its subgraphs included. */
  parameters(node: Node, frame: WeightFrame = this.frame): number {
    let total = 0;
    node.inputs.forEach((name, index) => {
      if (!frame.isWeight(node, index)) return;
      for (const [root, count] of frame.roots(name)) {
        if (this.counted.has(root)) continue;
        this.counted.add(root);
        total += packedElements(node, index, frame) ?? count;
      }
    });
    for (const name of learnedAttributes[node.opType] ?? []) {
      const attr = node.attributes.get(name);
      if (attr?.kind === 'floats') total += attr.value.length;
    }
    for (const inner of subgraphsOf(node)) {
      const within = frame.enter(inner);
      for (const child of inner.nodes) if (!within.isConstantNode(child)) total += this.parameters(child, within);
    }
    return total;
  }
}

/** Elements of a weight that is stored as bytes holding several numbers each; undefined for others. */
function packedElements(node: Node, index: number, frame: WeightFrame): number | undefined {
  if ((node.opType === 'MatMulNBits' || node.opType === 'MatMulBnb4') && index === 1) {
    const k = attrInt(node, 'K', undefined), n = attrInt(node, 'N', undefined);
    return k !== undefined && n !== undefined ? k * n : undefined;
  }
  const bits = node.opType === 'QMoE' && (index === 2 || index === 5 || index === 8) ? attrInt(node, 'expert_weight_bits', 4)
    : node.opType === 'GatherBlockQuantized' && index === 0 ? attrInt(node, 'bits', 4) : undefined;
  const dims = bits === undefined || frame.dtype(node.inputs[index]!) !== 'uint8' ? undefined : frame.dims(node.inputs[index]!);
  return dims && elementCount(dims) * (8 / bits!);
}

/** Constants of one graph, seen from inside it. */
export class WeightFrame {
  readonly constants: ReadonlySet<string>;
  private readonly producers: ReadonlyMap<string, Node>;

  constructor(private readonly graph: Graph, private readonly inference: Inference, private readonly types: Types = inference, private readonly outer?: WeightFrame) {
    this.constants = constantValues(graph);
    this.producers = producersOf(graph);
  }

  enter(inner: Graph): WeightFrame {
    return new WeightFrame(inner, this.inference, this.inference.subgraphs.get(inner) ?? { types: new Map() }, this);
  }

  isConstant(name: string): boolean {
    return this.constants.has(name) || (!this.producers.has(name) && (this.outer?.isConstant(name) ?? false));
  }

  /** Whether a node computes from constants alone (such nodes are no layers). */
  isConstantNode(node: Node): boolean {
    return node.outputs.length > 0 && node.outputs.every((name) => name === '' || this.constants.has(name));
  }

  isWeight(node: Node, index: number): boolean {
    const name = node.inputs[index]!;
    if (name === '' || !this.isConstant(name)) return false;
    const positions = quantised[node.opType];
    if (positions !== undefined) return positions.includes(index);
    if (steering[node.opType]?.includes(index) || (node.opType.startsWith('Reduce') && index > 0)) return false;
    if (!isFloat(this.dtype(name))) return false;
    if (!arithmetic.has(node.opType)) return true;
    const dims = this.dims(name);
    return dims === undefined || (dims.length > 0 && !(scaling.has(node.opType) && elementCount(dims) === 1));
  }

  dtype(name: string): ReturnType<typeof dtypeOf> {
    return this.types.types.has(name) || this.outer === undefined ? dtypeOf(this.types, name) : this.outer.dtype(name);
  }

  dims(name: string): readonly number[] | undefined {
    return this.types.types.has(name) || this.outer === undefined ? staticDims(this.types, name) : this.outer.dims(name);
  }

  /** The stored tensors a constant is made of, with their element counts. */
  roots(name: string, steps = 0): readonly (readonly [string, number])[] {
    const init = this.graph.initializers.get(name);
    if (init !== undefined) return [[name, elementCount(initializerType(init).dims)]];
    const node = this.producers.get(name);
    if (node === undefined) return this.outer?.roots(name) ?? [];
    const sources = node.inputs.filter((input, index) => this.isRootInput(node, input, index));
    if (sources.length === 0 || node.opType === 'ConstantOfShape' || steps > 32) return [[name, elementCount(this.dims(name) ?? [0])]];
    return sources.flatMap((input) => this.roots(input, steps + 1));
  }

  private isRootInput(node: Node, input: string, index: number): boolean {
    if (input === '' || steering[node.opType]?.includes(index)) return false;
    return node.opType === 'DequantizeLinear' || isFloat(this.dtype(input));
  }
}
