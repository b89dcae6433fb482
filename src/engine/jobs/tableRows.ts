/** Rows of a table with what the model says of them: filtered, sorted, a page at a time. */
import { LensError, type JobContext } from '../../protocol/rpc';
import type { TableRequests, TableRowInfo, TableRowsParams, TableRowsResult } from '../../protocol/table';
import type { Engine } from '../engine';
import { fitTable, readSource, type OpenedTable } from '../table/openedTable';
import { chosenOutput, judgeRows, truthsOf, type JudgedRows } from '../table/qualityRows';

const usualRows = 100, mostRows = 1000, sortings = ['number', 'error', 'score'] as const;

/** @throws LensError naming the parameter, what was found and what was expected. */
export async function tableRows(engine: Engine, params: TableRowsParams, { signal, progress }: JobContext<TableRequests['tableRows']['progress']>): Promise<TableRowsResult> {
  const offset = whole('offset', params.offset ?? 0, Number.MAX_SAFE_INTEGER), limit = whole('limit', params.limit ?? usualRows, mostRows);
  const table = await tableWith(engine, params, signal), opened = await fitTable(engine, params, table, { signal, warn: () => undefined });
  const target = chosenOutput(opened, params.target), judged = await judgeRows(opened, signal, (done, total) => progress({ type: 'rows', done, total }), fewRows(opened, params));
  const labels = truthsOf(opened).of[target], errors = rowErrors(judged, labels, target);
  const places = sorted(filtered(opened, judged, labels, params), opened, judged, errors, target, params.sort);
  return { total: places.length, rows: Array.from(places.subarray(offset, offset + limit), (place) => rowInfo(opened, judged, labels, errors, place)) };
}

/** The table's sample; only where it lacks rows that are asked about by number is the file read again for them. */
async function tableWith(engine: Engine, params: TableRowsParams, signal: AbortSignal): ReturnType<typeof readSource> {
  const table = await readSource(engine, params, signal, () => undefined);
  if (!table.sampled || !Array.isArray(params.numbers)) return table;
  const here = new Set(table.rows), lacking = params.numbers.slice(0, mostRows).filter((number) => !here.has(number) && number < table.total);
  return lacking.length === 0 ? table : readSource(engine, params, signal, () => undefined, lacking);
}

/** Places of rows that are asked for by number alone: of a long table the others need not be run for them. */
function fewRows({ table }: OpenedTable, { numbers, said, sort }: TableRowsParams): number[] | undefined {
  if (!Array.isArray(numbers) || numbers.length > 100 || said !== undefined || sort?.by === 'error' || sort?.by === 'score') return undefined;
  return numbers.map((number) => table.rows.indexOf(number as number)).filter((place) => place >= 0);
}

/** Of a class: 1 − the probability of the true one; of a value: |said − label|; NaN where there is no label. */
function rowErrors({ said, width, answers }: JudgedRows, labels: Float64Array | undefined, target: number): Float64Array {
  if (!labels) return new Float64Array(said.length / width).fill(NaN);
  return labels.map((label, row) => (Number.isNaN(label) ? NaN : answers ? 1 - said[row * width + label]! : Math.abs(said[row * width + target]! - label)));
}

function filtered({ table, meaning: { task, outputs } }: OpenedTable, { answers }: JudgedRows, labels: Float64Array | undefined, { numbers, actual, said }: TableRowsParams): Int32Array {
  for (const [name, value] of [['actual', actual], ['said', said]] as const) {
    if (value === undefined) continue;
    if (task !== 'classification') throw new LensError('badInput', `${name}: found ${String(value)}, but the model says values, not classes`);
    whole(name, value, outputs.length - 1);
  }
  if (actual !== undefined && !labels) throw new LensError('badInput', 'actual: nothing tells what each row really is', 'name the label column');
  if (numbers !== undefined && !(Array.isArray(numbers) && numbers.every((number) => typeof number === 'number'))) throw new LensError('badInput', `numbers: found ${typeof numbers}, expected a list of row numbers`);
  const wanted = numbers && new Set(numbers), places: number[] = [];
  for (let place = 0; place < table.count; place++) {
    if (wanted && !wanted.has(table.rows[place]!)) continue;
    if ((actual === undefined || labels![place] === actual) && (said === undefined || answers![place] === said)) places.push(place);
  }
  return Int32Array.from(places);
}

/** In the file's order unless something else is asked for; what is missing comes last either way. */
function sorted(places: Int32Array, { table: { columns } }: OpenedTable, { said, width }: JudgedRows, errors: Float64Array, target: number, sort: TableRowsParams['sort']): Int32Array {
  if (!sort) return places;
  const { by, descending = false } = sort, sign = descending ? -1 : 1;
  if (by === 'number') return descending ? places.reverse() : places;
  if (typeof by === 'string') {
    if (!sortings.includes(by)) throw new LensError('badInput', `sort.by: found '${String(by).slice(0, 40)}', expected ${sortings.join(', ')} or a column`);
    return byNumbers(places, by === 'error' ? errors : Float64Array.from(errors, (_, row) => said[row * width + target]!), sign);
  }
  const column = columns[whole('sort.by.column', by?.column, columns.length - 1)]!;
  if (column.numeric || column.categories) return byNumbers(places, column.numbers, sign);
  return places.sort((a, b) => sign * (column.cells[a]! < column.cells[b]! ? -1 : Number(column.cells[a]! > column.cells[b]!)) || a - b);
}

function byNumbers(places: Int32Array, values: Float64Array, sign: 1 | -1): Int32Array {
  return places.sort((a, b) => {
    const one = values[a]!, other = values[b]!, lacking = Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return lacking || (one === other || Number.isNaN(one) ? a - b : sign * (one - other));
  });
}

function rowInfo({ table, data, mapping: { features } }: OpenedTable, { said, width }: JudgedRows, labels: Float64Array | undefined, errors: Float64Array, place: number): TableRowInfo {
  const label = labels?.[place] ?? NaN, error = errors[place]!;
  return {
    number: table.rows[place]!, cells: table.columns.map(({ cells }) => cells[place]!),
    values: Array.from(data.values.subarray(place * features.length, (place + 1) * features.length), (value) => (Number.isNaN(value) ? null : value)),
    prediction: Array.from(said.subarray(place * width, (place + 1) * width)), ...(!Number.isNaN(label) && { label }), ...(!Number.isNaN(error) && { error }),
  };
}

function whole(name: string, value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most) throw new LensError('badInput', `${name}: found ${String(value).slice(0, 40)}, expected a whole number from 0 to ${most}`);
  return value;
}
