/**
 * A model whose upper layers are random: what the parameter-randomisation check asks of (Adebayo et al. 2018, arXiv
 * 1810.03292). From the output side, layer by layer, stored weights make way for normal draws of the same dims; layers
 * once random stay so. The draws have mean 0 and the root mean square of the weights replaced, so that activations keep
 * their size; statistics and scales of normalisations, and constants of formulas, stay.
 */
import { readInitializer } from '../formats/readTensor';
import { initializerType, type Graph, type Initializer, type ModelFile, type Node } from '../graph/graph';
import { constantOf, namesOf, producersOf } from '../graph/indexes';
import { dtypeOf, staticDims, type Inference } from '../graph/inference/infer';
import { WeightFrame } from '../graph/weights';
import { tensorFromNumbers, tensorToBytes, toFloat32 } from '../tensor/convert';
import { isFloat, type DType } from '../tensor/dtype';
import { Random } from '../tensor/random';
import { elementCount } from '../tensor/tensor';
import { neededNodes } from './forwardModel';

/** Layers that learn by multiplying with stored matrices or filters. */
const learning = /^(Conv|ConvTranspose|FusedConv|Gemm|FusedGemm|MatMul|FusedMatMul|LSTM|GRU|RNN|Attention|Gather|QLinearConv|QLinearMatMul|QGemm|ConvInteger|MatMulInteger)$/;
/** Elements of all weights together; more are not drawn. */
const mostElements = 64 * 2 ** 20;
/** Draws between two looks at what else the process has to do. */
const sliceDraws = 2 ** 18;
/** Stages a deep network is made random in; one with fewer layers has one stage a layer. */
const mostStages = 5;

interface Weight {
  readonly value: string;
  readonly dtype: DType;
  readonly dims: readonly number[];
  /** Where its values are stored, if they are; a computed constant has none. */
  readonly stored?: Initializer;
}

export class RandomisedWeights {
  /** Nodes with the weights they are the first to use, from the output side. */
  private readonly layers: readonly { readonly node: Node; readonly weights: readonly Weight[] }[];
  /** Weights of the draw asked for last. */
  private drawn = { draw: 0, weights: new Map<string, Promise<Initializer>>() };
  /** Why no layer can be made random, one sentence; undefined where some can. */
  readonly obstacle?: string;

  /**
   * @param model as it is run and differentiated. @param target the value that is explained: only layers that lead to it count.
   */
  constructor(private readonly model: ModelFile, inference: Inference, target: string, private readonly seed: number) {
    const { graph } = model;
    this.layers = learningLayers(graph, inference, target);
    const elements = this.layers.flatMap(({ weights }) => weights).reduce((total, { dims }) => total + elementCount(dims), 0);
    if (this.layers.length === 0) this.obstacle = 'No layer with stored weights leads to what is explained.';
    else if (elements > mostElements) this.obstacle = `The model has ${elements} weights, and at most ${mostElements} are made random.`;
  }

  /** How many layers there are, and in how many stages they are made random. */
  get layerCount(): number { return this.layers.length; }
  get stages(): number { return this.obstacle === undefined ? Math.min(mostStages, this.layers.length) : 0; }

  /** Layers that are random at a stage: the last one alone at the first, all at the last, evenly in between. */
  layersAt(stage: number): number {
    const { stages, layerCount } = this;
    return stages < 2 ? layerCount : Math.round(1 + ((layerCount - 1) * (stage - 1)) / (stages - 1));
  }

  /** The model with the layers of `stage` (from 1) random. The same seed and draw give the same weights at every stage. */
  async at(stage: number, draw: number, signal: AbortSignal): Promise<ModelFile> {
    const { graph } = this.model, taken = namesOf(this.model);
    const initializers = new Map(graph.initializers), names = new Map<string, string>(), random = this.layers.slice(0, this.layersAt(stage));
    for (const weight of random.flatMap(({ weights }) => weights)) {
      if (names.has(weight.value)) continue;
      let name = `${weight.value}/random`;
      while (taken.has(name)) name += '_';
      names.set(weight.value, name);
      initializers.set(name, await this.draw(weight, draw, signal));
    }
    const own = new Map(random.map(({ node, weights }) => [node, new Set(weights.map(({ value }) => value))]));
    const nodes = graph.nodes.map((node) => {
      const values = own.get(node);
      return values ? { ...node, inputs: node.inputs.map((input) => (values.has(input) ? names.get(input)! : input)) } : node;
    });
    return { ...this.model, graph: { ...graph, nodes, initializers } };
  }

  private draw(weight: Weight, draw: number, signal: AbortSignal): Promise<Initializer> {
    if (this.drawn.draw !== draw) this.drawn = { draw, weights: new Map() };
    const { weights } = this.drawn;
    let drawn = weights.get(weight.value);
    if (!drawn) {
      const index = [...new Set(this.layers.flatMap(({ weights }) => weights.map(({ value }) => value)))].indexOf(weight.value);
      drawn = drawLike(weight, new Random((this.seed * 16 + draw) * 104_729 + index + 1), signal);
      // Asked again after a cancel, it is drawn anew.
      drawn.catch(() => weights.delete(weight.value));
      weights.set(weight.value, drawn);
    }
    return drawn;
  }
}

function learningLayers(graph: Graph, inference: Inference, target: string): { node: Node; weights: Weight[] }[] {
  const frame = new WeightFrame(graph, inference), producers = producersOf(graph);
  const { nodes } = neededNodes(graph, [target]);
  return nodes.reverse().flatMap((node) => {
    if (!learning.test(node.opType)) return [];
    const weights = node.inputs.flatMap((value, index): Weight[] => {
      const dims = frame.isWeight(node, index) ? staticDims(inference, value) : undefined, dtype = dtypeOf(inference, value);
      if (!dims || dtype === undefined || !(isFloat(dtype) || dtype === 'int8' || dtype === 'uint8')) return [];
      const stored = constantOf(graph, value, producers);
      return [{ value, dtype, dims, ...(stored && initializerType(stored).dtype === dtype && { stored }) }];
    });
    return weights.some(({ dims }) => dims.length > 1) ? [{ node, weights }] : [];
  });
}

/** Normal draws of mean 0 whose root mean square is that of the weights themselves; of computed ones, He's deviation. */
async function drawLike({ dims, dtype, stored }: Weight, random: Random, signal: AbortSignal): Promise<Initializer> {
  const count = elementCount(dims);
  let deviation = Math.sqrt(2 / Math.max(1, count / (dims[0] ?? 1)));
  if (stored) {
    const values = toFloat32(await readInitializer(stored));
    deviation = Math.sqrt(values.reduce((total, value) => total + value * value, 0) / Math.max(1, count));
  }
  const out = new Float32Array(count), [least, most] = dtype === 'int8' ? [-128, 127] : dtype === 'uint8' ? [0, 255] : [-Infinity, Infinity];
  for (let i = 0; i < count; i++) {
    if (i % sliceDraws === sliceDraws - 1) {
      await new Promise((resolve) => { setImmediate(resolve); });
      signal.throwIfAborted();
    }
    const value = deviation * random.normal();
    out[i] = isFloat(dtype) ? value : Math.min(most, Math.max(least, Math.round(value)));
  }
  const tensor = tensorFromNumbers(dtype, dims, out);
  return { kind: 'inline', dtype, dims, bytes: tensorToBytes(tensor) };
}
