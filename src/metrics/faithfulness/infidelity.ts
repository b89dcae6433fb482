/** Infidelity: how far the score change that the map predicts for a noisy input is from the one that happens. */
import { toFloat32 } from '../../tensor/convert';
import { Random } from '../../tensor/random';
import { range } from '../../tensor/statistics';
import type { Candidate, Measured, Metric, MetricProgress, Subject } from '../metric';
import { appliesToChanges, scoresAt } from '../variants';
import { inputData } from './curves';

/** captum's default. */
const nPerturbSamples = 10;
/** Standard deviation of the noise, as a share of the input's range. */
const noise = 0.1;

/**
 * mean_n (Σ pᵢ·aᵢ − (f(x) − f(x − p)))², p normal noise: captum's `infidelity`. The figure is the one with
 * `normalize=True` (attributions scaled to fit best), so that maps of any scale compare; `plain` is the other.
 * `unexplained` is the figure over mean (f(x) − f(x − p))²: 0 all of the change is predicted, 1 nothing of it.
 * The perturbations may be given (`tensors.perturbations`, [n, …input dims]), for comparisons with a reference.
 */
export const infidelity: Metric = {
  id: 'infidelity',
  title: 'Infidelity',
  about: 'How far the change of the score that the map predicts for a noisy input is from the change that happens, squared.',
  property: 'faithfulness',
  better: 'lower',
  source: 'Yeh et al. 2019, arXiv 1901.09392; captum.metrics.infidelity',
  slow: false,
  beside: { random: 3, edges: true },
  applies: appliesToChanges,
  compute,
};

async function* compute(subject: Subject, { values }: Candidate): AsyncGenerator<MetricProgress, Measured, void> {
  const input = inputData(subject), size = input.length, attributions = values.data;
  const { count, write } = perturbations(subject, input);
  const predicted = new Float64Array(count), draw = new Float32Array(size);
  let base = NaN;
  const happened = new Float64Array(count);
  const variant = (index: number, into: Float32Array): void => {
    into.set(input);
    if (index === 0) return;
    write(index - 1, draw);
    let dot = 0;
    for (let i = 0; i < size; i++) {
      into[i]! -= draw[i]!;
      dot += draw[i]! * attributions[i]!;
    }
    predicted[index - 1] = dot;
  };
  yield* scoresAt(subject, { count: count + 1, write: variant }, subject.target, (start, scores) => {
    scores.forEach((score, k) => {
      if (start + k === 0) base = score;
      else happened[start + k - 1] = base - score;
    });
  });
  return infidelityOf(predicted, happened);
}

/** Both forms, from predicted and actual changes. */
export function infidelityOf(predicted: ArrayLike<number>, happened: ArrayLike<number>): Measured {
  const n = predicted.length;
  let pp = 0, ph = 0, hh = 0, plain = 0;
  for (let k = 0; k < n; k++) {
    const p = predicted[k]!, h = happened[k]!;
    pp += p * p;
    ph += p * h;
    hh += h * h;
    plain += (p - h) ** 2;
  }
  // Where nothing is predicted, no scale helps (captum divides by 1 there).
  const beta = pp > 0 ? ph / pp : 0;
  const value = Math.max(0, beta * beta * pp - 2 * beta * ph + hh) / n;
  return { value, details: { plain: plain / n, unexplained: hh > 0 ? (value * n) / hh : 0, samples: n } };
}

function perturbations(subject: Subject, input: Float32Array): { count: number; write(index: number, into: Float32Array): void } {
  const given = subject.tensors.perturbations;
  if (given) {
    const all = toFloat32(given), count = all.length / input.length;
    if (!Number.isInteger(count) || count < 1) throw new Error(`perturbations: found ${all.length} values, expected a multiple of the input's ${input.length}`);
    return { count, write: (index, into) => into.set(all.subarray(index * input.length, (index + 1) * input.length)) };
  }
  const { minimum, maximum } = range(input), scale = noise * (maximum - minimum || 1);
  return {
    count: nPerturbSamples,
    write: (index, into) => {
      const random = new Random(subject.seed * 1009 + index + 1);
      for (let i = 0; i < into.length; i++) into[i] = scale * random.normal();
    },
  };
}
