/** Completeness: whether the attributions add up to what they claim to explain. */
import type { Metric, Subject } from '../metric';
import { sum } from '../../tensor/statistics';

/**
 * |Σ attributions − (f(x) − f(baseline))| / |f(x) − f(baseline)|, for methods that claim to add up and so check it
 * themselves. Other maps are brought to the same total size (Σ|·|) first: they claim nothing.
 */
export const completeness: Metric = {
  id: 'completeness',
  title: 'Completeness',
  about: 'How far the attributions miss the change of the score from the baseline to the input, as a share of it.',
  property: 'axiomatic',
  better: 'lower',
  source: 'Sundararajan et al. 2017, arXiv 1703.01365',
  slow: false,
  passes: (value) => value <= 0.05,
  beside: { random: 1, edges: true },
  applies: (subject) => (claimed(subject) !== undefined ? { applies: true } : { applies: false, reason: 'This method does not claim that its values add up to a change of the score.' }),
  async *compute(subject, { kind, values }) {
    const miss = claimed(subject)!, own = subject.attributions.data, difference = sum(own) - miss, unit = Math.abs(difference) || 1;
    if (kind === 'map') return { value: Math.abs(miss) / unit, details: { miss, difference } };
    return { value: Math.abs((size(own) / (size(values.data) || 1)) * sum(values.data) - difference) / unit };
  },
};

/** The method's own account: by how much its attributions miss the difference. */
function claimed({ checks }: Subject): number | undefined {
  return checks.find(({ id }) => id === 'completenessDelta')?.value;
}

function size(values: Float32Array): number {
  return values.reduce((total, value) => total + Math.abs(value), 0);
}
