/** Columns of a table as LIME sees them: in parts, each drawn as often as the table has it. */
import { quantile } from '../tensor/statistics';
import type { Random } from '../tensor/random';

/** One part of a column's range. */
interface Bin {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly deviation: number;
  readonly share: number;
}

export interface Column {
  /** The part that holds a value; −1 for a missing one. */
  binOf(value: number): number;
  draw(random: Random): { readonly bin: number; readonly value: number };
}

/** A column of numbers, cut at the quartiles of those that are not missing. */
export function quartiles(column: Float64Array): Column {
  const values = column.filter((value) => !Number.isNaN(value)), missing = 1 - values.length / column.length;
  if (values.length === 0) return { binOf: () => -1, draw: () => ({ bin: -1, value: NaN }) };
  const cuts = [...new Set([0.25, 0.5, 0.75].map((q) => quantile(values, q)))];
  const binOf = (value: number): number => {
    if (Number.isNaN(value)) return -1;
    let bin = 0;
    while (bin < cuts.length && value > cuts[bin]!) bin++;
    return bin;
  };
  const held: number[][] = Array.from({ length: cuts.length + 1 }, () => []);
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    held[binOf(value)]!.push(value);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const bins = held.map((list, index): Bin => {
    const mean = list.reduce((sum, value) => sum + value, 0) / (list.length || 1);
    const deviation = Math.sqrt(list.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (list.length || 1));
    return { low: index === 0 ? low : cuts[index - 1]!, high: index === cuts.length ? high : cuts[index]!, mean, deviation, share: list.length / column.length };
  });
  return {
    binOf,
    draw(random) {
      let bin = 0, left = random.uniform();
      if (left >= 1 - missing) return { bin: -1, value: NaN };
      for (; bin < bins.length - 1 && left >= bins[bin]!.share; bin++) left -= bins[bin]!.share;
      while (bins[bin]!.share === 0) bin--;
      return { bin, value: drawnValue(bins[bin]!, random) };
    },
  };
}

/** A column of categories, each a part of its own. */
export function categories(column: Float64Array): Column {
  const binOf = (value: number): number => (Number.isNaN(value) ? -1 : value);
  return { binOf, draw: (random) => { const value = column[random.integer(column.length)]!; return { bin: binOf(value), value }; } };
}

/** Tries before a value is drawn evenly instead; a bin's own spread makes that many misses all but impossible. */
const mostTries = 1000;

/** From the normal distribution of the bin's values, cut off at the bin's ends. */
function drawnValue({ low, high, mean, deviation }: Bin, random: Random): number {
  if (!(deviation > 0)) return Math.min(high, Math.max(low, mean));
  for (let tries = 0; tries < mostTries; tries++) {
    const value = mean + deviation * random.normal();
    if (value >= low && value <= high) return value;
  }
  return low + (high - low) * random.uniform();
}
