/** What a model says of every row of a table, and what is true of it: computed once and kept as long as the table is. */
import { rowsPerCall } from '../../methods/table/rows';
import type { Rows } from '../../methods/table/tableMethod';
import { saidClasses } from '../../metrics/table/classes';
import { throwIfAborted } from '../../protocol/rpc';
import { findClass } from '../classes';
import { findColumn } from './mapping';
import { tableModel, type OpenedTable } from './openedTable';

export interface JudgedRows {
  /** All outputs of each row, [rows, outputs]: probabilities of classes, or values. */
  readonly said: Float64Array;
  readonly width: number;
  /** The class said of each row; absent for values. */
  readonly answers?: Int32Array;
}

const kept = new WeakMap<Rows, JudgedRows>(), running = new WeakMap<Rows, Promise<JudgedRows>>();

/**
 * @param progress told [done, total] rows between runs.
 * @param only places of the few rows that are asked about: unless all are known already, the others are NaN.
 */
export async function judgeRows(opened: OpenedTable, signal: AbortSignal, progress: (done: number, total: number) => void, only?: readonly number[]): Promise<JudgedRows> {
  const { data } = opened;
  if (only && !kept.has(data)) return runFew(opened, signal, only);
  // Who asks while all rows are run for somebody else waits for those; where they are cancelled, he runs them himself.
  for (let other = running.get(data); other; other = running.get(data)) {
    await other.catch(() => undefined);
    throwIfAborted(signal);
  }
  const known = kept.get(data);
  if (known) return known;
  const own = runAll(opened, signal, progress);
  running.set(data, own);
  try {
    const judged = await own;
    kept.set(data, judged);
    return judged;
  } finally {
    running.delete(data);
  }
}

async function runFew(opened: OpenedTable, signal: AbortSignal, places: readonly number[]): Promise<JudgedRows> {
  const { data, meaning: { outputs }, mapping: { features }, reading } = opened, width = outputs.length, each = features.length, said = new Float64Array(data.count * width).fill(NaN);
  const model = await tableModel(opened, reading.target, 'probability', signal);
  const found = await model.predict({ count: places.length, values: Float64Array.from({ length: places.length * each }, (_, i) => data.values[places[Math.floor(i / each)]! * each + (i % each)]!) });
  places.forEach((place, i) => said.set(found.subarray(i * width, (i + 1) * width), place * width));
  return judgedRows(opened, said);
}

async function runAll(opened: OpenedTable, signal: AbortSignal, progress: (done: number, total: number) => void): Promise<JudgedRows> {
  const { data, meaning: { outputs }, mapping: { features }, reading } = opened, width = outputs.length, size = rowsPerCall(features.length), said = new Float64Array(data.count * width);
  const model = await tableModel(opened, reading.target, 'probability', signal);
  for (let start = 0; start < data.count; start += size) {
    const end = Math.min(data.count, start + size);
    said.set(await model.predict({ count: end - start, values: data.values.subarray(start * features.length, end * features.length) }), start * width);
    throwIfAborted(signal);
    progress(end, data.count);
  }
  return judgedRows(opened, said);
}

function judgedRows({ meaning: { outputs, task } }: OpenedTable, said: Float64Array): JudgedRows {
  return { said, width: outputs.length, ...(task === 'classification' && { answers: saidClasses(said, outputs.length) }) };
}

/** Place of the class or value that is looked at. @throws LensError for one there is not. */
export function chosenOutput({ meaning: { outputs, port }, reading }: OpenedTable, wanted: string | number | undefined): number {
  return wanted === undefined ? reading.target : findClass({ labels: outputs, port }, outputs.length, wanted);
}

export interface Truths {
  /** What each row really is, by output: of classes the same list for all, places among the outputs. */
  readonly of: readonly (Float64Array | undefined)[];
  /** Places of the table's columns that hold it. */
  readonly columns: readonly number[];
  /** How it was found out, where nobody said. */
  readonly notes: readonly string[];
}

/** One label tells the class, or the only value; several values are told by columns that are called like them. */
export function truthsOf({ meaning: { outputs, task }, mapping: { label, features }, labels, table, reading }: OpenedTable): Truths {
  const own = label === undefined ? [] : [label];
  if (task === 'classification' || outputs.length === 1) return { of: outputs.map(() => labels), columns: own, notes: [] };
  const fed = new Set(features.flatMap(({ columns }) => columns)), named = outputs.map((name) => findColumn(table, name)).map((place) => (place !== undefined && !fed.has(place) && table.columns[place]!.numeric ? place : undefined));
  if (named.some((place) => place !== undefined)) return { of: named.map((place) => (place === undefined ? undefined : table.columns[place]!.numbers)), columns: [...new Set([...named.filter((place) => place !== undefined), ...own])], notes: [] };
  const { target } = reading, title = label === undefined ? '' : table.columns[label]!.name;
  return { of: outputs.map((_, k) => (k === target ? labels : undefined)), columns: own, notes: labels ? [`The model says ${outputs.length} values, and no column is called like one of them: '${title}' is compared with '${outputs[target]!}'.`] : [] };
}
