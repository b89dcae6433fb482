/** Deletion: how fast the class is lost when the cells the map calls important are removed. */
import type { Metric } from '../metric';
import { appliesToChanges } from '../variants';
import { cellCurve, inputData } from './curves';

/** Cells become 0 in the model's own range (the mean colour, where preprocessing subtracts it), as in RISE. */
export const deletion: Metric = {
  id: 'deletion',
  title: 'Deletion',
  about: 'Mean probability of the class while the cells the map ranks highest are removed first: a map that finds what counts loses the class at once.',
  property: 'faithfulness',
  better: 'lower',
  source: 'Petsiuk et al. 2018, arXiv 1806.07421',
  slow: false,
  beside: { random: 3, edges: true },
  applies: appliesToChanges,
  compute: (subject, candidate) => cellCurve(subject, candidate, inputData(subject), new Float32Array(inputData(subject).length)),
};
