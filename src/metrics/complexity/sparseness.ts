/** Sparseness: whether the map speaks of a few cells or of all a little. */
import type { Metric } from '../metric';

/**
 * Gini's index of the absolute values: with v sorted upwards, Σ (2i − n − 1)·vᵢ / (n·Σv) (Chalasani et al. 2020, arXiv
 * 1810.06583; Quantus' `Sparseness`). 0: all equal; nearly 1: one cell has all.
 */
export const sparseness: Metric = {
  id: 'sparseness',
  title: 'Sparseness',
  about: 'Gini index of the map: 0 where all cells count alike, 1 where a single one has everything.',
  property: 'complexity',
  better: 'higher',
  source: 'Chalasani et al. 2020, arXiv 1810.06583; Quantus',
  slow: false,
  beside: { random: 1, edges: true },
  range: [0, 1],
  applies: () => ({ applies: true }),
  async *compute(_, { cells }) {
    return { value: gini(cells) };
  },
};

export function gini(values: Float32Array): number {
  const sorted = values.map(Math.abs).sort();
  let total = 0, weighted = 0;
  for (let i = 0; i < sorted.length; i++) {
    total += sorted[i]!;
    weighted += (2 * (i + 1) - sorted.length - 1) * sorted[i]!;
  }
  return total > 0 ? weighted / (sorted.length * total) : 0;
}
