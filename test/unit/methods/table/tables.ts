/** Models over tables whose explanations are known in closed form, and their runs. */
import type { Parameters } from '../../../../src/methods/method';
import { resolveParameters } from '../../../../src/methods/parameters';
import { tableMethodById } from '../../../../src/methods/table/registry';
import type { Feature, Rows, TableContext, TableFinding, TableModel, TableProgress, TableResult } from '../../../../src/methods/table/tableMethod';
import { Random } from '../../../../src/tensor/random';

export type Formula = (row: Float64Array) => number;

/** A model that computes `formula` of each row; of classes, `formula` is the probability of class 'yes'. */
export function formulaModel(formula: Formula, features: number | readonly Feature[], task: TableModel['task'] = 'regression', gradient?: (row: Float64Array) => number[]): TableModel & { calls: number } {
  const list = typeof features === 'number' ? Array.from({ length: features }, (_, i): Feature => ({ name: `x${i}`, kind: 'number' })) : features;
  const each = (rows: Rows, of: (row: Float64Array) => readonly number[]): Float64Array => Float64Array.from(Array.from({ length: rows.count }, (_, i) => [...of(rows.values.subarray(i * list.length, (i + 1) * list.length))]).flat());
  const model = {
    features: list, outputs: task === 'regression' ? ['y'] : ['no', 'yes'], task, calls: 0,
    scores: (rows: Rows) => { model.calls++; return Promise.resolve(each(rows, (row) => [formula(row)])); },
    predict: (rows: Rows) => { model.calls++; return Promise.resolve(each(rows, (row) => (task === 'regression' ? [formula(row)] : [1 - formula(row), formula(row)]))); },
    ...(gradient && { gradients: (rows: Rows) => Promise.resolve(each(rows, gradient)) }),
  };
  return model;
}

export function rowsOf(list: readonly (readonly number[])[]): Rows {
  return { count: list.length, values: Float64Array.from(list.flat()) };
}

/** Independent uniform numbers in 0 … 1. */
export function uniformRows(count: number, features: number, seed = 3): Rows {
  const random = new Random(seed);
  return { count, values: Float64Array.from({ length: count * features }, () => random.uniform()) };
}

export interface Asked {
  readonly features?: readonly number[];
  readonly parameters?: Parameters;
  readonly preset?: string;
  readonly labels?: Float64Array;
  readonly row?: Float64Array;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

export function contextOf(id: string, model: TableModel, data: Rows, { features = [], parameters, preset, seed = 1, signal = new AbortController().signal, ...rest }: Asked = {}): TableContext {
  return { model, data, features, parameters: resolveParameters(tableMethodById(id), parameters, preset).parameters, seed, signal, ...rest };
}

/** Runs a method to its end. */
export async function runTable(id: string, model: TableModel, data: Rows, asked: Asked = {}): Promise<TableResult & { progress: TableProgress[] }> {
  const run = tableMethodById(id).explain(contextOf(id, model, data, asked)), progress: TableProgress[] = [];
  for (;;) {
    const step = await run.next();
    if (step.done) return { ...step.value, progress };
    progress.push(step.value);
  }
}

/** A finding of the kind that is expected. */
export function as<K extends TableFinding['kind']>(finding: TableFinding, kind: K): Extract<TableFinding, { kind: K }> {
  if (finding.kind !== kind) throw new Error(`a ${finding.kind} came back, expected ${kind}`);
  return finding as Extract<TableFinding, { kind: K }>;
}

export function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-9): void {
  if (actual.length !== expected.length) throw new Error(`${actual.length} values, expected ${expected.length}`);
  for (let i = 0; i < actual.length; i++) {
    if (!(Math.abs(actual[i]! - expected[i]!) <= tolerance)) throw new Error(`value ${i} is ${actual[i]}, expected ${expected[i]} ± ${tolerance}`);
  }
}
