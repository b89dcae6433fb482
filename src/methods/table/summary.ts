/** A few weighted rows that stand for a table: the centres of its rows. */
import { drawRandom } from '../drawing';
import { distinct, drawnRows, sortedNumbers } from './rows';
import type { Background, Feature, Rows } from './tableMethod';

const mostRows = 5000, mostRounds = 50;

/**
 * k-means over features measured by their standard deviation (categories: the same or not), started as k-means++ does,
 * each centre then moved feature by feature to the nearest value its rows have, so that whole numbers and categories
 * stay what they are. Weights are the shares of rows around each centre.
 *
 * Lloyd 1982; Arthur and Vassilvitskii 2007. As shap's `kmeans` background, which rounds likewise.
 */
export function summaryOf(data: Rows, features: readonly Feature[], most: number, seed: number): Background {
  const width = features.length, order = drawnRows(data.count, mostRows, seed), count = order.length;
  const column = (feature: number): Float64Array => Float64Array.from(order, (row) => data.values[row * width + feature]!);
  const columns = features.map((_, feature) => column(feature)), scales = columns.map(deviation);
  const apart = (row: number, centre: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const a = columns[j]![row]!, b = centre[j]!;
      if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue;
      sum += features[j]!.kind === 'category' || Number.isNaN(a) || Number.isNaN(b) ? 1 : ((a - b) / scales[j]!) ** 2;
    }
    return sum;
  };
  const rowAt = (row: number): Float64Array => Float64Array.from(columns, (values) => values[row]!);
  const centres = [rowAt(0)], random = drawRandom(seed, 0), nearestSoFar = Float64Array.from({ length: count }, (_, row) => apart(row, centres[0]!));
  while (centres.length < Math.min(most, count)) {
    const total = nearestSoFar.reduce((sum, value) => sum + value, 0);
    if (!(total > 0)) break;
    let left = random.uniform() * total, at = 0;
    while (at < count - 1 && (left -= nearestSoFar[at]!) >= 0) at++;
    const centre = rowAt(at);
    centres.push(centre);
    for (let row = 0; row < count; row++) nearestSoFar[row] = Math.min(nearestSoFar[row]!, apart(row, centre));
  }
  const group = new Int32Array(count).fill(-1);
  for (let round = 0, moved = true; moved && round < mostRounds; round++) {
    moved = false;
    for (let row = 0; row < count; row++) {
      let best = 0, least = Infinity;
      for (const [k, centre] of centres.entries()) {
        const distance = apart(row, centre);
        if (distance < least) [best, least] = [k, distance];
      }
      if (group[row] !== best) [group[row], moved] = [best, true];
    }
    if (moved) centres.forEach((centre, k) => {
      const own = rowsIn(group, k);
      if (own.length) for (let j = 0; j < width; j++) centre[j] = middle(features[j]!, own.map((row) => columns[j]![row]!));
    });
  }
  const held = centres.map((centre, k) => ({ centre, own: rowsIn(group, k) })).filter(({ own }) => own.length > 0);
  for (const { centre, own } of held) {
    for (let j = 0; j < width; j++) {
      if (features[j]!.kind !== 'category' && !Number.isNaN(centre[j]!)) centre[j] = nearestValue(own.map((row) => columns[j]![row]!), centre[j]!);
    }
  }
  return { count: held.length, values: Float64Array.from(held.flatMap(({ centre }) => [...centre])), weights: Float64Array.from(held, ({ own }) => own.length / count) };
}

function rowsIn(group: Int32Array, k: number): number[] {
  return Array.from(group.keys()).filter((row) => group[row] === k);
}

/** The mean, or the most frequent category; missing only where all are. */
function middle({ kind }: Feature, values: readonly number[]): number {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return NaN;
  if (kind !== 'category') return known.reduce((sum, value) => sum + value / known.length, 0);
  const sorted = sortedNumbers(Float64Array.from(known)), counts = new Map<number, number>();
  for (const value of known) counts.set(value, (counts.get(value) ?? 0) + 1);
  return distinct(sorted).reduce((best, value) => (counts.get(value)! > counts.get(best)! ? value : best));
}

function nearestValue(values: readonly number[], wanted: number): number {
  return values.reduce((best, value) => (Number.isNaN(best) || Math.abs(value - wanted) < Math.abs(best - wanted) ? value : best), NaN);
}

function deviation(column: Float64Array): number {
  const known = column.filter((value) => !Number.isNaN(value)), mean = known.reduce((sum, value) => sum + value / known.length, 0);
  return Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2 / known.length, 0)) || 1;
}
