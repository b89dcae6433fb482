/** What predict and explain have in common: model and files become feeds, a prediction and a target. */
import { resolvePreprocessing } from '../data/preprocessing';
import type { Resolved } from '../data/spec';
import { readInitializer } from '../formats/readTensor';
import type { Feeds } from '../methods/model';
import type { DeviceChange, DeviceReport, ExplainParams } from '../protocol/engine';
import { LensError, throwIfAborted } from '../protocol/rpc';
import { asFloatTensor } from '../tensor/convert';
import { isFloat } from '../tensor/dtype';
import type { Engine } from './engine';
import { prepareInputs, type PreparedInput } from './inputs';
import type { OpenedModel } from './models';
import type { LoadedModel } from './loadedModel';
import { loadModel } from './loadModel';
import type { RanWhere } from './runtimeModel';
import { placeModel } from './placeModel';

export interface Prepared {
  readonly opened: OpenedModel;
  readonly resolved: Resolved;
  readonly inputs: readonly PreparedInput[];
  readonly feeds: Feeds;
  readonly model: LoadedModel;
  /** Where the nodes of every graph ran that was run on a device; grows as the model is run. */
  readonly ranWhere: ReadonlyMap<string, RanWhere>;
  /** What devices it may run on (Placement.key). */
  readonly placed: string;
  /** The device that did what was run so far, or would. */
  readonly device: DeviceReport;
}

/** Everything a user should know, without repetitions. */
export class Warnings {
  private readonly seen = new Set<string>();

  add(message: string): void {
    this.seen.add(message);
  }

  list(): string[] {
    return [...this.seen];
  }
}

/** Milliseconds by name. */
export class Stopwatch {
  readonly timings: Record<string, number> = {};
  private last = performance.now();
  private readonly start = this.last;

  /** The time since the last mark goes to `name`. */
  mark(name: string): void {
    const now = performance.now();
    this.timings[name] = (this.timings[name] ?? 0) + now - this.last;
    this.last = now;
  }

  /** Milliseconds since the start. */
  total(): number {
    return performance.now() - this.start;
  }

  /** All times, rounded to a tenth of a millisecond. */
  rounded(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.timings).map(([name, ms]) => [name, Math.round(ms * 10) / 10]));
  }
}

/** Opens the model, finds out how its inputs are fed, reads the files, and readies the model for one sample of them. */
export async function prepare(engine: Engine, params: Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'>, signal: AbortSignal, warnings: Warnings, watch: Stopwatch, changed?: (change: DeviceChange) => void): Promise<Prepared> {
  const opened = await engine.models.open(params.model);
  watch.mark('openMs');
  throwIfAborted(signal);
  for (const warning of opened.file.warnings) warnings.add(warning);
  if (opened.runnable.notRunnable !== undefined && !opened.runnable.graph.inputs.length) throw new LensError('unsupported', opened.runnable.notRunnable);
  const resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer, ...(params.preprocessing && { tried: params.preprocessing }) });
  for (const warning of resolved.warnings) warnings.add(warning);
  if (!resolved.inputs.length) throw new LensError('unsupported', 'the model has no inputs, so there is nothing to feed');
  const given = await prepareInputs(resolved, params.inputs);
  const warn = (message: string): void => warnings.add(message);
  const placement = await placeModel(engine, params.device, opened, { signal, warn, changed });
  const ranWhere = new Map<string, RanWhere>();
  const model = await loadModel(engine, opened, {
    device: placement, signal, timings: watch.timings, ranWhere,
    sampleDims: Object.fromEntries(given.map((input) => [input.name, input.tensor.dims])),
    switches: switchesOf(given),
    warn,
  });
  // Whole numbers that the model is run on as real ones (a picture of bytes) can be differentiated to.
  const real = (name: string): boolean => model.inputs.some((port) => port.name === name && port.dtype === 'float32');
  const inputs = given.map((item) => (real(item.name) ? { ...item, tensor: asFloatTensor(item.tensor) } : item));
  watch.mark('prepareMs');
  throwIfAborted(signal);
  return { opened, resolved, inputs, model, ranWhere, placed: placement.key, get device() { return placement.report; }, feeds: Object.fromEntries(inputs.map((input) => [input.name, input.tensor])) };
}

/** Inputs that are one whole number or truth value: they choose what the model does, and nobody explains by them. */
function switchesOf(inputs: readonly PreparedInput[]): Record<string, number> {
  const single = inputs.filter(({ tensor: { dtype, dims, data } }) => ['int64', 'int32', 'bool'].includes(dtype) && dims.length <= 1 && data.length === 1);
  return Object.fromEntries(single.map(({ name, tensor }) => [name, Number(tensor.data[0])]));
}

/**
 * The input that is explained: the one named, else the first picture, else the first of real numbers, else the longest
 * (token ids: methods that need a gradient there say so).
 * @throws LensError if there is none of that name.
 */
export function chooseInput(prepared: Prepared, name: string | undefined): PreparedInput {
  const { inputs } = prepared;
  if (name !== undefined) {
    const found = inputs.find((input) => input.name === name);
    if (!found) throw new LensError('badInput', `the model has no input '${name}'; its inputs are ${inputs.map((input) => `'${input.name}'`).join(', ')}`);
    return found;
  }
  const real = inputs.filter((input) => input.tensor.dtype === 'float32');
  const found = real.find((input) => input.kind === 'image') ?? real.find((input) => isFloat(prepared.model.inputs.find((port) => port.name === input.name)!.dtype)) ?? real[0];
  if (found) return found;
  return inputs.reduce((longest, input) => (input.tensor.data.length > longest.tensor.data.length ? input : longest));
}
