/**
 * The samples' network: four convolutions of 3×3 with ReLU, halved by max-pooling between them, averaged over space,
 * and one dense layer. Written here once; the ONNX, Keras and TensorFlow.js files all come from it.
 */
import type { Attribute, Graph, Initializer, ModelFile, Node, ValueInfo } from '../../src/graph/graph';
import { Random } from '../../src/tensor/random';
import { classNames } from './scenes';

export const side = 64;
export const convolutions = [
  { name: 'conv1', input: 3, filters: 16 },
  { name: 'conv2', input: 16, filters: 32 },
  { name: 'conv3', input: 32, filters: 48 },
  { name: 'conv4', input: 48, filters: 64 },
] as const;
export const features = 64;
export const denseName = 'probabilities';

/** A weight by name ('conv1/kernel'), in ONNX's layout: [out, in, 3, 3] for kernels, [in, out] for the dense layer. */
export interface Weight { readonly dims: readonly number[]; readonly data: Float32Array }
export type Weights = ReadonlyMap<string, Weight>;

/** Random weights: He's normal for what a ReLU follows, biases zero. */
export function initialWeights(random: Random): Weights {
  const weights = new Map<string, Weight>();
  const normal = (count: number, deviation: number): Float32Array => Float32Array.from({ length: count }, () => random.normal() * deviation);
  for (const { name, input, filters } of convolutions) {
    weights.set(`${name}/kernel`, { dims: [filters, input, 3, 3], data: normal(filters * input * 9, Math.sqrt(2 / (input * 9))) });
    weights.set(`${name}/bias`, { dims: [filters], data: new Float32Array(filters) });
  }
  weights.set(`${denseName}/kernel`, { dims: [features, classNames.length], data: normal(features * classNames.length, Math.sqrt(1 / features)) });
  weights.set(`${denseName}/bias`, { dims: [classNames.length], data: new Float32Array(classNames.length) });
  return weights;
}

const ints = (...values: number[]): Attribute => ({ kind: 'ints', value: values.map(BigInt) });
const int = (value: number): Attribute => ({ kind: 'int', value: BigInt(value) });

function node(name: string, opType: string, inputs: readonly string[], output: string, attributes: Readonly<Record<string, Attribute>> = {}): Node {
  return { name, opType, domain: '', inputs, outputs: [output], attributes: new Map(Object.entries(attributes)) };
}

function tensor(name: string, dims: readonly (number | string)[]): ValueInfo {
  return { name, type: { kind: 'tensor', dtype: 'float32', dims } };
}

/**
 * The network as a model: input `image` [N, 3, 64, 64]. For use it ends in a softmax, `probabilities` [N, 6], and its
 * weights are initializers. For training it ends in the logarithm of that, and its weights are inputs, so that they
 * can change from step to step.
 */
export function buildModel(weights: Weights, use: 'inference' | 'training', file = ''): ModelFile {
  const nodes: Node[] = [];
  let value = 'image';
  convolutions.forEach(({ name }, i) => {
    nodes.push(node(name, 'Conv', [value, `${name}/kernel`, `${name}/bias`], `${name}/convolved`, { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) }));
    nodes.push(node(`${name}/relu`, 'Relu', [`${name}/convolved`], `${name}/output`));
    value = `${name}/output`;
    if (i === convolutions.length - 1) return;
    nodes.push(node(`pool${i + 1}`, 'MaxPool', [value], `pool${i + 1}/output`, { kernel_shape: ints(2, 2), strides: ints(2, 2) }));
    value = `pool${i + 1}/output`;
  });
  nodes.push(node('average', 'GlobalAveragePool', [value], 'average/output'));
  nodes.push(node('flatten', 'Flatten', ['average/output'], 'features', { axis: int(1) }));
  nodes.push(node('dense', 'Gemm', ['features', `${denseName}/kernel`, `${denseName}/bias`], 'logits'));
  const last = use === 'inference' ? 'probabilities' : 'logProbabilities';
  nodes.push(node('softmax', use === 'inference' ? 'Softmax' : 'LogSoftmax', ['logits'], last, { axis: int(1) }));

  const initializers = new Map<string, Initializer>();
  const inputs: ValueInfo[] = [tensor('image', ['batch', 3, side, side])];
  for (const [name, { dims, data }] of weights) {
    if (use === 'training') inputs.push(tensor(name, dims));
    else initializers.set(name, { kind: 'inline', dtype: 'float32', dims, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
  }
  const graph: Graph = { name: 'scenes', inputs, outputs: [tensor(last, ['batch', classNames.length])], nodes, initializers, valueInfo: new Map() };
  return { format: 'onnx', file, producer: 'model-lens samples', irVersion: 8, opsets: new Map([['', 17]]), metadata: new Map(), graph, functions: [], warnings: [] };
}
