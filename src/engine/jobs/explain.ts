import path from 'node:path';
import { stat } from 'node:fs/promises';
import type { ResolvedInput } from '../../data/spec';
import type { Attribution, Method, MethodContext, Parameters } from '../../methods/method';
import type { Distribution } from '../../methods/distribution';
import { defaultLayer } from '../../methods/layerAttribution';
import type { InnerLayer, Model, SpatialLayer } from '../../methods/model';
import { resolveParameters } from '../../methods/parameters';
import { methodById } from '../../methods/registry';
import type { ExplainParams, ExplainProgress, ExplainResult, ExplanationRecord, HeatMap } from '../../protocol/engine';
import { LensError, throwIfAborted, type JobContext } from '../../protocol/rpc';
import type { FloatTensor, Tensor } from '../../tensor/tensor';
import { sha256 } from '../digest';
import type { Engine } from '../engine';
import { readSamples, tableSamples } from '../backgrounds';
import { referencedTensors, type PreparedInput } from '../inputs';
import { mapOf } from '../maps';
import { loadOrt } from '../ort';
import { chooseInput, prepare, Stopwatch, Warnings, type Prepared } from '../prepare';
import { findTarget } from '../targetChoice';
import { modelLensVersion } from '../version';

/** Least time between two partial maps: a screen shows no more, and each costs a copy. */
const partialMs = 100;
/** Files up to this size are digested while the method runs; larger ones afterwards, so that they delay no overlay. */
const digestAlongside = 64 * 2 ** 20;

/** An explanation with the full arrays, for those in the same process. */
export interface Explained {
  readonly result: ExplainResult;
  readonly attribution: Attribution;
}

/** Explains one output of a model by parts of one input. Says what was prepared, then streams the growing map. */
export async function explain(engine: Engine, params: ExplainParams, { signal, progress }: JobContext<ExplainProgress>): Promise<Explained> {
  const warnings = new Warnings(), watch = new Stopwatch();
  const method = methodById(params.method);
  const { preset, parameters } = resolveParameters(method, params.parameters, params.preset);
  const seed = params.seed ?? 0;
  if (!Number.isSafeInteger(seed) || seed < 0) throw new LensError('badInput', `the seed is ${seed}, expected a whole number from 0`);

  const prepared = await prepare(engine, params, signal, warnings, watch);
  const { opened, model, feeds, device } = prepared;
  const input = chooseInput(prepared, params.input);
  // Before anything runs: a missing file should not cost a prediction.
  const tensors = await tensorsFor(method, parameters, input, prepared.resolved.inputs.find((item) => item.name === input.name)!);
  // What is said about the whole output is said about the output as it is.
  const { prediction, target, words: targetWords, reference } = await findTarget(prepared, input, params.target, method.hasMap === false);
  watch.mark('predictMs');

  const layers = method.hasLayer ? await layersFor(method, model) : [];
  const layer = params.layer === undefined ? undefined : await findLayer(prepared, params.layer);
  const frame = input.frame;
  progress({
    type: 'prepared', device, prediction, preprocessing: prepared.inputs.map((item) => item.note), target: targetWords, layers,
    ...(frame && { frame }), ...(method.hasLayer && { layer: layer ?? (method.layers === 'any' ? await defaultLayer(model, target) : (await model.spatialLayers(target)).at(-1)?.value) }),
  });

  const context: MethodContext = { model, feeds, input: input.name, kind: input.kind, layout: input.image?.layout, target, layer, parameters, tensors, seed, signal };
  const files = [opened.file.file, ...prepared.inputs.map((item) => item.file), ...(reference === undefined ? [] : [reference])];
  const digests = new Digests(signal);
  await digests.startSmall(files);

  const toMap = (values: FloatTensor): HeatMap => mapOf(method, parameters, values, context.layout);
  const attribution = await run(method, context, toMap, progress, watch);
  const map = attribution.values && toMap(attribution.values);
  watch.mark('methodMs');
  const timings = { ...watch.rounded(), totalMs: Math.round(watch.total()) };
  // Digesting gigabytes takes seconds: the finished map is shown meanwhile.
  if (digests.large) progress({ type: 'partial', done: 1, total: 1, ...(map && { map }) });
  const sums = await digests.of(files);

  const record: ExplanationRecord = {
    modelLens: modelLensVersion, method: method.id, preset, parameters, chosen: attribution.chosen ?? {}, seed,
    model: { file: opened.file.file, format: opened.file.format, sha256: sums.get(opened.file.file)! },
    inputs: Object.fromEntries(prepared.inputs.map((item) => [item.name, { file: item.file, sha256: sums.get(item.file)!, dims: item.tensor.dims }])),
    input: input.name,
    preprocessing: prepared.inputs.map((item) => item.note),
    ...(frame && { frame }),
    target: { ...targetWords, score: attribution.score, ...(reference !== undefined && { reference: { file: reference, sha256: sums.get(reference)! } }) },
    ...(attribution.layer !== undefined && { layer: attribution.layer }),
    prediction, ...(attribution.distribution && { distribution: withoutList(attribution.distribution) }), checks: attribution.checks, device, runtime: model.runtime, timings,
    versions: { 'model-lens': modelLensVersion, 'onnxruntime-node': (await loadOrt()).env.versions.node ?? 'unknown', node: process.versions.node },
    warnings: warnings.list(),
  };
  return { result: { ...(map && { map }), record }, attribution };
}

/** The figures of a distribution, without the whole of it. */
function withoutList({ kind, top, entropy, margin }: Distribution): NonNullable<ExplanationRecord['distribution']> {
  return { kind, top, entropy, margin };
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

/** Runs the method, and sends its estimates no faster than they can be looked at. */
async function run(method: Method, context: MethodContext, toMap: (values: FloatTensor) => HeatMap, progress: (value: ExplainProgress) => void, watch: Stopwatch): Promise<Attribution> {
  const steps = method.explain(context);
  let lastMap = -Infinity, lastCount = -Infinity;
  try {
    for (;;) {
      const step = await steps.next();
      throwIfAborted(context.signal);
      if (step.done) return step.value;
      const { done, total, partial, standardError } = step.value, now = performance.now();
      const withMap = partial !== undefined && now - lastMap >= partialMs;
      if (!withMap && now - lastCount < partialMs) continue;
      if (withMap) {
        lastMap = now;
        watch.timings.firstMapMs ??= watch.total();
      }
      lastCount = now;
      progress({ type: 'partial', done, total, ...(withMap && { map: toMap(partial) }), ...(standardError !== undefined && { standardError }) });
    }
  } catch (error) {
    throw await betterReason(method, context, error);
  }
}

/** Where a method fails because it does not apply, its own words for that are clearer than whatever broke. */
async function betterReason(method: Method, context: MethodContext, error: unknown): Promise<unknown> {
  if (context.signal.aborted || (error instanceof Error && 'code' in error)) return error;
  const { applies, reason } = await method.applies(context).catch(() => ({ applies: true, reason: undefined }));
  return applies || reason === undefined ? error : new LensError('unsupported', `${method.id} does not apply here: ${reason}`);
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

/** SHA-256 of files: of small ones meanwhile, of large ones when the map is there. */
class Digests {
  /** Whether some of the files are large. */
  large = false;
  private readonly started = new Map<string, Promise<string>>();

  constructor(private readonly signal: AbortSignal) {}

  async startSmall(files: readonly string[]): Promise<void> {
    for (const file of files) {
      const { size } = await stat(file);
      if (size <= digestAlongside) void this.start(file);
      else this.large = true;
    }
  }

  async of(files: readonly string[]): Promise<Map<string, string>> {
    const sums = new Map<string, string>();
    for (const file of files) sums.set(file, await this.start(file));
    return sums;
  }

  private start(file: string): Promise<string> {
    let sum = this.started.get(path.resolve(file));
    if (!sum) {
      sum = sha256(file, this.signal);
      // Awaited later; a failure before that must not count as unhandled.
      sum.catch(() => undefined);
      this.started.set(path.resolve(file), sum);
    }
    return sum;
  }
}
