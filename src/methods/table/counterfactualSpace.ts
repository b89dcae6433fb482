/** Which rows may be proposed instead of one row: what may change, how far, and how far apart two rows are. */
import { quantile } from '../../tensor/statistics';
import type { Random } from '../../tensor/random';
import { ParameterError } from '../parameters';
import { columnOf, distinct, sortedNumbers } from './rows';
import type { Feature, Rows } from './tableMethod';

export interface Limits {
  /** Names of features that stay as they are, separated by commas. Everywhere '#3' is the feature number 3, from 0. */
  readonly immutable: string;
  /** 'age = 18..60; income = 1000..' */
  readonly ranges: string;
  /** 'age +, debt -': may only rise, or only fall. */
  readonly monotone: string;
}

interface Axis {
  readonly feature: Feature;
  readonly free: boolean;
  readonly low: number;
  readonly high: number;
  /** The unit of distances: the column's median absolute deviation. */
  readonly scale: number;
  /** Decimal places the table writes. */
  readonly decimals: number;
  /** Values of the column that occur. */
  readonly values: Float64Array;
}

const mostDecimals = 6;

export class CounterfactualSpace {
  readonly axes: readonly Axis[];

  /** Throws ParameterError where limits name features the table does not have or leave nothing free. */
  constructor(features: readonly Feature[], data: Rows, private readonly row: Float64Array, limits: Limits, asked: readonly number[]) {
    const names = new Map(features.map(({ name }, index) => [name, index]));
    const at = (parameter: string, name: string): number => {
      const number = /^#(\d+)$/.exec(name), found = names.get(name) ?? (number && Number(number[1]) < features.length ? Number(number[1]) : undefined);
      if (found === undefined) throw new ParameterError(`parameter '${parameter}': found '${name.slice(0, 60)}', expected names of features, such as ${features.slice(0, 3).map((feature) => `'${feature.name}'`).join(', ')}`);
      return found;
    };
    const fixed = new Set(listOf(limits.immutable, ',').map((name) => at('immutable', name)));
    const ranges = new Map(listOf(limits.ranges, ';').map((text) => {
      const match = /^(.+?)\s*=\s*(\S*?)\s*\.\.\s*(\S*)$/.exec(text), low = match?.[2] ? Number(match[2]) : -Infinity, high = match?.[3] ? Number(match[3]) : Infinity;
      if (!match || Number.isNaN(low) || Number.isNaN(high) || low > high) throw new ParameterError(`parameter 'ranges': found '${text.slice(0, 60)}', expected for instance 'age = 18..60; income = 1000..'`);
      return [at('ranges', match[1]!.trim()), [low, high] as const];
    }));
    const directions = new Map(listOf(limits.monotone, ',').map((text) => {
      const match = /^(.+?)\s*([+-])$/.exec(text);
      if (!match) throw new ParameterError(`parameter 'monotone': found '${text.slice(0, 60)}', expected names with + or -, such as 'age +, debt -'`);
      return [at('monotone', match[1]!.trim()), match[2]!];
    }));
    this.axes = features.map((feature, index): Axis => {
      const sorted = sortedNumbers(columnOf(data, features.length, index)), own = row[index]!, values = distinct(sorted);
      // Nothing is proposed that lies beyond the table, unless a range says so.
      let [low, high] = [Math.min(own, values[0] ?? own), Math.max(own, values[values.length - 1] ?? own)];
      if (Number.isNaN(own)) [low, high] = [values[0] ?? NaN, values[values.length - 1] ?? NaN];
      const range = ranges.get(index);
      if (range) [low, high] = [range[0] === -Infinity ? low : range[0], range[1] === Infinity ? high : range[1]];
      if (directions.get(index) === '+') low = Math.max(low, own);
      if (directions.get(index) === '-') high = Math.min(high, own);
      const free = !fixed.has(index) && asked.includes(index) && low < high;
      return { feature, free, low, high, scale: scaleOf(sorted), decimals: feature.kind === 'number' ? decimalsOf(values) : 0, values: values.filter((value) => value >= low && value <= high) };
    });
    if (!this.axes.some(({ free }) => free)) throw new ParameterError('no feature may change: each is immutable, has one value only, or a range without room');
  }

  /** The nearest row that may be proposed: limits kept, whole numbers and categories kept, numbers as the table writes them. */
  settle(candidate: Float64Array): Float64Array {
    return candidate.map((value, i) => {
      const { free, low, high, decimals, feature } = this.axes[i]!, own = this.row[i]!;
      if (!free || Number.isNaN(value) || value === own) return own;
      const inside = Math.min(high, Math.max(low, value));
      if (feature.kind === 'category') return this.axes[i]!.values.includes(inside) ? inside : own;
      const power = 10 ** decimals;
      let rounded = Math.round(inside * power) / power;
      // Rounding may step over a limit.
      if (rounded > high) rounded = Math.floor(high * power) / power;
      if (rounded < low) rounded = Math.ceil(low * power) / power;
      return rounded > high || Math.abs(rounded - own) < 0.5 / power ? own : rounded;
    });
  }

  changed(candidate: Float64Array): number[] {
    return this.axes.flatMap((_, i) => (Object.is(candidate[i], this.row[i]) || candidate[i] === this.row[i] ? [] : [i]));
  }

  /** How far apart two values of a feature are, in its scale; categories and missing values are 1 apart. */
  apart(i: number, a: number, b: number): number {
    if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
    const { feature, scale } = this.axes[i]!;
    return feature.kind === 'category' || Number.isNaN(a) || Number.isNaN(b) ? 1 : Math.abs(a - b) / scale;
  }

  /** The mean over features (DiCE's proximity). */
  distance(a: Float64Array, b: Float64Array): number {
    return this.axes.reduce((sum, _, i) => sum + this.apart(i, a[i]!, b[i]!), 0) / this.axes.length;
  }

  /** A value the feature may take: one of the table's, or a step from where it is. */
  drawn(i: number, from: number, random: Random): number {
    const { values, scale, feature, low, high } = this.axes[i]!;
    if (feature.kind === 'category' || Number.isNaN(from) || random.uniform() < 0.5) return values.length ? values[random.integer(values.length)]! : low + (high - low) * random.uniform();
    return from + scale * random.normal();
  }
}

function listOf(text: string, separator: string): string[] {
  return text.split(separator).map((part) => part.trim()).filter((part) => part !== '');
}

/** Median absolute deviation; where half of the rows agree, the standard deviation; 1 for constant columns. */
function scaleOf(sorted: Float64Array): number {
  if (sorted.length === 0) return 1;
  const median = quantile(sorted, 0.5), deviation = quantile(sorted.map((value) => Math.abs(value - median)), 0.5);
  if (deviation > 0) return deviation;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length, spread = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length);
  return spread > 0 ? spread : 1;
}

/** Decimal places with which a column's values (as float32 keeps them) are written. */
function decimalsOf(values: Float64Array): number {
  let most = 0;
  for (const value of values.subarray(0, 1000)) {
    const text = String(Number(Math.fround(value).toPrecision(7))), [digits, exponent] = text.split('e');
    most = Math.max(most, (digits!.split('.')[1]?.length ?? 0) - Number(exponent ?? 0));
    if (most >= mostDecimals) return mostDecimals;
  }
  return most;
}
