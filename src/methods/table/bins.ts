/** Bins of a feature for accumulated local effects: edges at quantiles, each once. */
import { distinct } from './rows';

export type BinRule = 'linear' | 'lower';

/** Edges at 0, 1/n, …, 1 of an ascending list: between neighbours (linear) or always values of the table (lower). */
export function quantileEdges(sorted: Float64Array, bins: number, rule: BinRule): Float64Array {
  return distinct(Float64Array.from({ length: bins + 1 }, (_, i) => {
    // As NumPy: the share first, then its place in the list.
    const at = (i / bins) * (sorted.length - 1), low = Math.floor(at), below = sorted[low]!;
    return rule === 'lower' || at === low ? below : below + (sorted[low + 1]! - below) * (at - low);
  }));
}

/** Which bin (edge, next edge] holds a value; the first one holds its lower edge too. */
export function binOf(edges: Float64Array, value: number): number {
  let low = 0, high = edges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return Math.min(edges.length - 2, Math.max(0, low - 1));
}

/** Bins that hold no row are joined with the next one: else the curve would stand still where no one knows. */
export function withoutEmptyBins(edges: Float64Array, sorted: Float64Array): Float64Array {
  if (edges.length < 3) return edges;
  const counts = new Int32Array(edges.length - 1);
  for (const value of sorted) counts[binOf(edges, value)]!++;
  // The last bin holds the largest value, so an empty one always has a next one.
  return edges.filter((_, i) => i === 0 || counts[i - 1]! > 0);
}

/** The most bins, at most `most`, of which each holds at least `least` rows (alibi's min_bin_points; by bisection). */
export function fewestRowsEdges(sorted: Float64Array, least: number, most: number, rule: BinRule): Float64Array {
  const enough = (bins: number): boolean => {
    const edges = quantileEdges(sorted, bins, rule), counts = new Int32Array(Math.max(1, edges.length - 1));
    if (edges.length < 2) return false;
    for (const value of sorted) counts[binOf(edges, value)]!++;
    return counts.every((count) => count >= least);
  };
  let low = 1, high = Math.max(1, Math.min(most, sorted.length - 1));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (enough(middle)) low = middle;
    else high = middle - 1;
  }
  return quantileEdges(sorted, low, rule);
}

export function centresOf(edges: Float64Array): Float64Array {
  return Float64Array.from({ length: Math.max(0, edges.length - 1) }, (_, i) => (edges[i]! + edges[i + 1]!) / 2);
}
