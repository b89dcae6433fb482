/** Hand-made models whose explanations are known in closed form, run through the real engine room on ONNX Runtime. */
import { GraphBuilder } from '../../../src/graph/builder';
import { RuntimeModel } from '../../../src/engine/runtimeModel';
import { Sessions } from '../../../src/engine/sessions';
import type { Dims, ModelFile } from '../../../src/graph/graph';
import type { Attribution, MethodContext, Parameters, Progress } from '../../../src/methods/method';
import { resolveParameters } from '../../../src/methods/parameters';
import { methodById } from '../../../src/methods/registry';
import type { DType } from '../../../src/tensor/dtype';
import { floatTensor, type FloatTensor, type Tensor } from '../../../src/tensor/tensor';

let made = 0;

export const sessions = new Sessions();

/** A float32 model: `body` writes the nodes from the input's name to the outputs' names. */
export function tinyModel(inputDims: Dims, outputs: Readonly<Record<string, { dims: Dims; dtype?: DType }>>, body: (b: GraphBuilder, x: string) => Readonly<Record<string, string>>): ModelFile {
  const b = new GraphBuilder(18, 'tiny/');
  const results = body(b, 'x');
  const nodes = [...b.nodes, ...Object.entries(results).map(([name, value]) => ({ name: `out/${name}`, opType: 'Identity', domain: '', inputs: [value], outputs: [name], attributes: new Map() }))];
  return {
    format: 'onnx', file: `/tiny-${made++}.onnx`, producer: 'test', irVersion: 9, opsets: new Map([['', 18]]), metadata: new Map(), functions: [], warnings: [],
    graph: {
      name: 'tiny', nodes, initializers: b.initializers, valueInfo: new Map(),
      inputs: [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: inputDims } }],
      outputs: Object.entries(outputs).map(([name, { dims, dtype = 'float32' }]) => ({ name, type: { kind: 'tensor', dtype, dims } })),
    },
  };
}

export function runtimeModel(file: ModelFile, sampleDims: readonly number[]): RuntimeModel {
  return new RuntimeModel({ file, identity: file.file, sampleDims: { x: sampleDims }, sessions, device: 'cpu' });
}

export interface Explained {
  readonly result: Attribution;
  readonly progress: readonly Progress[];
}

/** Runs a method on one sample of input 'x', collecting what it streams. */
export async function explain(file: ModelFile, x: Tensor, methodId: string, options: {
  readonly index?: number; readonly output?: string; readonly space?: 'logit' | 'probability' | 'output'; readonly layer?: string;
  readonly parameters?: Parameters; readonly preset?: string; readonly tensors?: Readonly<Record<string, Tensor>>; readonly signal?: AbortSignal; readonly kind?: MethodContext['kind'];
} = {}): Promise<Explained> {
  const method = methodById(methodId);
  const run = method.explain({
    model: runtimeModel(file, x.dims), feeds: { x }, input: 'x', kind: options.kind ?? (x.dims.length === 4 ? 'image' : 'table'), layer: options.layer,
    target: { output: options.output ?? 'y', index: options.index ?? 0, space: options.space ?? 'logit' },
    parameters: resolveParameters(method, options.parameters, options.preset).parameters,
    tensors: options.tensors ?? {}, seed: 1, signal: options.signal ?? new AbortController().signal,
  });
  const progress: Progress[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done) return { result: step.value, progress };
    progress.push(step.value);
  }
}

/** y = W x + b with W [classes, features]. */
export function linearModel(weights: readonly (readonly number[])[], bias: readonly number[]): ModelFile {
  const features = weights[0]!.length, classes = weights.length;
  return tinyModel(['N', features], { y: { dims: ['N', classes] } }, (b, x) => ({
    y: b.op('Gemm', [x, b.constant(weights.flat(), 'float32', [classes, features]), b.constant(bias, 'float32', [classes])], { transB: 1 }),
  }));
}

export const row = (...values: number[]): FloatTensor => floatTensor([1, values.length], Float32Array.from(values));
