/** One explanation case: its fields mapped to our method and parameters, run, and compared. */
import path from 'node:path';
import { elementCount, floatTensor, type FloatTensor, type Tensor } from '../../src/tensor/tensor';
import type { Attribution, Parameters } from '../../src/methods/method';
import type { Target } from '../../src/methods/model';
import { resolveParameters } from '../../src/methods/parameters';
import { findMethod } from '../../src/methods/registry';
import { toFloat32, toFloat64 } from '../../src/tensor/convert';
import { compare, type Comparison } from './compare';
import { modelPath, readArray, readFloats, sample, type Case, type Tolerance } from './golden';
import { NotImplementedYet, type EngineRoom } from './engineRoom';
import { isMetric, metricValues } from './metrics';
import { judgeTable, tableMethodFor } from './tables';
import type { OpenedModel } from '../../src/engine/models';
import type { TableMethod } from '../../src/methods/table/tableMethod';

/** What a case asks of a method, in our words. */
interface Request {
  readonly preset?: string;
  readonly parameters: Parameters;
  /** Which of the result's tensors is compared. */
  readonly read: (result: Attribution, expected: readonly number[]) => FloatTensor;
  /** Further tensors of the case, by the name the method knows them under. */
  readonly tensors?: Readonly<Record<string, Tensor>>;
  /** Parameters whose result is as right where the first one does not pass (a sign that theory leaves open). */
  readonly otherwise?: Parameters;
  /** In place of the case's own, where that is out of the reference's own reach; the mapping says why. */
  readonly tolerance?: Tolerance;
  /** In place of what the case's target says, where its notes say otherwise. */
  readonly space?: Target['space'];
}

/** From `params` to a request, or several that must all agree. Every field must be used: one that is not understood fails the case. */
const mappings: Record<string, (params: Fields, item: Case) => Request | readonly Request[]> = {
  saliency: (params) => ({ parameters: { abs: params.take('abs') as boolean }, read: valuesOf }),
  'integrated-gradients': (params, item) => {
    const baseline = params.take('baseline') as string;
    return {
      parameters: { nSteps: params.take('nSteps') as number, quadrature: params.take('quadrature') as string, baseline: item.baselineFile === undefined ? baseline : 'file' },
      read: valuesOf,
    };
  },
  'grad-cam': (params) => {
    const relu = params.take('relu', undefined);
    params.take('reduction', 'sum over channels', ['sum over channels']);
    return { preset: params.take('preset') as string, parameters: (relu === undefined ? {} : { relu: relu as boolean }) as Parameters, read: camValues };
  },
};

/** Noise tunnels run with the reference's own draws. */
for (const id of ['smoothgrad', 'squaregrad', 'vargrad']) {
  mappings[id] = (params, item) => {
    const nSamples = params.take('nSamples') as number;
    params.take('sigma');
    params.take('gradient', 'signed saliency', ['signed saliency']);
    params.take('magnitude', false, [false]);
    return { parameters: { nSamples }, read: valuesOf, tensors: { noise: recordedNoise(item, params.take('stdev', 1) as number) } };
  };
}

mappings['gradient-shap'] = (params, item) => {
  const nSamples = params.take('nSamples') as number, background = String(params.take('background')), rows = Number(/^(\d+) rows$/.exec(background)?.[1]);
  if (!item.backgroundFile || !Number.isInteger(rows)) throw new Error(`params.background is '${background}', which the runner has no file for`);
  return {
    parameters: { nSamples, stdevs: params.take('stdevs') as number, background: 'file' }, read: valuesOf,
    tensors: { backgroundFile: readFloats(item.backgroundFile, item.backgroundStoredAs), alphas: ownFile(item, 'alphas'), baselineIndex: ownFile(item, 'baselineIndex') },
  };
};

mappings['blur-ig'] = (params) => {
  params.take('padding', 'constant 0', ['constant 0']);
  return { parameters: { maxSigma: params.take('maxSigma') as number, nSteps: params.take('steps') as number, gradStep: params.take('gradStep') as number, sqrt: params.take('sqrt') as boolean }, read: valuesOf };
};

/**
 * Each step of Guided IG depends on all before: where units switch, the path is chaotic. PAIR's own code, given gradients
 * at inputs shaken by a last bit of float32, agrees with itself to a correlation of 0.951 … 0.971 (resnet8, eight runs),
 * so 0.97 cannot be asked; given our gradients, it returns our numbers to 1e-6.
 */
mappings['guided-ig'] = (params) => ({
  parameters: { nSteps: params.take('steps') as number, fraction: params.take('fraction') as number, maxDist: params.take('maxDist') as number, baseline: params.take('baseline') as string },
  read: valuesOf, tolerance: { minCorrelation: 0.94 },
});

mappings.xrai = (params) => {
  params.take('baselines', undefined, ['black and white (min and max of the input)']);
  params.take('threshold', 1, [1]);
  params.take('algorithm', 'full', ['full']);
  return { parameters: { nSteps: params.take('steps') as number, scales: (params.take('scales') as number[]).join(), sigma: params.take('sigma') as number, minSize: params.take('minSize') as number }, read: camValues };
};

mappings['attention-rollout'] = (params) => {
  params.take('identity', true, [true]);
  params.take('rowNormalised', true, [true]);
  return { parameters: { heads: params.take('heads') as string, startLayer: params.take('startLayer') as number, discard: params.take('discard') as number }, read: camValues };
};

mappings['attention-gradient'] = (params) => {
  params.take('rule', undefined, ['R += mean_heads(max(0, grad*A)) R, R0 = I']);
  params.take('residual', 'identity', ['identity']);
  return { parameters: {}, read: camValues };
};

mappings.occlusion = (params) => {
  params.take('allChannels', true, [true]);
  const window = params.take('window') as number, stride = params.take('stride') as number, fill = params.take('fill') as number;
  return { preset: 'captum', parameters: { window, stride, fill }, read: valuesOf };
};

mappings['feature-ablation'] = (params, item) => {
  params.take('mask');
  params.take('groups');
  params.take('fill', 0, [0]);
  return { preset: 'captum', parameters: {}, read: valuesOf, tensors: { segments: groupsOf(ownFile(item, 'mask'), item) } };
};

mappings.rise = (params, item) => {
  params.take('seed', undefined); // the draws themselves are given
  return {
    parameters: { nSamples: params.take('N') as number, cells: params.take('s') as number, p: params.take('p1') as number, centred: false },
    read: camValues, tensors: { grid: ownFile(item, 'grid'), offsets: ownFile(item, 'offsets') },
  };
};

/** Groups of captum's mask, over all channels of a pixel: dims of the input, or those that broadcast to them. */
function groupsOf(mask: Tensor, { expected: { shape } }: Case): Tensor {
  const index = shape.map(() => 0), from = toFloat32(mask), out = floatTensor(shape);
  for (let flat = 0; flat < out.data.length; flat++) {
    let at = 0;
    mask.dims.forEach((dim, axis) => { at = at * dim + (dim === 1 ? 0 : index[axis]!); });
    out.data[flat] = from[at]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

/** An array that belongs to the case. */
function ownFile({ files, folder }: Case, name: string): Tensor {
  const file = files?.[name];
  if (file === undefined) throw new Error(`the case has no file '${name}'`);
  return readArray(path.join(folder, file));
}

/** The noise of every draw: stored as such, in units of `stdev`, or as the noisy inputs themselves. */
function recordedNoise(item: Case, stdev: number): Tensor {
  if (item.files?.noise) return ownFile(item, 'noise');
  if (item.files?.unitNoise_float16) {
    const unit = ownFile(item, 'unitNoise_float16');
    return floatTensor(unit.dims, toFloat32(unit).map((value) => stdev * value));
  }
  const noisy = ownFile(item, 'noisyInputs'), input = readFloats(item.inputFile!, item.inputStoredAs).data;
  return floatTensor(noisy.dims, toFloat32(noisy).map((value, i) => value - input[i % input.length]!));
}

/** Attributions to a layer, compared in the layer's own dims. */
for (const id of ['layer-activation', 'layer-gradient-x-activation', 'layer-conductance', 'internal-influence']) {
  mappings[id] = (params) => ({ parameters: pathParameters(params), read: layerValuesOf });
}

mappings['neuron-conductance'] = (params, item) => {
  const given = pathParameters(params);
  // captum's NeuronConductance takes the trapezoid rule unless told otherwise, and the call tells it nothing.
  const quadrature = /method\s*=/.test(item.reference?.call ?? 'method=') ? given.quadrature! : 'riemann_trapezoid';
  return { parameters: { ...given, quadrature, neuron: (params.take('neuron') as number[]).join() }, read: valuesOf };
};

/** Steps, rule and baseline, where a case has them. */
function pathParameters(params: Fields): Record<string, number | string> {
  const given = ['nSteps', 'quadrature', 'baseline'].map((name) => [name, params.take(name, undefined)] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<string, number | string>;
}

function layerValuesOf({ layerValues }: Attribution): FloatTensor {
  if (!layerValues) throw new Error('the method returned no attributions to the layer');
  return layerValues;
}

/** Methods whose cases are a preset and a layer. */
for (const id of ['grad-cam++', 'hires-cam', 'xgrad-cam', 'layer-cam', 'eigen-cam', 'score-cam', 'ablation-cam']) {
  mappings[id] = (params) => {
    params.take('batchSize', undefined); // no number depends on it
    // The sign of a singular vector is arbitrary: LAPACK's is no better than the other.
    return { preset: params.take('preset') as string, parameters: {}, read: camValues, ...(id === 'eigen-cam' && { otherwise: { flip: true } }) };
  };
}

for (const id of ['input-x-gradient', 'guided-backprop', 'deconvnet']) mappings[id] = () => ({ parameters: {}, read: valuesOf });

mappings['guided-grad-cam'] = (params) => ({ preset: 'captum', parameters: { interpolation: params.take('interpolate', 'nearest', ['nearest', 'bilinear']) as string }, read: valuesOf });

mappings['full-grad'] = (params) => ({ preset: params.take('preset') as string, parameters: {}, read: camValues });

mappings.deeplift = (params, item) => {
  const preset = params.take('preset', 'captum', ['captum', 'shap']) as string, eps = params.take('eps', undefined), baseline = params.take('baseline') as string;
  params.take('multiplyByInputs', true, [true]);
  return { preset, parameters: { baseline: item.baselineFile === undefined ? baseline : 'file', ...(eps !== undefined && { eps: eps as number }) }, read: valuesOf };
};

mappings.lrp = (params, item) => {
  const captum = params.take('preset', 'zennit', ['captum', 'zennit']) === 'captum', epsilon = params.take('epsilon') as number;
  params.take('stabilizer', epsilon, [epsilon]);
  params.take('initialRelevance', undefined, [undefined, 'the logit itself (one-hot times output)']);
  const gamma = params.take('gamma', undefined);
  const { low, high } = item, numbers = (value: number | readonly number[]): Tensor => floatTensor([[value].flat().length], Float32Array.from([value].flat()));
  return {
    ...(captum && { preset: 'captum' }), read: valuesOf,
    parameters: { composite: params.take('composite') as string, epsilon, ...(gamma !== undefined && { gamma: gamma as number }) },
    ...(low !== undefined && high !== undefined && { tensors: { low: numbers(low), high: numbers(high) } }),
  };
};

mappings.lime = (params, item) => {
  const nSamples = params.take('nSamples') as number;
  if (item.dataFile !== undefined) {
    params.take('kernelWidth', undefined, ['0.75*sqrt(d)']);
    params.take('discretizeContinuous', true, [true]);
    params.take('discretizer', 'quartile', ['quartile']);
    params.take('featureSelection', undefined);
    // lime is given probabilities, also where the target speaks of the value before the softmax.
    return { parameters: { nSamples }, read: valuesOf, tensors: { background: readFloats(item.dataFile, item.dataStoredAs) }, ...(item.target.useLogits && { space: 'probability' as const }) };
  }
  params.take('segmentation', undefined);
  params.take('hide', 'mean colour of each segment', ['mean colour of each segment']);
  params.take('model', 'ridge alpha 1', ['ridge alpha 1']);
  params.take('randomState', undefined);
  const segments = ownFile(item, 'segments'), request: Request = {
    parameters: { nSamples, kernelWidth: params.take('kernelWidth') as number, distance: params.take('distance') as string },
    read: (result, [count]) => regionValues(result, segments, count!), tensors: { segments },
  };
  // With the reference's own draws only the fill differs: lime cuts mean colours down to whole numbers.
  return [request, { ...request, tensors: { segments, coalitions: unpackedBits(ownFile(item, 'binary'), item.expected.shape[0]!) }, tolerance: { minCorrelation: 0.9999, maxAbs: 1e-3 } }];
};

mappings['kernel-shap'] = (params, item) => {
  params.take('l1Reg', 0, [0]);
  const nSamples = params.take('nSamples'), all = nSamples === 'all coalitions';
  return shapleyRequest(params, item, { nSamples: all ? 0 : nSamples as number });
};

mappings['permutation-shap'] = (params, item) => {
  params.take('seeds', undefined);
  // An order of M features takes shap 2M + 1 evaluations.
  return shapleyRequest(params, item, { nSamples: Math.floor((params.take('maxEvals') as number) / (2 * item.expected.shape.at(-1)! + 1)) });
};

mappings['exact-shap'] = (params, item) => {
  params.take('value', undefined, ['mean over background of f with the coalition columns from the row']);
  return shapleyRequest(params, item, {});
};

/** Shapley values over the case's background. */
function shapleyRequest(params: Fields, item: Case, parameters: Parameters): Request {
  const count = params.take('background') as number;
  if (!item.backgroundFile) throw new Error('the case has no backgroundFile');
  const background = readFloats(item.backgroundFile, item.backgroundStoredAs);
  if (background.dims[0] !== count) throw new Error(`params.background is ${count}, but the file has ${background.dims[0]} rows`);
  return { parameters: { ...parameters, background: 'file', maxBackground: count }, read: valuesOf, tensors: { backgroundFile: background } };
}

/** Rows of bits, packed from the highest on, as NumPy's packbits does: [n, width] numbers 0 or 1. */
function unpackedBits({ dims, data }: Tensor, width: number): Tensor {
  const bytes = data as Uint8Array, stride = dims[1]!;
  return { dtype: 'uint8', dims: [dims[0]!, width], data: Uint8Array.from({ length: dims[0]! * width }, (_, i) => (bytes[Math.floor(i / width) * stride + ((i % width) >> 3)]! >> (7 - (i % width % 8))) & 1) };
}

/** One value a region, from a map that holds the same in all of its pixels. */
function regionValues(result: Attribution, segments: Tensor, count: number): FloatTensor {
  const labels = toFloat32(segments), map = camValues(result, [1, ...segments.dims.slice(-2)]).data;
  return floatTensor([count], Float32Array.from({ length: count }, (_, region) => map[labels.indexOf(region)]!));
}

function valuesOf({ values }: Attribution): FloatTensor {
  if (!values) throw new Error('the method returned no attributions');
  return values;
}

/** A map on the layer's grid, [1, h, w] or [1, 1, h, w], or over the input, [1, H, W]: whichever the case has. */
function camValues(result: Attribution, expected: readonly number[]): FloatTensor {
  const { cam } = result, values = valuesOf(result);
  const [height, width] = expected.slice(-2);
  if (cam && cam.dims[2] === height && cam.dims[3] === width) return { ...cam, dims: expected };
  // Every channel holds the same map.
  const [, a, b, c] = values.dims as [number, number, number, number];
  const channelsFirst = b === height && c === width, channels = channelsFirst ? a : c;
  if (!channelsFirst && !(a === height && b === width)) throw new Error(`the map is [${values.dims.join(', ')}], expected one of ${expected.join('×')}`);
  const plane = channelsFirst ? values.data.slice(0, b * c) : values.data.filter((_, index) => index % channels === 0);
  return { dtype: 'float32', dims: expected, data: plane };
}

class Fields {
  private readonly left: Map<string, unknown>;
  constructor(params: Readonly<Record<string, unknown>>) { this.left = new Map(Object.entries(params)); }

  take(name: string, ...rest: [] | [fallback: unknown, allowed?: readonly unknown[]]): unknown {
    if (!this.left.has(name) && rest.length === 0) throw new Error(`params.${name} is missing`);
    const value = this.left.has(name) ? this.left.get(name) : rest[0];
    if (rest[1] && !rest[1].includes(value)) throw new Error(`params.${name} is ${JSON.stringify(value)}, which the runner has no words for`);
    this.left.delete(name);
    return value;
  }

  finish(): void {
    const names = [...this.left.keys()];
    if (names.length) throw new Error(`the runner does not understand params.${names.join(', params.')}`);
  }
}

/** Runs a case. Throws NotImplementedYet where the method has not been built yet. */
export async function judgeCase(item: Case, room: EngineRoom): Promise<Comparison> {
  const method = findMethod(item.method);
  if (isMetric(item.method)) return judgeMetric(item, room);
  const overTables = tableMethodFor(item), asTable = overTables && await judgeOverTable(item, overTables, room);
  if (asTable && (method === undefined || !asTable.passed)) return method === undefined ? asTable : { ...asTable, message: `as a method over tables: ${asTable.message}` };
  if (method === undefined) throw new NotImplementedYet(`method '${item.method}'`);
  const mapping = mappings[item.method];
  if (mapping === undefined) throw new Error(`the method '${item.method}' exists, but the parity runner has no mapping for its cases`);
  if (item.inputName === undefined) throw new Error('the case has no inputName');

  const file = modelPath(item);
  const opened = await room.open(file);
  const inputName = portNamed(opened.runnable.graph.inputs, item.inputName);
  const layer = layerValue(item, opened);
  const fields = new Fields(item.params);
  const requests = [mapping(fields, item)].flat();
  fields.finish();
  const inputs = samplesOf(item);
  const model = await room.model(file, { [inputName]: inputs[0]!.dims });
  const tensors: Record<string, Tensor> = item.baselineFile === undefined ? {} : { baselineFile: readFloats(item.baselineFile, item.baselineStoredAs) };
  const resultFor = async (input: FloatTensor, request: Request, chosen: Parameters, seed: number): Promise<Attribution> => {
    const { parameters } = resolveParameters(method, chosen, request.preset), target = targetOf(item, opened);
    const run = method.explain({
      model, input: inputName, feeds: { [inputName]: input }, kind: input.dims.length === 4 ? 'image' : item.dataFile === undefined ? 'tensor' : 'table',
      target: { ...target, space: request.space ?? target.space }, parameters, tensors: { ...tensors, ...request.tensors }, seed, signal: new AbortController().signal,
      ...(layer !== undefined && { layer }),
    });
    let step = await run.next();
    while (!step.done) step = await run.next();
    return step.value;
  };
  const outcomeOf = async (request: Request, chosen: Parameters): Promise<Comparison> => {
    const results: Attribution[] = [], parts: FloatTensor[] = [], shape = inputs.length === 1 ? item.expected.shape : item.expected.shape.slice(1);
    for (const input of inputs) {
      const runs: FloatTensor[] = [];
      for (let seed = 0; seed < seedsOf(item); seed++) {
        const result = await resultFor(input, request, chosen, seed);
        results.push(result);
        runs.push(request.read(result, shape));
      }
      parts.push({ ...runs[0]!, data: runs[0]!.data.map((_, i) => runs.reduce((sum, { data }) => sum + data[i]! / runs.length, 0)) });
    }
    const odd = parts.find(({ dims }) => elementCount(dims) !== elementCount(shape));
    if (odd) throw new Error(`the result has dims [${odd.dims.join(', ')}], expected [${shape.join(', ')}]`);
    const expected = toFloat64(readArray(path.join(item.folder, item.expectedFile)));
    const actual = Float32Array.from(parts.flatMap(({ data }) => [...data]));
    const compared = compare(sample(actual, item.expected.shape, item.expected.sampling), expected, request.tolerance ?? item.tolerance);
    return item.referenceIncomplete && !compared.passed ? complete(results[0]!, compared) : compared;
  };
  // Rows of tables are explained in two ways: by what tables' methods find, and by the model's own inputs.
  let worst = asTable;
  for (const request of requests) {
    const first = await outcomeOf(request, request.parameters);
    const outcome = first.passed || !request.otherwise ? first : await outcomeOf(request, { ...request.parameters, ...request.otherwise });
    if (!outcome.passed) return outcome;
    if (!worst || outcome.error > worst.error) worst = outcome;
  }
  return worst!;
}

/** A reference that is the mean of runs with several seeds is compared with the same of ours. */
function seedsOf({ reference }: Case): number {
  return 1 + Number(/^mean over (?:seeds|random_state) 0\.\.(\d+) of/.exec(reference?.call ?? '')?.[1] ?? 0);
}

/** What is explained: the input's file, or rows of a table. */
function samplesOf({ inputFile, inputStoredAs, dataFile, dataStoredAs, rowIndex, rowIndices }: Case): FloatTensor[] {
  if (inputFile !== undefined) return [readFloats(inputFile, inputStoredAs)];
  const rows = rowIndices ?? (rowIndex === undefined ? [] : [rowIndex]);
  if (dataFile === undefined || rows.length === 0) throw new Error('the case has neither an inputFile nor rows of a dataFile');
  const table = readFloats(dataFile, dataStoredAs), size = elementCount(table.dims.slice(1));
  return rows.map((row) => floatTensor([1, ...table.dims.slice(1)], table.data.slice(row * size, (row + 1) * size)));
}

/** Runs a case of a method over whole tables. */
async function judgeOverTable(item: Case, method: TableMethod, room: EngineRoom): Promise<Comparison> {
  if (item.inputName === undefined || item.dataFile === undefined) throw new Error('the case has no inputName or no dataFile');
  const file = modelPath(item), opened = await room.open(file), columns = readArray(item.dataFile).dims[1]!;
  const inputName = portNamed(opened.runnable.graph.inputs, item.inputName);
  return judgeTable(item, method, new Fields(item.params), await room.model(file, { [inputName]: [1, columns] }), inputName, targetOf(item, opened), seedsOf(item));
}

/** Runs a case of a trust figure. */
async function judgeMetric(item: Case, room: EngineRoom): Promise<Comparison> {
  if (item.inputName === undefined || item.inputFile === undefined) throw new Error('the case has no inputName or no inputFile');
  const file = modelPath(item), opened = await room.open(file), input = readFloats(item.inputFile, item.inputStoredAs);
  const inputName = portNamed(opened.runnable.graph.inputs, item.inputName), fields = new Fields(item.params);
  const actual = await metricValues(item, fields, {
    model: await room.model(file, { [inputName]: input.dims }), input: inputName, feeds: { [inputName]: input }, kind: 'tensor',
    target: targetOf(item, opened), tensors: {}, seed: 0, signal: new AbortController().signal,
  });
  fields.finish();
  return compare(actual, toFloat64(readArray(path.join(item.folder, item.expectedFile))), item.tolerance);
}

/** Where the reference's own result does not add up, one that does is accepted in its place. */
function complete({ checks }: Attribution, compared: Comparison): Comparison {
  const delta = checks.find(({ id }) => id === 'completenessDelta');
  return delta?.ok ? { passed: true, error: 0, message: `the reference does not add up, this does: ${delta.message}` } : compared;
}

/** The port of that name; where the reference made the name up for the only port there is, that one. */
function portNamed(ports: readonly { readonly name: string }[], name: string): string {
  return ports.length === 1 && !ports.some((port) => port.name === name) ? ports[0]!.name : name;
}

/** The value whose activations are meant: named itself, or the output of a layer the model file declares. */
function layerValue({ layer, layerName }: Case, { runnable }: OpenedModel): string | undefined {
  if (layerName === undefined) return layer;
  const value = runnable.layers?.find(({ name }) => name === layerName)?.outputs.at(-1);
  if (value === undefined) throw new Error(`the model declares no layer '${layerName}' with an output`);
  return value;
}

/** `useLogits` true: before the final softmax. False: the probability where a softmax is spoken of, else the output itself. */
function targetOf({ target }: Case, { runnable }: OpenedModel): Target {
  if (target.output === undefined || target.index === undefined) throw new Error('the case names no target output or no target index');
  const space = target.useLogits ? 'logit' : /softmax/i.test(target.differentiated ?? '') ? 'probability' : 'output';
  return { output: portNamed(runnable.graph.outputs, target.output), index: target.index, space };
}
