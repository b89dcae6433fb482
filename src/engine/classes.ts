/** Which output holds the classes, what they are called, and which of them is explained. */
import { describePrediction } from '../methods/distribution';
import type { Feeds, PortInfo, Target } from '../methods/model';
import { classesOf } from '../data/labels';
import type { Resolved } from '../data/spec';
import type { ClassScore, Prediction, TargetChoice } from '../protocol/engine';
import { LensError } from '../protocol/rpc';
import { toFloat32 } from '../tensor/convert';
import { isFloat, type DType } from '../tensor/dtype';
import type { LoadedModel } from './loadedModel';

/** An output and what is known about its classes. */
export interface ClassOutput {
  readonly port: PortInfo;
  readonly labels?: readonly string[];
  readonly labelSource: string | null;
  /** The value before the final softmax, if the model has one. */
  readonly logits?: string;
  /** The output's values are logits or log-probabilities: a softmax makes them probabilities. */
  readonly returnsLogits: boolean;
}

const quantised: ReadonlySet<DType> = new Set<DType>(['uint8', 'int8', 'uint16', 'int16']);

/**
 * The output that is explained: the one named, else the first with one row of real scores a sample, else the first with
 * one row of quantised scores (which can be ranked, but have no gradient).
 * @throws LensError naming the outputs there are.
 */
export function chooseOutput(model: LoadedModel, resolved: Resolved, inner: ReadonlyMap<string, readonly string[]>, name?: string): ClassOutput {
  const classes = (output: PortInfo): number => classesOf(sampleDims(model, output)) ?? 0;
  const scores = model.outputs.filter((output) => isFloat(output.dtype) && classes(output) > 0);
  // A state of several layers beside a row of one sample is no row.
  const whole = scores.filter((output) => sampleDims(model, output)[0] === 1), rows = whole.length ? whole : scores;
  const port = name !== undefined ? model.outputs.find((output) => output.name === name)
    : rows.find((output) => classes(output) > 1) ?? rows[0] ?? model.outputs.find((output) => quantised.has(output.dtype) && classes(output) > 1);
  if (!port) throw noOutput(model, name);
  if (!isFloat(port.dtype) && !quantised.has(port.dtype)) throw new LensError('unsupported', `output '${port.name}' holds ${port.dtype} values, not scores`, 'choose an output of real numbers');
  const stated = resolved.outputs.find((output) => output.name === port.name);
  const embedded = inner.get(port.name);
  const labels = stated?.labels?.names ?? (embedded?.length ? embedded : undefined);
  const { kind, logits } = model.activationOf(port.name);
  return {
    port, labels, logits,
    labelSource: stated?.labels?.source ?? (labels ? 'model metadata' : null),
    returnsLogits: stated?.kind === 'logits' || (stated?.kind === undefined && isFloat(port.dtype) && (kind === undefined || kind === 'LogSoftmax')),
  };
}

/** Names of the outputs that hold one row of real class scores. */
export function classOutputs(model: LoadedModel): string[] {
  return model.outputs.filter((output) => isFloat(output.dtype) && (classesOf(sampleDims(model, output)) ?? 0) > 1).map(({ name }) => name);
}

function sampleDims(model: LoadedModel, port: PortInfo): PortInfo['dims'] {
  const type = model.typeOf(port.name);
  return type?.kind === 'tensor' && type.dims ? type.dims : port.dims;
}

function noOutput(model: LoadedModel, name: string | undefined): LensError {
  const outputs = model.outputs.map((output) => `'${output.name}' (${output.dtype} [${sampleDims(model, output).map((dim) => dim ?? '?').join(', ')}])`).join(', ') || 'none that is a tensor';
  const real = model.outputs.some((output) => isFloat(output.dtype));
  return name === undefined
    ? new LensError('unsupported', `no output of this model is one row of class scores; its outputs are ${outputs}`,
      real ? `choose an element, as --target '${outputExample(model)}', or sum(…), mean(…), region(VALUE, CLASS)` : 'whole numbers, as after an argmax, have no slope; choose a model that returns scores')
    : new LensError('badInput', `the model has no output '${name}'; its outputs are ${outputs}`);
}

/** One element of the first real output, as it is asked for. */
function outputExample(model: LoadedModel): string {
  const output = model.outputs.find(({ dtype }) => isFloat(dtype))!;
  return `${output.name}[${sampleDims(model, output).map(() => 0).join(',')}]`;
}

/** What the model says about one sample. */
export interface Predicted {
  readonly prediction: Prediction;
  /** Output values of the sample, flattened. */
  readonly values: Float32Array;
  /** What is said of one class, whether or not it is among the top ones. */
  readonly scoreOf: (index: number) => ClassScore;
}

/** Runs the model on one sample. */
export async function predictSample(model: LoadedModel, output: ClassOutput, feeds: Feeds, top = 5): Promise<Predicted> {
  const { port, logits: before } = output;
  const results = await model.run(feeds, before === undefined ? [port.name] : [port.name, before]);
  const values = toFloat32(results[port.name]!);
  const logits = before === undefined ? (output.returnsLogits ? values : undefined) : toFloat32(results[before]!);
  return describe(output, values, logits, top);
}

/** Runs the model on several samples at once: `feeds` are stacked along dim 0. In batches where the model takes them. */
export async function predictSamples(model: LoadedModel, output: ClassOutput, feeds: Feeds, samples: number, top = 5): Promise<Predicted[]> {
  const { port, logits: before } = output;
  const results = await model.run(feeds, before === undefined ? [port.name] : [port.name, before]);
  const values = toFloat32(results[port.name]!), inner = before === undefined ? undefined : toFloat32(results[before]!);
  const row = (all: Float32Array, index: number): Float32Array => all.slice((index * all.length) / samples, ((index + 1) * all.length) / samples);
  return Array.from({ length: samples }, (_, index) => {
    const own = row(values, index);
    return describe(output, own, inner ? row(inner, index) : output.returnsLogits ? own : undefined, top);
  });
}

function describe(output: ClassOutput, values: Float32Array, logits: Float32Array | undefined, top: number): Predicted {
  // Scores that already are a distribution need no softmax, whatever the graph ends in.
  const plain = describePrediction(values, { top });
  const append = plain.kind === 'scores' && output.returnsLogits && values.length > 1 && !withinUnit(values);
  const distribution = append ? describePrediction(values, { top, logits: true }) : plain;
  const shown = (index: number): ClassScore => ({
    index, label: labelOf(output, index), value: values[index]!,
    probability: distribution.probabilities?.[index] ?? null,
    logit: logits && (append || output.logits !== undefined) ? logits[index] ?? null : null,
  });
  const prediction: Prediction = {
    output: output.port.name, kind: distribution.kind, classes: values.length, top: distribution.top.map(({ index }) => shown(index)),
    entropy: distribution.entropy, margin: distribution.margin, labelSource: output.labelSource,
  };
  return { prediction, values, scoreOf: shown };
}

/** Independent probabilities (sigmoids) lie in 0…1 without summing to 1: no softmax belongs after them. */
function withinUnit(values: Float32Array): boolean {
  return values.every((value) => value >= 0 && value <= 1);
}

export function labelOf(output: Pick<ClassOutput, 'labels'>, index: number): string {
  return output.labels?.[index] ?? `class ${index}`;
}

/**
 * The scalar to explain.
 * @throws LensError for an index that is out of range and a label that is unknown or stands for several classes.
 */
export function chooseTarget(output: ClassOutput, prediction: Prediction, choice: TargetChoice | undefined): Target {
  const wanted = choice?.class;
  const index = wanted === undefined ? prediction.top[0]!.index : findClass(output, prediction.classes, wanted);
  return { output: output.port.name, index, space: choice?.space ?? 'logit' };
}

/**
 * The class a number or a label means.
 * @param classes how many there are.
 * @throws LensError for an index that is out of range and a label that is unknown or stands for several classes.
 */
export function findClass(output: Pick<ClassOutput, 'labels' | 'port'>, classes: number, wanted: number | string): number {
  const index = typeof wanted === 'number' ? wanted : findLabel(output, wanted);
  if (!Number.isInteger(index) || index < 0 || index >= classes) {
    throw new LensError('badInput', `class ${index} was asked for, but output '${output.port.name}' has ${classes} classes, counted from 0`);
  }
  return index;
}

/** Whether a text is the whole label of a class. */
export function isLabel({ labels }: Pick<ClassOutput, 'labels'>, text: string): boolean {
  const key = plain(text);
  return labels?.some((label) => plain(label) === key) ?? false;
}

const plain = (text: string): string => text.trim().toLowerCase();

/** The class a label means: the whole label, one of its comma-separated names, or a part that only one label has. */
function findLabel({ labels, port }: Pick<ClassOutput, 'labels' | 'port'>, wanted: string): number {
  if (!labels) {
    if (/^\d+$/.test(wanted)) return Number(wanted);
    throw new LensError('badInput', `'${wanted}' was asked for, but the classes of output '${port.name}' have no names here`, 'give the class as a number, or a labels.txt beside the model');
  }
  const key = plain(wanted);
  const matching = (test: (label: string) => boolean): number[] => labels.flatMap((label, index) => (test(plain(label)) ? [index] : []));
  const exact = matching((label) => label === key);
  const candidates = exact.length ? exact : matching((label) => label.split(',').some((part) => part.trim() === key));
  if (candidates.length === 1) return candidates[0]!;
  if (!candidates.length && /^\d+$/.test(wanted)) return Number(wanted);
  const partly = candidates.length ? candidates : matching((label) => label.includes(key));
  if (partly.length === 1) return partly[0]!;
  const some = partly.slice(0, 5).map((index) => `${index} '${labels[index]}'`).join(', ');
  throw partly.length
    ? new LensError('badInput', `'${wanted}' stands for several classes: ${some}${partly.length > 5 ? ', …' : ''}`, 'give the class as a number')
    : new LensError('badInput', `no class is called '${wanted}'; there are ${labels.length}, for instance '${labels.slice(0, 3).join("', '")}'`);
}
