/** A loaded model seen through a table's features: what methods over tables ask of it. */
import type { Feeds, Target } from '../../methods/model';
import type { Feature, Rows, TableModel } from '../../methods/table/tableMethod';
import { LensError, throwIfAborted } from '../../protocol/rpc';
import { toFloat32 } from '../../tensor/convert';
import { isFloat } from '../../tensor/dtype';
import type { LoadedModel } from '../loadedModel';
import type { MappedFeature } from './mapping';
import type { Meaning } from './meaning';
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

/** Batches with fewer rows than this share of a whole one are run row by row, others are filled up. */
const worthFilling = 1 / 16;

export class EngineTableModel implements TableModel {
  readonly features: readonly Feature[];
  readonly outputs: readonly string[];
  readonly task: TableModel['task'];
  readonly gradients?: (rows: Rows) => Promise<Float64Array>;
  /** Rows that were run. */
  rowsRun = 0;

  private constructor(private readonly options: TableModelOptions, differentiable: boolean) {
    const { features, meaning } = options;
    this.features = features.map(({ feature }) => feature);
    this.outputs = meaning.outputs;
    this.task = meaning.task;
    if (differentiable) this.gradients = (rows) => this.gradientsOf(rows);
  }

  /** Finds out whether the target can be differentiated, and makes the model. */
  static async make(options: TableModelOptions): Promise<EngineTableModel> {
    return new EngineTableModel(options, await isDifferentiable(options));
  }

  async scores(rows: Rows): Promise<Float64Array> {
    const { space, target, meaning } = this.options, width = this.outputs.length;
    if (space === 'probability') {
      const all = await this.predict(rows);
      return Float64Array.from({ length: rows.count }, (_, row) => all[row * width + target]!);
    }
    const single = space === 'logit' ? meaning.logits ?? meaning.port.name : meaning.port.name, values = await this.run(rows, single), each = values.length / Math.max(1, rows.count);
    // One score speaks for the second of two classes, and against the first.
    const one = each === 1 && width === 2;
    return Float64Array.from({ length: rows.count }, (_, row) => (one ? (target === 1 ? 1 : -1) * values[row]! : values[row * each + target]!));
  }

  async predict(rows: Rows): Promise<Float64Array> {
    const { meaning } = this.options, { reading, port } = meaning, width = this.outputs.length;
    if (reading === 'class') return this.classes(rows);
    const values = await this.run(rows, port.name), out = new Float64Array(rows.count * width), each = rows.count ? values.length / rows.count : width;
    if (rows.count && each !== (reading === 'one' || reading === 'sigmoid' ? 1 : width)) throw new LensError('unsupported', `output '${port.name}' returned ${each} numbers a row, expected ${width}`);
    for (let row = 0; row < rows.count; row++) {
      if (reading === 'one' || reading === 'sigmoid') {
        const value = values[row]!, p = reading === 'one' ? value : 1 / (1 + Math.exp(-value));
        out[row * 2] = 1 - p;
        out[row * 2 + 1] = p;
        continue;
      }
      const own = values.subarray(row * each, (row + 1) * each);
      if (reading === 'softmax') softmax(own, out, row * width);
      else out.set(own, row * width);
    }
    return out;
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

  private async run(rows: Rows, value: string): Promise<Float64Array> {
    let out = new Float64Array(0), each = 0;
    await this.batches(rows, [value], (results, start, count, run) => {
      const numbers = toFloat32(results[value]!);
      if (each === 0) out = new Float64Array(rows.count * (each = numbers.length / run));
      out.set(numbers.subarray(0, count * each), start * each);
    });
    return out;
  }

  /** Runs rows in whole batches: the last is filled up with copies of its last row, unless it is nearly empty. */
  private async batches(rows: Rows, fetch: readonly string[], take: (results: Awaited<ReturnType<LoadedModel['run']>>, start: number, count: number, run: number) => void): Promise<void> {
    const { model } = this.options;
    for (const [start, count, run] of cut(rows.count, model.batchFor('forward'))) {
      throwIfAborted(this.options.signal);
      take(await model.run(this.feeds(rows, start, count, run), fetch), start, count, run);
      this.rowsRun += count;
      await pause();
    }
  }

  private async gradientsOf(rows: Rows): Promise<Float64Array> {
    const { model, row, features } = this.options, width = features.length, out = new Float64Array(rows.count * width), wrt = realInputs(this.options);
    const { target, sign } = targetOf(this.options);
    for (const [start, count, run] of cut(rows.count, model.batchFor('gradient'))) {
      throwIfAborted(this.options.signal);
      const { gradients } = await model.gradients({ feeds: this.feeds(rows, start, count, run), target, wrt });
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
function* cut(count: number, batch: number): Generator<readonly [number, number, number]> {
  for (let start = 0; start < count;) {
    const left = count - start, rows = left >= batch || left >= Math.max(2, batch * worthFilling) ? Math.min(left, batch) : 1;
    yield [start, rows, rows === 1 ? 1 : batch];
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

function softmax(scores: ArrayLike<number>, into: Float64Array, start: number): void {
  let most = -Infinity, sum = 0;
  for (let k = 0; k < scores.length; k++) most = Math.max(most, scores[k]!);
  for (let k = 0; k < scores.length; k++) sum += into[start + k] = Math.exp(scores[k]! - most);
  for (let k = 0; k < scores.length; k++) into[start + k]! /= sum;
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
