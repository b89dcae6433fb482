/** Everything an explanation needs before its method runs, from what a person asks for. Shared by all jobs that explain. */
import { createHash } from 'node:crypto';
import type { ResolvedInput } from '../data/spec';
import { defaultLayer } from '../methods/layerAttribution';
import type { Method, MethodContext, Parameters } from '../methods/method';
import type { InnerLayer, Model, SpatialLayer } from '../methods/model';
import { resolveParameters } from '../methods/parameters';
import { methodById } from '../methods/registry';
import type { DeviceChange, ExplainParams, Prediction, TargetWords } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import type { Tensor } from '../tensor/tensor';
import { readSamples, tableSamples } from './backgrounds';
import type { Engine } from './engine';
import { referencedTensors, type PreparedInput } from './inputs';
import { chooseInput, prepare, type Prepared, type Stopwatch, type Warnings } from './prepare';
import { findTarget } from './targetChoice';
import { vectorOf } from './targetValues';

export interface ReadyExplanation {
  readonly method: Method;
  readonly preset: string;
  readonly parameters: Parameters;
  readonly seed: number;
  readonly prepared: Prepared;
  /** The input that is explained. */
  readonly input: PreparedInput;
  readonly prediction: Prediction;
  readonly target: TargetWords;
  /** File of the other input of a similarity. */
  readonly reference?: string;
  /** Those the method can be taken at, in topological order. */
  readonly layers: readonly (SpatialLayer | InnerLayer)[];
  /** The one it is taken at. */
  readonly layer?: string;
  readonly context: MethodContext;
}

/** Opens, prepares, predicts and finds the target; marks 'predictMs' last. @throws LensError or ParameterError */
export async function readyExplanation(engine: Engine, params: ExplainParams, signal: AbortSignal, warnings: Warnings, watch: Stopwatch, changed?: (change: DeviceChange) => void): Promise<ReadyExplanation> {
  const method = methodById(params.method);
  const { preset, parameters } = resolveParameters(method, params.parameters, params.preset);
  const seed = params.seed ?? 0;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new LensError('badInput', `the seed is ${seed}, expected a whole number from 0`);

  const prepared = await prepare(engine, params, signal, warnings, watch, changed);
  const { model, feeds } = prepared;
  const input = chooseInput(prepared, params.input);
  // Before anything runs: a missing file should not cost a prediction.
  const tensors = await tensorsFor(method, parameters, input, prepared.resolved.inputs.find((item) => item.name === input.name)!);
  // What is said about the whole output is said about the output as it is.
  const { prediction, target, words, reference } = await findTarget(prepared, input, params.target, method.hasMap === false);
  watch.mark('predictMs');

  const layers = method.hasLayer ? await layersFor(method, model) : [];
  const asked = params.layer === undefined ? undefined : await findLayer(prepared, params.layer);
  const layer = !method.hasLayer ? undefined : asked ?? (method.layers === 'any' ? await defaultLayer(model, target) : (await model.spatialLayers(target)).at(-1)?.value);
  return {
    method, preset, parameters, seed, prepared, input, prediction, target: words, layers, ...(reference !== undefined && { reference }), ...(layer !== undefined && { layer }),
    context: { model, feeds, input: input.name, kind: input.kind, layout: input.image?.layout, ...(input.image && { channels: input.image.channels }), target, layer: asked, parameters, tensors, seed, signal },
  };
}

/** All that an explanation's numbers depend on, as text: equal texts, equal numbers. */
export function explanationKey({ method, parameters, seed, prepared, layer, context: { model: _, signal: __, feeds, tensors, target, ...rest } }: ReadyExplanation): string {
  const { combine, ...element } = target, vector = combine && vectorOf(combine);
  const contents = (named: Readonly<Record<string, Tensor>>): [string, string][] => Object.entries(named).map(([name, tensor]) => [name, contentHash(tensor)]);
  return JSON.stringify([
    prepared.opened.identity, prepared.placed, method.id, parameters, seed, layer, rest.input, rest.kind, rest.layout, rest.channels, element,
    combine?.kind, vector && contentHash({ dtype: 'float32', dims: [vector.length], data: vector }), contents(feeds), contents(tensors),
  ]);
}

function contentHash({ dtype, dims, data }: Tensor): string {
  const hash = createHash('sha1').update(`${dtype} [${dims.join()}]`);
  return (ArrayBuffer.isView(data) ? hash.update(data) : hash.update(JSON.stringify(data))).digest('base64');
}

/** What the method's parameters refer to: colours, the content of files, and for a table's row the table it comes from. */
async function tensorsFor(method: Method, parameters: Parameters, input: PreparedInput, resolved: ResolvedInput): Promise<Record<string, Tensor>> {
  const files = method.parameters.filter((spec) => spec.type === 'file' && parameters[spec.name] !== '').map((spec) => ({ ...spec, file: String(parameters[spec.name]) }));
  const single = files.filter(({ samples }) => samples !== 'many').map(({ name, file }) => [name, file] as const);
  const tensors = await referencedTensors(input, resolved, Object.fromEntries(single));
  for (const { name, file } of files.filter(({ samples }) => samples === 'many')) tensors[name] = await readSamples(resolved, file);
  const wantsTable = parameters.background === 'auto' && /\.(csv|tsv)$/i.test(input.file);
  const table = wantsTable ? await tableSamples(resolved, input.file) : undefined;
  return table ? { ...tensors, background: table } : tensors;
}

/** The layers a method can be taken at: those with a grid over the picture, or all of them. */
async function layersFor(method: Method, model: Model): Promise<readonly (SpatialLayer | InnerLayer)[]> {
  const grids = await model.spatialLayers();
  if (method.layers !== 'any') return grids;
  return (await model.layers()).map((layer) => grids.find(({ value }) => value === layer.value) ?? layer);
}

/**
 * The value a layer's name means: a value, the node that makes it, or a layer the file declares (its output).
 * @throws LensError naming layers there are.
 */
async function findLayer({ opened, model }: Prepared, name: string): Promise<string> {
  const layers = await model.spatialLayers();
  const listed = layers.find((layer) => layer.value === name) ?? layers.find((layer) => layer.node === name);
  if (listed) return listed.value;
  const declared = opened.runnable.layers?.find((layer) => layer.name === name && layer.outputs.length > 0)?.outputs.at(-1);
  const node = opened.runnable.graph.nodes.find((candidate) => candidate.name === name);
  const value = declared ?? node?.outputs[0] ?? name;
  if (model.typeOf(value)) return value;
  const names = opened.runnable.layers?.filter(({ outputs }) => layers.some(({ value: spatial }) => outputs.includes(spatial))).map((layer) => layer.name) ?? layers.map((layer) => layer.value);
  const some = names.slice(-5).map((layer) => `'${layer}'`).join(', ');
  throw new LensError('notFound', `the model has no layer '${name}'${some ? `; its last ones are ${some}` : ''}`);
}
