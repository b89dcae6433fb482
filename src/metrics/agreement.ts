/** How alike two maps are: by rank over all cells, and by the cells both call most important. */
import { spearman } from '../tensor/statistics';
import type { FloatTensor } from '../tensor/tensor';
import type { Subject } from './metric';
import { byFallingValue } from './ranking';

/** How strongly a map speaks of each cell, whichever way. Values that are no numbers count as 0. */
export function strengths(cells: Float32Array): Float32Array {
  return cells.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0));
}

/** The same of attributions: absolute values, summed over the channels of every cell. */
export function strengthsOf({ shape, cells }: Pick<Subject, 'shape' | 'cells'>, { data }: FloatTensor): Float32Array {
  const all = strengths(data);
  if (!shape) return all;
  const out = new Float32Array(cells);
  for (let channel = 0; channel < shape.channels; channel++) {
    const [first, step] = shape.layout === 'NCHW' ? [channel * cells, 1] : [channel, shape.channels];
    for (let cell = 0; cell < cells; cell++) out[cell]! += all[first + cell * step]!;
  }
  return out;
}

/** Spearman's rank correlation, −1…1; 0 where one map is constant and so has no order. */
export function rankAgreement(a: Float32Array, b: Float32Array): number {
  const correlation = spearman(a, b);
  return Number.isNaN(correlation) ? 0 : correlation;
}

/**
 * Share of the top cells (10 % of them) that two maps have in common, |A ∩ B| / |A|: 1 the same, 0.1 what chance gives.
 * Cells of equal value are taken in an order drawn from `seed`.
 */
export function topOverlap(a: Float32Array, b: Float32Array, share = 0.1, seed = 0): number {
  const count = Math.max(1, Math.round(share * a.length));
  const top = new Set(byFallingValue(a, seed).subarray(0, count));
  let common = 0;
  for (const cell of byFallingValue(b, seed).subarray(0, count)) if (top.has(cell)) common++;
  return common / count;
}
