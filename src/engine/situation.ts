/**
 * A model as it would be explained before anybody gave a file or chose a target: what methods are asked about when it is
 * said which of them apply. Sizes and whole-number inputs that the file leaves open are tried until a gradient is found.
 */
import { resolvePreprocessing } from '../data/preprocessing';
import type { Resolved, ResolvedInput } from '../data/spec';
import { readInitializer } from '../formats/readTensor';
import type { Target } from '../methods/model';
import { LensError, toWireError } from '../protocol/rpc';
import { isFloat } from '../tensor/dtype';
import { chooseOutput } from './classes';
import type { Engine } from './engine';
import type { LoadedModel } from './loadedModel';
import { loadModel } from './loadModel';
import type { OpenedModel } from './models';
import { expectedReading } from './readOutputs';
import { sampleDimsOf } from './sampleDims';
import { beforeArgMax } from './targetValue';

export interface Situation {
  readonly model?: LoadedModel;
  readonly input?: ResolvedInput;
  readonly target?: Target;
  /** Dims of one sample of every input, and the switches, that the model was loaded with. */
  readonly sampleDims?: Readonly<Record<string, readonly number[]>>;
  readonly switches?: Readonly<Record<string, number>>;
  /** What whoever uses a method here must choose, one sentence. */
  readonly caution?: string;
  /** Why no method can be asked, one sentence. */
  readonly obstacle?: string;
}

/** Lengths tried for dims the file leaves open: one step, some words, a window of sound. */
const lengths = [1, 16, 64, 256, 512, 1024];
/** Models built before it is said that there is no gradient. */
const mostAttempts = 16;

export async function situationOf(engine: Engine, file: string, signal: AbortSignal): Promise<Situation> {
  const opened = await engine.models.open(file);
  const resolved = await resolvePreprocessing(opened.runnable, { types: opened.inference.types, read: readInitializer });
  const input = resolved.inputs.find((candidate) => candidate.spec.kind === 'image') ?? resolved.inputs.find((candidate) => isFloat(candidate.dtype)) ?? resolved.inputs[0];
  if (!input) return { obstacle: 'The model has no inputs.' };
  let first: Situation | undefined;
  try {
    for (const { sampleDims, switches } of attempts(resolved, input, opened)) {
      const model = await loadModel(engine, opened, { device: 'cpu', signal, sampleDims, switches });
      const situation: Situation = { model, input, sampleDims, switches, ...usualTarget(model, resolved, opened, input) };
      if (await hasGradient(situation)) return situation;
      first ??= situation;
    }
    return first!;
  } catch (error) {
    return { obstacle: sentence(toWireError(error).message) };
  }
}

/** The class output's first class, else the first real number of an output, or of the scores an ArgMax chose from. */
function usualTarget(model: LoadedModel, resolved: Resolved, opened: OpenedModel, input: ResolvedInput): Pick<Situation, 'target' | 'caution'> {
  try {
    const { port } = chooseOutput(model, resolved, opened.labels);
    // A row of classes for one word is a table for a sentence.
    const grows = port.dims.length > 2 && port.dims.slice(1).some((dim) => typeof dim !== 'number');
    return { target: { output: port.name, index: 0, space: 'logit' }, ...(grows && { caution: `Where '${port.name}' is more than one row of classes, ${targetsFor(model, port.name)}.` }) };
  } catch (error) {
    if (!(error instanceof LensError)) throw error;
    const real = model.outputs.find(({ dtype }) => isFloat(dtype))?.name ?? model.outputs.map(({ name }) => beforeArgMax(model, name)).find((name) => name !== undefined);
    if (real === undefined) throw error;
    // What is explained there is the best box, or the class that covers most.
    const read = input.spec.kind === 'image' ? expectedReading({ model, resolved, opened }, input.spec.resize) : undefined;
    if (read) return { target: { output: read.kind === 'mask' ? beforeArgMax(model, read.output) ?? read.output : read.outputs[0]!, index: 0, space: 'output' } };
    return { target: { output: real, index: 0, space: 'output' }, caution: sentence(`${error.message}: ${targetsFor(model, real)}`) };
  }
}

/** How to say what is explained, where there is no row of classes. */
function targetsFor(model: LoadedModel, value: string): string {
  const type = model.typeOf(value), dims = type?.kind === 'tensor' ? type.dims : undefined;
  const element = dims?.length ? `'${value}[${dims.map(() => 0).join(',')}]', ` : '';
  return `choose a target, as ${element}'sum(${value})'${dims && dims.length > 2 ? ` or 'region(${value}, CLASS)'` : ''}`;
}

async function hasGradient({ model, target, input }: Situation): Promise<boolean> {
  if (!model || !target || !input) return false;
  const from = (await model.embedding(input.name)) ?? input.name;
  return (await model.whyNotDifferentiable(target, from).catch(() => 'none')) === undefined;
}

interface Attempt {
  readonly sampleDims: Readonly<Record<string, readonly number[]>>;
  readonly switches: Readonly<Record<string, number>>;
}

/** The plainest choice first: nothing known counts as 1. */
function* attempts({ inputs }: Resolved, explained: ResolvedInput, opened: OpenedModel): Generator<Attempt> {
  const names = new Set(explained.dims.slice(1).filter((dim) => typeof dim === 'string'));
  const open = (candidate: ResolvedInput, axis: number): boolean => {
    const dim = candidate.dims[axis];
    return axis > 0 && candidate.spec.kind !== 'image' && (typeof dim === 'string' ? names.has(dim) : dim === null && candidate === explained);
  };
  const dimsAt = (length: number): Attempt['sampleDims'] => Object.fromEntries(inputs.map((candidate) =>
    [candidate.name, sampleDimsOf(candidate).map((size, axis) => (open(candidate, axis) ? length : size))]));
  const anyOpen = inputs.some((candidate) => candidate.dims.some((_, axis) => open(candidate, axis)));
  const single = inputs.filter((candidate) => candidate !== explained && ['int64', 'int32', 'bool'].includes(candidate.dtype) && candidate.dims.length <= 1 && candidate.dims.every((dim) => dim === 1 || typeof dim !== 'number'));
  const settings: Attempt['switches'][] = [{}];
  for (const { name } of single) for (const value of [...comparedWith(opened, name), 1]) settings.push({ ...Object.fromEntries(single.map((other) => [other.name, 1])), [name]: value });
  let made = 0;
  for (const length of anyOpen ? lengths : [1]) {
    for (const switches of settings) if (made++ < mostAttempts) yield { sampleDims: dimsAt(length), switches };
  }
}

/** Numbers the graph compares an input with: those make a difference. */
function comparedWith({ runnable, inference }: OpenedModel, input: string): number[] {
  const comparisons = runnable.graph.nodes.filter((node) => node.opType === 'Equal' && node.inputs.includes(input));
  return comparisons.flatMap((node) => inference.constants.get(node.inputs.find((name) => name !== input) ?? '')?.slice(0, 1) ?? []);
}

export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
