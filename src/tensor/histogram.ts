/** Counts of numbers by intervals, over numbers that come in pieces. */

export interface Histogram {
  /** One more than `counts`, ascending. A bin holds its left edge; the last one holds its right edge too. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

/**
 * Intervals for numbers from `min` to `max`. Whole numbers get intervals around them, each of the same number of
 * values, so that none is fuller by its width alone; a constant gets one interval around it.
 */
export function histogramEdges(min: number, max: number, bins: number, whole = false): number[] {
  if (!(bins >= 1 && Number.isInteger(bins))) throw new Error(`a histogram has a whole number of bins of at least 1, found ${bins}`);
  if (!(min <= max) || !Number.isFinite(min) || !Number.isFinite(max)) throw new Error(`a histogram needs finite bounds, found ${min} and ${max}`);
  if (whole && max - min < 2 ** 52) {
    const width = Math.max(1, Math.ceil((max - min + 1) / bins)), used = Math.ceil((max - min + 1) / width);
    return Array.from({ length: used + 1 }, (_, index) => min - 0.5 + index * width);
  }
  if (min === max) {
    const half = Math.abs(min) * 0.01 || 0.5;
    return [min - half, max + half];
  }
  const range = max - min, edges = [min];
  // Neighbouring numbers leave no room for edges between them: none may step back by rounding.
  for (let index = 1; index < bins; index++) {
    const share = index / bins, edge = Number.isFinite(range) ? min + range * share : min * (1 - share) + max * share;
    edges.push(Math.min(max, Math.max(edges[index - 1]!, edge)));
  }
  return [...edges, max];
}

export class HistogramCounter {
  private readonly counts: Float64Array;

  constructor(private readonly edges: readonly number[]) {
    this.counts = new Float64Array(edges.length - 1);
  }

  /** Counts a piece. What is not finite, or outside the edges, is left out. */
  add(values: ArrayLike<number>): void {
    const { counts } = this, edges = Float64Array.from(this.edges);
    const bins = counts.length, first = edges[0]!, last = edges[bins]!;
    // Halves, lest the distance of two large numbers is infinite.
    const half = first * 0.5, scale = bins / (last * 0.5 - half);
    for (let i = 0, { length } = values; i < length; i++) {
      const value = values[i]!;
      if (!(value >= first && value <= last)) continue;
      // The quotient is rounded (and no number at all for the smallest numbers there are): the edges decide.
      let bin = ((value * 0.5 - half) * scale) | 0;
      if (bin >= bins) bin = bins - 1;
      while (bin > 0 && value < edges[bin]!) bin--;
      while (bin + 1 < bins && value >= edges[bin + 1]!) bin++;
      counts[bin]!++;
    }
  }

  result(): Histogram {
    return { edges: this.edges, counts: Array.from(this.counts) };
  }
}
