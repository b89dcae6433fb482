/** Two models run on the same input: how far apart what they say is, and where on the way they part. */
import type { Prediction, PreprocessingNote } from '../protocol/engine';
import { LensError, throwIfAborted } from '../protocol/rpc';
import { toFloat32 } from '../tensor/convert';
import { elementCount, type Tensor } from '../tensor/tensor';
import { chooseOutput, predictSample } from './classes';
import type { Engine } from './engine';
import type { Aligned } from './jobs/compare';
import { prepare, Stopwatch, Warnings, type Prepared } from './prepare';
import type { ExplainParams } from '../protocol/engine';

/** Two tensors by their distance; nulls where their dims differ. */
export interface Distance {
  readonly maximum: number | null;
  readonly mean: number | null;
  /** ‖b − a‖ / ‖a‖. */
  readonly relativeError: number | null;
}

export interface ComparedRun {
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: readonly ({ readonly a: string; readonly b: string; readonly dims: readonly number[] } & Distance)[];
  /** The most likely classes of either model; null where a model returns none. */
  readonly predictions: { readonly a: Prediction | null; readonly b: Prediction | null };
  /** Activations of layers that line up, in order. */
  readonly layers: readonly ({ readonly name: string; readonly type: string } & Distance)[];
  readonly preprocessing: { readonly a: readonly PreprocessingNote[]; readonly b: readonly PreprocessingNote[] };
  readonly warnings: readonly string[];
}

/** Activations of one model that are held at once. */
const mostBytes = 256 * 2 ** 20;
const top = 5;

/** Runs both models on the same files. @throws LensError if one of them cannot be run. */
export async function compareRuns(engine: Engine, { alignment, a, b }: Aligned, { inputs, device }: Pick<ExplainParams, 'inputs' | 'device'>, signal: AbortSignal): Promise<ComparedRun> {
  const warnings = new Warnings();
  const ready = async (model: string): Promise<Prepared> => prepare(engine, { model, inputs, device }, signal, warnings, new Stopwatch());
  const first = await ready(a.file.file), second = await ready(b.file.file);
  const wanted = held(first, alignment.values);
  if (wanted.length < alignment.values.length) warnings.add(`Activations of ${alignment.values.length - wanted.length} of ${alignment.values.length} layers are not compared: they are too large to be held together, or of no known dims.`);
  const outputs = alignment.outputs;
  const valuesA = await first.model.run(first.feeds, unique([...outputs.map((pair) => pair.a), ...wanted.map((pair) => pair.a)]));
  throwIfAborted(signal);
  const valuesB = await second.model.run(second.feeds, unique([...outputs.map((pair) => pair.b), ...wanted.map((pair) => pair.b)]));
  throwIfAborted(signal);
  return {
    inputs,
    outputs: outputs.map((pair) => ({ ...pair, dims: valuesB[pair.b]!.dims, ...distance(valuesA[pair.a]!, valuesB[pair.b]!) })),
    predictions: { a: await predictionOf(first), b: await predictionOf(second) },
    layers: wanted.map((pair) => ({ name: pair.name, type: pair.type, ...distance(valuesA[pair.a]!, valuesB[pair.b]!) })),
    preprocessing: { a: first.inputs.map(({ note }) => note), b: second.inputs.map(({ note }) => note) },
    warnings: warnings.list(),
  };
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

/** As many of the pairs, in order, as fit into memory; all that are no plain tensors are left out. */
function held({ model }: Prepared, pairs: Aligned['alignment']['values']): Aligned['alignment']['values'] {
  let bytes = 0;
  return pairs.filter((pair) => {
    const type = model.typeOf(pair.a);
    if (type?.kind !== 'tensor' || !type.dims?.every((dim) => typeof dim === 'number')) return false;
    bytes += 4 * elementCount(type.dims as readonly number[]);
    return bytes <= mostBytes;
  });
}

function distance(a: Tensor, b: Tensor): Distance {
  const unknown = { maximum: null, mean: null, relativeError: null };
  if (Array.isArray(a.data) || Array.isArray(b.data)) return unknown;
  const counts = [a, b].map(({ dims }) => dims.filter((dim) => dim !== 1).join());
  if (counts[0] !== counts[1]) return unknown;
  const before = toFloat32(a), after = toFloat32(b);
  let maximum = 0, sum = 0, squares = 0, norm = 0;
  for (let i = 0; i < before.length; i++) {
    const apart = Object.is(before[i], after[i]) ? 0 : Math.abs(after[i]! - before[i]!);
    if (!(apart <= maximum)) maximum = apart;
    sum += apart;
    squares += apart * apart;
    norm += before[i]! * before[i]!;
  }
  return { maximum, mean: before.length ? sum / before.length : 0, relativeError: squares === 0 ? 0 : Math.sqrt(squares / norm) };
}

async function predictionOf({ model, resolved, opened, feeds }: Prepared): Promise<Prediction | null> {
  try {
    const { prediction } = await predictSample(model, chooseOutput(model, resolved, opened.labels), feeds, top);
    return prediction;
  } catch (error) {
    if (error instanceof LensError && error.code === 'unsupported') return null;
    throw error;
  }
}
