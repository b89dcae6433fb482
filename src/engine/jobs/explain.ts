import path from 'node:path';
import { stat } from 'node:fs/promises';
import type { Attribution, Method, MethodContext } from '../../methods/method';
import type { Distribution } from '../../methods/distribution';
import type { ExplainParams, ExplainProgress, ExplainResult, ExplanationRecord, HeatMap } from '../../protocol/engine';
import { LensError, throwIfAborted, type JobContext } from '../../protocol/rpc';
import type { FloatTensor } from '../../tensor/tensor';
import { classOutputs } from '../classes';
import { deviceNames } from '../devices/names';
import { fallenWords } from '../devices/nodePlacement';
import { sha256 } from '../digest';
import { digestOf } from '../keep/record';
import type { Engine } from '../engine';
import { mapOf } from '../maps';
import { loadOrt } from '../ort';
import { Stopwatch, Warnings } from '../prepare';
import { explanationKey, readyExplanation } from '../readyExplanation';
import { modelLensVersion } from '../version';
import { speedKey } from './estimates';

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
  const ready = await readyExplanation(engine, params, signal, warnings, watch, progress);
  const { method, preset, parameters, seed, prepared, prediction, target: targetWords, reference, layers, layer, context } = ready;
  const { opened, model } = prepared, { frame } = ready.input;
  const predictRunMs = watch.timings.runMs ?? 0;
  engine.speeds.noteForward(speedKey(opened.identity, prepared.device.id), predictRunMs);
  const outputs = classOutputs(model);
  progress({
    type: 'prepared', device: prepared.device, prediction, preprocessing: prepared.inputs.map((item) => item.note), target: targetWords, layers,
    ...(frame && { frame }), ...(layer !== undefined && { layer }), ...(outputs.length > 1 && { outputs }),
  });

  const files = [opened.file.file, ...prepared.inputs.map((item) => item.file), ...(reference === undefined ? [] : [reference])];
  const digests = new Digests(signal);
  await digests.startSmall(files);

  const toMap = (values: FloatTensor): HeatMap => mapOf(method, parameters, values, context.layout);
  const attribution = await run(method, context, toMap, progress, watch);
  const map = attribution.values && toMap(attribution.values);
  watch.mark('methodMs');
  const { device } = prepared, here = [...prepared.ranWhere.values()].filter((graph) => graph.device === device.id);
  const fallen = fallenWords(here.map(({ placement }) => placement), deviceNames[device.id]);
  if (fallen !== undefined) warnings.add(fallen);
  engine.speeds.noteMethod(speedKey(opened.identity, device.id), method, parameters, attribution.chosen ?? {}, (watch.timings.runMs ?? 0) - predictRunMs, watch.timings.methodMs ?? 0);
  const timings = { ...watch.rounded(), totalMs: Math.round(watch.total()) };
  // Digesting gigabytes takes seconds: the finished map is shown meanwhile.
  if (digests.large) progress({ type: 'partial', done: 1, total: 1, ...(map && { map }) });
  const sums = await digests.of(files);

  const record: ExplanationRecord = {
    modelLens: modelLensVersion, method: method.id, preset, parameters, chosen: attribution.chosen ?? {}, seed,
    model: { file: opened.file.file, format: opened.file.format, sha256: sums.get(opened.file.file)! },
    inputs: Object.fromEntries(prepared.inputs.map((item) => [item.name, { file: item.file, ...(item.row !== undefined && { row: item.row }), sha256: sums.get(item.file)!, dims: item.tensor.dims }])),
    input: context.input,
    preprocessing: prepared.inputs.map((item) => item.note),
    ...(params.preprocessing && { tried: params.preprocessing }),
    ...(attribution.values && { attributions: { dims: attribution.values.dims, sha256: digestOf(attribution.values) } }),
    ...(frame && { frame }),
    target: { ...targetWords, score: attribution.score, ...(reference !== undefined && { reference: { file: reference, sha256: sums.get(reference)! } }) },
    ...(attribution.layer !== undefined && { layer: attribution.layer }),
    prediction, ...(attribution.distribution && { distribution: withoutList(attribution.distribution) }), checks: attribution.checks, device, runtime: model.runtime, timings,
    versions: { 'model-lens': modelLensVersion, 'onnxruntime-node': (await loadOrt()).env.versions.node ?? 'unknown', node: process.versions.node },
    warnings: warnings.list(),
  };
  const explained: Explained = { result: { ...(map && { map }), record }, attribution };
  engine.attributions.put(explanationKey(ready), explained);
  return explained;
}

/** The explanation as it was made before, if nothing its numbers depend on has changed since; else it is made now. */
export async function explainedOnce(engine: Engine, params: ExplainParams, context: JobContext<ExplainProgress>): Promise<Explained> {
  const ready = await readyExplanation(engine, params, context.signal, new Warnings(), new Stopwatch());
  return engine.attributions.get(explanationKey(ready)) ?? explain(engine, params, context);
}

/** The figures of a distribution, without the whole of it. */
function withoutList({ kind, top, entropy, margin }: Distribution): NonNullable<ExplanationRecord['distribution']> {
  return { kind, top, entropy, margin };
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
