/** Mass in mask: how much of the map lies on the thing itself. */
import type { Metric } from '../metric';
import { needsMask } from './pointingGame';

/** Σ of positive values inside the mask over Σ of all positive values. `area`: the mask's share of the picture. */
export const massInMask: Metric = {
  id: 'mass-in-mask',
  title: 'Weight on the object',
  about: 'Share of the map\'s positive weight that lies on the masked object.',
  property: 'localisation',
  better: 'higher',
  source: 'relevance mass accuracy, Arras et al. 2022, arXiv 2003.07258',
  slow: false,
  beside: { random: 3, edges: true },
  range: [0, 1],
  applies: needsMask,
  async *compute({ mask }, { cells }) {
    let inside = 0, total = 0, area = 0;
    for (let cell = 0; cell < cells.length; cell++) {
      const weight = Math.max(0, cells[cell]!);
      total += weight;
      if (!mask![cell]) continue;
      inside += weight;
      area++;
    }
    return { value: total > 0 ? inside / total : 0, details: { area: area / cells.length } };
  },
};
