/**
 * A TensorFlow.js model on TensorFlow.js itself: for what ONNX cannot express. It runs forward only; gradients are
 * built on the ONNX graph, which such a model does not have.
 */
import type { GraphModel } from '@tensorflow/tfjs-converter';
import type { io, NamedTensorMap, Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { ModelFile, ValueType } from '../../graph/graph';
import type { RuntimeChoice } from '../../graph/summary';
import { dtypeOf, shapeOf } from '../../formats/tfjs/graphDef';
import { isObject, type ModelJson } from '../../formats/tfjs/modelJson';
import type { AttentionBlock, Feeds, GradientResult, InnerLayer, PortInfo, SpatialLayer, Target } from '../../methods/model';
import { LensError, oneLine, throwIfAborted } from '../../protocol/rpc';
import { tensorFromNumbers, toFloat32 } from '../../tensor/convert';
import { elementCount, type Tensor } from '../../tensor/tensor';
import type { LoadedModel } from '../loadedModel';
import { scoresOf } from '../targetValues';
import { readArtifacts } from './artifacts';
import { loadTfjs, type TfjsLibrary } from './load';

/** A loaded network: tensors in by input name, tensors out by output name. */
export interface TfjsNetwork {
  readonly runtime: RuntimeChoice;
  readonly library: TfjsLibrary;
  readonly inputs: readonly string[];
  /** With the types the model file states, which are all there is for ops that were not translated. */
  readonly outputs: readonly PortInfo[];
  run(feeds: NamedTensorMap): Promise<TfTensor[]>;
  dispose(): void;
}

/**
 * Loads the model of a model.json.
 * @param why what ONNX cannot express, in words.
 * @throws LensError 'unsupported' with TensorFlow.js' own reason.
 */
export async function loadNetwork(file: string, why: string): Promise<TfjsNetwork> {
  const { json, artifacts } = readArtifacts(file);
  const { id, library, version, note } = await loadTfjs();
  const runtime: RuntimeChoice = { id, version, reason: note === undefined ? why : `${why}; ${note}` };
  const handler: io.IOHandler = { load: async () => artifacts };
  try {
    if (json.format === 'layers-model') {
      const model = await library.loadLayersModel(handler);
      return {
        runtime, library, inputs: model.inputs.map(({ name }) => name), outputs: model.outputs.map(({ name, dtype, shape }) => ({ name, dtype: dtype === 'int32' || dtype === 'bool' ? dtype : 'float32', dims: shape })),
        run: async (feeds) => asList(model.predict(model.inputs.map(({ name }) => feeds[name]!))),
        dispose: () => model.dispose(),
      };
    }
    const model = await library.loadGraphModel(handler);
    return {
      runtime, library, inputs: model.inputs.map(({ name }) => name),
      outputs: model.outputNodes.map((name) => stated(json, name)),
      run: async (feeds) => asList(await execute(library, model, feeds)),
      dispose: () => model.dispose(),
    };
  } catch (error) {
    throw failure('load', error);
  }
}

const keepFlag = 'KEEP_INTERMEDIATE_TENSORS';

/**
 * TensorFlow.js 4 frees tensors that loops still need (its executor counts uses outside of them only); keeping all until
 * the end helps. Its advice for developers (which of two functions to call) is kept from the log.
 */
async function execute(library: TfjsLibrary, model: GraphModel, feeds: NamedTensorMap): Promise<TfTensor | TfTensor[]> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await model.executeAsync(feeds, model.outputNodes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    try {
      library.env().set(keepFlag, true);
      return await model.executeAsync(feeds, model.outputNodes);
    } finally {
      library.env().set(keepFlag, false);
      model.disposeIntermediateTensors();
    }
  } finally {
    console.warn = warn;
  }
}

function asList(value: TfTensor | TfTensor[]): TfTensor[] {
  return Array.isArray(value) ? value : [value];
}

/** An output as the model's signature has it, by key or by node. */
function stated({ signature }: ModelJson, name: string): PortInfo {
  const outputs = isObject(signature?.outputs) ? signature.outputs : {};
  const info = Object.entries(outputs).find(([key, value]) => key === name || (isObject(value) && value.name === name))?.[1];
  if (!isObject(info)) return { name, dtype: 'undefined', dims: [] };
  return { name, dtype: dtypeOf(info.dtype) ?? 'undefined', dims: shapeOf(info.tensorShape) ?? [] };
}

function failure(what: 'load' | 'run', error: unknown): LensError {
  return new LensError('unsupported', oneLine(`TensorFlow.js cannot ${what} this model: ${error instanceof Error ? error.message : String(error)}`, 400));
}

export interface TfjsModelOptions {
  readonly file: ModelFile;
  readonly network: TfjsNetwork;
  readonly types: ReadonlyMap<string, ValueType>;
  readonly signal?: AbortSignal;
  readonly timings?: Record<string, number>;
}

export class TfjsModel implements LoadedModel {
  readonly file: ModelFile;
  readonly runtime: RuntimeChoice;
  readonly inputs: readonly PortInfo[];
  readonly outputs: readonly PortInfo[];

  constructor(private readonly options: TfjsModelOptions) {
    const { file, network } = options;
    this.file = file;
    this.runtime = network.runtime;
    this.inputs = file.graph.inputs.map(({ name, type }) => port(name, type));
    this.outputs = file.graph.outputs.map(({ name, type }) => port(name, options.types.get(name) ?? type));
    this.outputs = this.outputs.map((inferred) => {
      const declared = network.outputs[this.position(inferred.name)];
      return inferred.dtype === 'undefined' && declared ? { ...declared, name: inferred.name } : inferred;
    });
  }

  batchFor(): number {
    return 1;
  }

  async run(feeds: Feeds, fetch: readonly string[] = this.outputs.map(({ name }) => name)): Promise<Readonly<Record<string, Tensor>>> {
    const { network, signal, timings } = this.options;
    const unknown = fetch.find((name) => !this.outputs.some((output) => output.name === name));
    if (unknown !== undefined) throw new LensError('unsupported', `'${unknown}' is an inner value, and of a model that runs on TensorFlow.js only the outputs can be read`);
    throwIfAborted(signal);
    const given: NamedTensorMap = {};
    this.inputs.forEach(({ name, dtype }, index) => {
      const feed = feeds[name];
      if (!feed) throw new LensError('badInput', `input '${name}' was not given`);
      given[network.inputs[index]!] = toTfjs(network.library, name, feed, dtype);
    });
    const start = performance.now();
    let results: TfTensor[] = [];
    try {
      results = await network.run(given);
      const tensors = await Promise.all(results.map(fromTfjs));
      return Object.fromEntries(fetch.map((name) => [name, tensors[this.position(name)]!]));
    } catch (error) {
      throw error instanceof LensError ? error : failure('run', error);
    } finally {
      network.library.dispose([...Object.values(given), ...results]);
      if (timings) timings.runMs = (timings.runMs ?? 0) + performance.now() - start;
    }
  }

  async gradients(): Promise<GradientResult> {
    throw new LensError('notDifferentiable', this.noGradient, 'choose a method that only runs the model forward');
  }

  async whyNotDifferentiable(): Promise<string | undefined> {
    return this.noGradient;
  }

  /** The output's own values: what lies before a final softmax cannot be read out here. */
  async scores(feeds: Feeds, target: Target): Promise<Float32Array> {
    const output = (await this.run(feeds, [target.output]))[target.output]!, values = toFloat32(output);
    const samples = Math.max(1, ...Object.values(feeds).map(({ dims }) => dims[0] ?? 1));
    return scoresOf(values, samples, target);
  }

  async embedding(): Promise<string | undefined> {
    return undefined;
  }

  async spatialLayers(): Promise<readonly SpatialLayer[]> {
    return [];
  }

  async layers(): Promise<readonly InnerLayer[]> {
    return [];
  }

  async attentionBlocks(): Promise<readonly AttentionBlock[]> {
    return [];
  }

  activationOf(): { kind?: undefined } {
    return {};
  }

  typeOf(value: string): ValueType | undefined {
    return this.options.types.get(value);
  }

  /** Of an output among the network's: by name, else in the order both have. */
  private position(name: string): number {
    const named = this.options.network.outputs.findIndex((output) => output.name === name);
    return named >= 0 ? named : this.outputs.findIndex((output) => output.name === name);
  }

  private get noGradient(): string {
    return `this model runs on TensorFlow.js, which computes no gradients here (${this.runtime.reason ?? 'ONNX cannot express it'})`;
  }
}

function port(name: string, type: ValueType): PortInfo {
  return type.kind === 'tensor' ? { name, dtype: type.dtype, dims: type.dims ?? [] } : { name, dtype: 'undefined', dims: [] };
}

function toTfjs(library: TfjsLibrary, name: string, feed: Tensor, dtype: PortInfo['dtype']): TfTensor {
  const { data, dims } = feed;
  if (ArrayBuffer.isView(data) && data.length !== elementCount(dims)) throw new LensError('badInput', `input '${name}': ${data.length} values for dims [${dims.join(', ')}]`);
  if (!ArrayBuffer.isView(data)) return library.tensor([...data], [...dims], 'string');
  if (dtype === 'string') throw new LensError('badInput', `input '${name}' takes text, but ${feed.dtype} values were given`);
  const numbers = toFloat32(feed);
  if (dtype === 'bool') return library.tensor(Uint8Array.from(numbers), [...dims], 'bool');
  return dtype.startsWith('int') || dtype.startsWith('uint') ? library.tensor(Int32Array.from(data as ArrayLike<number | bigint>, Number), [...dims], 'int32') : library.tensor(numbers, [...dims], 'float32');
}

async function fromTfjs(tensor: TfTensor): Promise<Tensor> {
  const values = await tensor.data();
  const dims = [...tensor.shape];
  if (tensor.dtype === 'string') return { dtype: 'string', dims, data: values as unknown as string[] };
  return tensor.dtype === 'float32' || tensor.dtype === 'int32' || tensor.dtype === 'bool'
    ? tensorFromNumbers(tensor.dtype, dims, values as ArrayLike<number>)
    : { dtype: 'float32', dims, data: Float32Array.from(values as ArrayLike<number>) };
}
