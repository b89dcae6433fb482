/** What answer a counterfactual is to get, and by how much a row misses it. */
import { quantile } from '../../tensor/statistics';
import { ParameterError } from '../parameters';
import { allPredictions, allScores, classesOf, drawnRows, tableRows } from './rows';
import type { TableContext } from './tableMethod';

export interface Goal {
  /** For people: "class 'yes'", "above 12.5". */
  readonly words: string;
  /** By how much each row misses the goal, [count]; 0 or less where it is reached. Runs the model. */
  misses(rows: readonly Float64Array[]): Promise<Float64Array>;
}

/** Beyond the border by this much, so that rounding does not undo it. */
const margin = 1e-6;
const rowsForMedian = 1000;

/**
 * For classes: the named one, or any but the row's own. For values: '>5', '<3', '2..4', or beyond the table's median on the
 * side where the row is not. Throws ParameterError for words that name no goal, or one the row has reached already.
 */
export async function goalOf(context: TableContext, row: Float64Array, desired: string): Promise<Goal> {
  return context.model.task === 'classification' ? classGoal(context, row, desired.trim()) : valueGoal(context, row, desired.trim());
}

async function classGoal(context: TableContext, row: Float64Array, desired: string): Promise<Goal> {
  const { model } = context, { outputs } = model, width = outputs.length;
  const predictions = (rows: readonly Float64Array[]): Promise<Float64Array> => allPredictions(context, { count: rows.length, write: (index, into) => into.set(rows[index]!) });
  const names = width === 1 ? [`not ${outputs[0]!}`, outputs[0]!] : outputs, own = classesOf(await predictions([row]), model)[0]!;
  const wanted = desired === '' ? undefined : names.indexOf(desired);
  if (wanted === -1) throw new ParameterError(`parameter 'desired': found '${desired.slice(0, 60)}', expected one of ${names.slice(0, 20).join(', ')}`);
  if (wanted === own) throw new ParameterError(`parameter 'desired': the row is '${names[own]!}' already, expected another class`);
  return {
    words: wanted === undefined ? `another class than '${names[own]!}'` : `class '${names[wanted]!}'`,
    async misses(rows) {
      const found = await predictions(rows);
      return Float64Array.from(rows, (_, i) => {
        const one = found.subarray(i * width, (i + 1) * width);
        const miss = width === 1 ? (own === 1 ? one[0]! - 0.5 : 0.5 - one[0]!) : wanted === undefined ? one[own]! - largestBut(one, own) : largestBut(one, wanted) - one[wanted]!;
        return Number.isNaN(miss) ? Infinity : miss + margin;
      });
    },
  };
}

function largestBut(list: Float64Array, index: number): number {
  let largest = -Infinity;
  list.forEach((value, i) => { if (i !== index && value > largest) largest = value; });
  return largest;
}

async function valueGoal(context: TableContext, row: Float64Array, desired: string): Promise<Goal> {
  const scores = (rows: readonly Float64Array[]): Promise<Float64Array> => allScores(context, { count: rows.length, write: (index, into) => into.set(rows[index]!) });
  const { data, model, seed } = context, own = (await scores([row]))[0]!;
  const table = (await allScores(context, tableRows(data, model.features.length, drawnRows(data.count, rowsForMedian, seed)))).filter(Number.isFinite).sort();
  const spread = table.length ? Math.max(1e-12, table[table.length - 1]! - table[0]!) : 1, median = table.length ? quantile(table, 0.5) : own;
  const [low, high] = desired === '' ? (own <= median ? [median, Infinity] : [-Infinity, median]) : rangeOf(desired);
  if (desired !== '' && own >= low && own <= high) throw new ParameterError(`parameter 'desired': the row's score is ${own.toPrecision(4)}, which is ${desired} already; expected another range`);
  return {
    words: low === -Infinity ? `below ${high.toPrecision(4)}` : high === Infinity ? `above ${low.toPrecision(4)}` : `from ${low} to ${high}`,
    async misses(rows) {
      return (await scores(rows)).map((score) => (Number.isNaN(score) ? Infinity : Math.max(low - score, score - high) / spread + (desired === '' ? margin : 0)));
    },
  };
}

function rangeOf(text: string): [number, number] {
  const number = String.raw`\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*`, above = new RegExp(`^>=?${number}$`, 'i').exec(text), below = new RegExp(`^<=?${number}$`, 'i').exec(text), between = new RegExp(`^${number}\\.\\.${number}$`, 'i').exec(text);
  const range: [number, number] = above ? [Number(above[1]), Infinity] : below ? [-Infinity, Number(below[1])] : between ? [Number(between[1]), Number(between[2])] : [NaN, NaN];
  if (!(range[0] <= range[1])) throw new ParameterError(`parameter 'desired': found '${text.slice(0, 60)}', expected a range of the score: '>5', '<3' or '2..4'`);
  return range;
}
