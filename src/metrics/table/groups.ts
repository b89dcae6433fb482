/** Whether a model does as well by one group of rows as by another (Hardt, Price and Srebro 2016; fairlearn's definitions). */
import { errorOfDifference, meanOf, share, type Estimate } from './estimate';

/** Of one class, the one that is asked about. */
export interface GroupRates {
  readonly rows: number;
  /** Rows of the class, and rows that are said to be of it. */
  readonly positives: number;
  readonly selected: number;
  readonly selectionRate: Estimate;
  readonly truePositiveRate: Estimate;
  readonly falsePositiveRate: Estimate;
  readonly precision: Estimate;
}

/** @param actual, said 1 for rows of the class and rows said to be of it. @param rows places of the group's rows. */
export function groupRates(actual: Uint8Array, said: Uint8Array, rows: Int32Array): GroupRates {
  let positives = 0, selected = 0, both = 0;
  for (const row of rows) {
    positives += actual[row]!;
    selected += said[row]!;
    both += actual[row]! & said[row]!;
  }
  const count = rows.length;
  return {
    rows: count, positives, selected, selectionRate: share(selected, count), truePositiveRate: share(both, positives), falsePositiveRate: share(selected - both, count - positives), precision: share(both, selected),
  };
}

/** Mean of a value over a group's rows. */
export function groupMean(values: Float64Array, rows: Int32Array): Estimate {
  return meanOf(Float64Array.from(rows, (row) => values[row]!));
}

/** One figure of one group, and the rows it is a share or mean of. */
export interface GroupFigure extends Estimate {
  readonly name: string;
  readonly rows: number;
}

/** The largest difference of a figure between two groups. */
export interface Gap {
  readonly value: number;
  readonly standardError: number;
  /** Lowest / highest. */
  readonly ratio: number;
  readonly high: GroupFigure;
  readonly low: GroupFigure;
}

/** @returns undefined where fewer than two groups have the figure. */
export function gapOf(figures: readonly GroupFigure[]): Gap | undefined {
  const known = figures.filter(({ value }) => Number.isFinite(value));
  if (known.length < 2) return undefined;
  const high = known.reduce((most, one) => (one.value > most.value ? one : most)), low = known.reduce((least, one) => (one.value < least.value ? one : least));
  // Where all are equal, the first stands against the second.
  const other = low === high ? known.find((one) => one !== high)! : low;
  return { value: high.value - other.value, standardError: errorOfDifference(high.standardError, other.standardError), ratio: high.value !== 0 ? other.value / high.value : 1, high, low: other };
}
