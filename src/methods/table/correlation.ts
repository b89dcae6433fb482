/** Which features go together, so that looking at one alone misleads. */
import { pearson, ranks } from '../../tensor/statistics';
import type { SelfCheck } from '../method';
import { drawnRows } from './rows';
import type { TableContext } from './tableMethod';

/** Rows enough for a figure that warns; fewer than `fewest` go together by chance. */
const mostRows = 1000, fewest = 10;
/** From here on two features move together. */
const close = 0.7;
const mostNamed = 4;

/** How closely two features go together, 0 … 1: by rank correlation, by η of a number over categories, by Cramér's V. */
interface Pair { readonly one: string; readonly other: string; readonly value: number; readonly figure: string }

/**
 * Features that go together with the asked ones (0.7 or more): effects seen one by one mislead there. Both figures about
 * categories are corrected for what chance alone makes of many categories (Kelley 1935; Bergsma 2013).
 */
export function correlationCheck({ model, data, seed }: Pick<TableContext, 'model' | 'data' | 'seed'>, asked: readonly number[], advice: string): SelfCheck {
  const width = model.features.length, rows = drawnRows(data.count, mostRows, seed), pairs: Pair[] = [];
  const columns = model.features.map((_, feature) => Float64Array.from(rows, (row) => data.values[row * width + feature]!));
  // Of many features the ranks and counts are made once.
  const ordered = columns.map((column, feature) => (rows.length < fewest || model.features[feature]!.kind === 'category' || column.some(Number.isNaN) ? undefined : ranks(column)));
  const groups = columns.map((column, feature) => (rows.length < fewest || model.features[feature]!.kind !== 'category' ? undefined : groupsOf(column)));
  const all = new Set(asked);
  // Every pair once: where all features are asked about, others with a smaller number have been seen already.
  for (const feature of asked) {
    for (let other = 0; other < width; other++) {
      if (other === feature || (other < feature && all.has(other))) continue;
      const [a, b] = [ordered[feature], ordered[other]], [c, d] = [groups[feature], groups[other]], names = { one: model.features[feature]!.name, other: model.features[other]!.name };
      if (a && b) pairs.push({ ...names, value: pearson(a, b), figure: 'rank correlation' });
      else if (c && d) pairs.push({ ...names, value: cramer(c, d), figure: "Cramér's V" });
      else if (c ?? d) {
        const ranked = a ?? b;
        if (ranked) pairs.push({ ...names, value: eta((c ?? d)!, ranked), figure: 'η' });
      }
    }
  }
  const moving = pairs.filter(({ value }) => Math.abs(value) >= close).sort((x, y) => Math.abs(y.value) - Math.abs(x.value)), [worst, ...others] = moving;
  const named = others.slice(0, mostNamed - 1).map(({ one, other, value }) => `'${one}' and '${other}' (${value.toFixed(2)})`), more = others.length - named.length;
  return {
    id: 'correlation', value: worst ? Math.abs(worst.value) : 0, ok: !worst,
    message: worst ? `'${worst.one}' and '${worst.other}' move together (${worst.figure} ${worst.value.toFixed(2)}${named.length ? `; so do ${named.join(', ')}${more > 0 ? `, and ${more} other pairs` : ''}` : ''}): ${advice}` : 'No feature moves together with another one so closely (0.7) that this would mislead.',
  };
}

interface Groups { readonly of: Int32Array; readonly sizes: Float64Array }

/** Categories that occur, numbered; a missing one is one of them. */
function groupsOf(column: Float64Array): Groups {
  const numbers = new Map<number, number>(), of = Int32Array.from(column, (value) => numbers.get(value) ?? (numbers.set(value, numbers.size), numbers.size - 1)), sizes = new Float64Array(numbers.size);
  for (const group of of) sizes[group]!++;
  return { of, sizes };
}

/** √ε² of ranks over groups: the share of their variance between groups. */
function eta({ of, sizes }: Groups, values: Float64Array): number {
  const n = values.length, k = sizes.length, sums = new Float64Array(k), mean = values.reduce((sum, value) => sum + value, 0) / n;
  let total = 0;
  values.forEach((value, i) => { sums[of[i]!]! += value; total += (value - mean) ** 2; });
  const between = sums.reduce((sum, group, i) => sum + (group - sizes[i]! * mean) ** 2 / sizes[i]!, 0);
  return total > 0 && n > k ? Math.sqrt(Math.max(0, 1 - ((1 - between / total) * (n - 1)) / (n - k))) : 0;
}

function cramer(a: Groups, b: Groups): number {
  const n = a.of.length, [r, k] = [a.sizes.length, b.sizes.length], counts = new Float64Array(r * k);
  a.of.forEach((group, i) => { counts[group * k + b.of[i]!]!++; });
  let square = 0;
  for (let i = 0; i < r; i++) for (let j = 0; j < k; j++) square += (counts[i * k + j]! - (a.sizes[i]! * b.sizes[j]!) / n) ** 2 / ((a.sizes[i]! * b.sizes[j]!) / n);
  const corrected = (size: number): number => size - (size - 1) ** 2 / (n - 1), least = Math.min(corrected(r), corrected(k)) - 1;
  return least > 0 ? Math.sqrt(Math.max(0, square / n - ((r - 1) * (k - 1)) / (n - 1)) / least) : 0;
}
