/** A loaded model seen through a table's features: what methods over tables ask of it. */
import type { Feeds, GradientRequest, Target } from '../../methods/model';
import type { Background, Feature, Rows, TableModel } from '../../methods/table/tableMethod';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import { toFloat32 } from '../../tensor/convert';
import { isFloat } from '../../tensor/dtype';
import type { LoadedModel } from '../loadedModel';
import { nextRun, rowSizes } from '../workload';
import type { MappedFeature } from './mapping';
import type { Meaning } from './meaning';
import { MixedRows } from './mixedRows';
import { featureGradients, feedsOf } from './rows';
import type { ModelRow } from './slots';

export type Space = 'probability' | 'logit' | 'output';

export interface TableModelOptions {
  readonly model: LoadedModel;
  readonly row: ModelRow;
  readonly features: readonly MappedFeature[];
  readonly meaning: Meaning;
  /** Which of `meaning.outputs` is explained. */
  readonly target: number;
  /** What of it: a probability (a value of a regression), the score before the softmax or sigmoid, or the output itself. */
  readonly space: Space;
  readonly signal?: AbortSignal;
}

/** What becomes of a run's results: of its `run` rows the first `count` are those from `start` on. */
type Take = (results: Awaited<ReturnType<LoadedModel['run']>>, start: number, count: number, run: number) => void;

export class EngineTableModel implements TableModel {
  readonly features: readonly Feature[];
  readonly outputs: readonly string[];
  readonly task: TableModel['task'];
  readonly gradients?: (rows: Rows) => Promise<Float64Array>;
  readonly multipliers?: NonNullable<TableModel['multipliers']>;
  readonly mixedScores?: NonNullable<TableModel['mixedScores']>;
  /** Rows that were run. */
  rowsRun = 0;
  /** What the last mixed rows were made of: a row is asked about many times. */
  private held: { readonly row: Float64Array; readonly background: Background; readonly rows: MixedRows } | undefined;

  private constructor(private readonly options: TableModelOptions, differentiable: boolean) {
    const { features, meaning } = options;
    this.features = features.map(({ feature }) => feature);
    this.outputs = meaning.outputs;
    this.task = meaning.task;
    if (differentiable) {
      this.gradients = (rows) => this.gradientsOf(rows);
      this.multipliers = (rows, baselines, epsilon) => this.multipliersOf(rows, baselines, epsilon);
    }
    if (meaning.reading !== 'class' && !options.row.slots.some(({ word }) => word)) this.mixedScores = (row, background, coalitions) => this.mixed(row, background, coalitions);
  }

  /** Finds out whether the target can be differentiated, and makes the model. */
  static async make(options: TableModelOptions): Promise<EngineTableModel> {
    return new EngineTableModel(options, await isDifferentiable(options));
  }

  async scores(rows: Rows): Promise<Float64Array> {
    if (this.saysClass) {
      const all = await this.classes(rows), { target } = this.options, width = this.outputs.length;
      return Float64Array.from({ length: rows.count }, (_, row) => all[row * width + target]!);
    }
    const { value, score } = this.scored(), out = new Float64Array(rows.count);
    await this.batches(rows, [value], (results, start, count, run) => {
      const numbers = toFloat32(results[value]!), each = this.widthOf(numbers, run, value);
      for (let row = 0; row < count; row++) out[start + row] = score(numbers, row * each, each);
    });
    return out;
  }

  async predict(rows: Rows): Promise<Float64Array> {
    if (this.saysClass) return this.classes(rows);
    const { meaning: { reading, port } } = this.options, width = this.outputs.length, out = new Float64Array(rows.count * width);
    await this.batches(rows, [port.name], (results, start, count, run) => {
      const numbers = toFloat32(results[port.name]!), each = this.widthOf(numbers, run, port.name);
      for (let row = 0; row < count; row++) {
        const into = (start + row) * width, from = row * each;
        if (reading === 'one' || reading === 'sigmoid') {
          const p = reading === 'one' ? numbers[from]! : sigmoid(numbers[from]!);
          out[into] = 1 - p;
          out[into + 1] = p;
        } else if (reading === 'softmax') softmax(numbers, from, each, out, into);
        else for (let k = 0; k < width; k++) out[into + k] = numbers[from + k]!;
      }
    });
    return out;
  }

  /** Mixed rows are written in the model's own numbers, without rows of features in between. */
  private async mixed(row: Float64Array, background: Background, coalitions: readonly Uint8Array[]): Promise<Float64Array> {
    const { model, features, row: slots } = this.options, { count: rows, weights } = background;
    if (this.held?.row !== row || this.held.background !== background) this.held = { row, background, rows: new MixedRows(row, background, features, slots, model.inputs) };
    const mixed = this.held.rows, { value, score } = this.scored(), out = new Float64Array(coalitions.length);
    await this.runs(coalitions.length * rows, [value], (start, count, run) => mixed.feeds(coalitions, start, count, run), (results, start, count, run) => {
      const numbers = toFloat32(results[value]!), each = this.widthOf(numbers, run, value);
      for (let k = 0, number = start; k < count; k++, number++) out[Math.floor(number / rows)]! += score(numbers, k * each, each) * (weights ? weights[number % rows]! : 1 / rows);
    });
    return out;
  }

  private get saysClass(): boolean {
    return this.options.meaning.reading === 'class';
  }

  /** Which value the explained score is read from, and how: of the row whose `each` numbers start at `at`. */
  private scored(): { value: string; score: (numbers: Float32Array, at: number, each: number) => number } {
    const { space, target, meaning: { reading, port, logits } } = this.options, two = this.outputs.length === 2;
    if (space === 'probability') {
      switch (reading) {
        case 'one': return { value: port.name, score: target === 1 ? (numbers, at) => numbers[at]! : (numbers, at) => 1 - numbers[at]! };
        case 'sigmoid': return { value: port.name, score: target === 1 ? (numbers, at) => sigmoid(numbers[at]!) : (numbers, at) => 1 - sigmoid(numbers[at]!) };
        case 'softmax': return { value: port.name, score: (numbers, at, each) => softmaxOf(numbers, at, each, target) };
        default: return { value: port.name, score: (numbers, at) => numbers[at + target]! };
      }
    }
    // One score speaks for the second of two classes, and against the first.
    return { value: space === 'logit' ? logits ?? port.name : port.name, score: (numbers, at, each) => (each === 1 && two ? (target === 1 ? numbers[at]! : -numbers[at]!) : numbers[at + target]!) };
  }

  /** @throws LensError where an output does not hold as many numbers a row as it said. */
  private widthOf(numbers: Float32Array, run: number, value: string): number {
    const { meaning: { reading, port } } = this.options, each = numbers.length / run, expected = reading === 'one' || reading === 'sigmoid' ? 1 : this.outputs.length;
    if (value === port.name && each !== expected) throw new LensError('unsupported', `output '${port.name}' returned ${each} numbers a row, expected ${expected}`);
    return each;
  }

  /** The class that is said, as a probability of 1. */
  private async classes(rows: Rows): Promise<Float64Array> {
    const { meaning: { port, words = [] } } = this.options, out = new Float64Array(rows.count * words.length);
    await this.batches(rows, [port.name], (results, start, count) => {
      const { data } = results[port.name]!;
      for (let row = 0; row < count; row++) {
        const place = words.indexOf(String(data[row]));
        if (place >= 0) out[(start + row) * words.length + place] = 1;
      }
    });
    return out;
  }

  private batches(rows: Rows, fetch: readonly string[], take: Take): Promise<void> {
    return this.runs(rows.count, fetch, (start, count, run) => this.feeds(rows, start, count, run), take);
  }

  /** Runs rows in batches of few sizes: one that is not full is filled up with copies. */
  private async runs(total: number, fetch: readonly string[], feeds: (start: number, count: number, run: number) => Feeds, take: Take): Promise<void> {
    const { model } = this.options;
    for (const [start, count, run] of cut(total, rowSizes(model.batchFor('forward')))) {
      throwIfAborted(this.options.signal);
      take(await model.run(feeds(start, count, run), fetch), start, count, run);
      this.rowsRun += count;
      await pause();
    }
  }

  private gradientsOf(rows: Rows): Promise<Float64Array> {
    return this.slopes(rows, () => ({}));
  }

  /** Of each row against the baseline at its place. */
  private multipliersOf(rows: Rows, baselines: Rows, epsilon: number): Promise<Float64Array> {
    const composite = { kind: 'deeplift', inputs: realInputs(this.options), epsilon, pooling: 'shap' } as const;
    return this.slopes(rows, (start, count, run) => ({ composite, references: Object.fromEntries(Object.entries(this.feeds(baselines, start, count, run)).filter(([name]) => composite.inputs.includes(name))) }));
  }

  private async slopes(rows: Rows, more: (start: number, count: number, run: number) => Pick<GradientRequest, 'composite' | 'references'>): Promise<Float64Array> {
    const { model, row, features } = this.options, width = features.length, out = new Float64Array(rows.count * width), wrt = realInputs(this.options);
    const { target, sign } = targetOf(this.options);
    for (const [start, count, run] of cut(rows.count, [model.batchFor('gradient')])) {
      throwIfAborted(this.options.signal);
      const { gradients } = await model.gradients({ feeds: this.feeds(rows, start, count, run), target, wrt, ...more(start, count, run) });
      const own = featureGradients(gradients, count, features, row);
      out.set(sign === 1 ? own : own.map((value) => -value), start * width);
      this.rowsRun += count;
      await pause();
    }
    return out;
  }

  private feeds(rows: Rows, start: number, count: number, run: number): Feeds {
    const { features, row, model } = this.options, width = features.length;
    const own = rows.values.subarray(start * width, (start + count) * width);
    if (run === count) return feedsOf({ count, values: own }, features, row, model.inputs);
    const values = new Float64Array(run * width), last = own.subarray((count - 1) * width);
    values.set(own);
    for (let at = count; at < run; at++) values.set(last, at * width);
    return feedsOf({ count: run, values }, features, row, model.inputs);
  }
}

/** [start, rows of the table, rows that are run] of each batch. */
function* cut(count: number, sizes: readonly number[]): Generator<readonly [number, number, number]> {
  for (let start = 0; start < count;) {
    const run = nextRun(count - start, sizes), rows = Math.min(run, count - start);
    yield [start, rows, run];
    start += rows;
  }
}

let last = 0;

/** Lets the process hear a cancel now and then; a run blocks it. */
async function pause(): Promise<void> {
  const now = performance.now();
  if (now - last < 50) return;
  await new Promise((resolve) => { setImmediate(resolve); });
  last = performance.now();
}

const sigmoid = (score: number): number => 1 / (1 + Math.exp(-score));

/** The softmax of `count` scores from `at` on, to `start` of `into`. */
function softmax(scores: Float32Array, at: number, count: number, into: Float64Array, start: number): void {
  let most = -Infinity, sum = 0;
  for (let k = 0; k < count; k++) most = Math.max(most, scores[at + k]!);
  for (let k = 0; k < count; k++) sum += into[start + k] = Math.exp(scores[at + k]! - most);
  for (let k = 0; k < count; k++) into[start + k]! /= sum;
}

/** One of its values. */
function softmaxOf(scores: Float32Array, at: number, count: number, place: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp(scores[at + k]! - scores[at + place]!);
  return 1 / sum;
}

const realInputs = ({ model }: TableModelOptions): string[] => model.inputs.filter(({ dtype }) => isFloat(dtype)).map(({ name }) => name);

/** The scalar to differentiate; the first of two classes is told by one number, with the sign turned. */
function targetOf({ meaning: { port, reading, logits }, target, space }: TableModelOptions): { target: Target; sign: 1 | -1 } {
  const one = reading === 'one' || reading === 'sigmoid';
  const kind = space === 'logit' ? 'logit' : space === 'probability' && (reading === 'softmax' || reading === 'sigmoid') ? 'probability' : 'output';
  return { target: { output: kind === 'output' && space === 'logit' ? logits ?? port.name : port.name, index: one ? 0 : target, space: kind }, sign: one && target === 0 ? -1 : 1 };
}

async function isDifferentiable(options: TableModelOptions): Promise<boolean> {
  const { model, meaning, features } = options, wrt = realInputs(options);
  // A class is no number, and categories have no slope.
  if (meaning.reading === 'class' || wrt.length === 0 || features.every(({ encoding }) => encoding.kind !== 'number')) return false;
  const { target } = targetOf(options);
  for (const input of wrt) if ((await model.whyNotDifferentiable(target, input)) !== undefined) return false;
  return true;
}
