/** Max-sensitivity: how much the map changes when the input changes too little to be seen. */
import { toFloat32 } from '../../tensor/convert';
import { Random } from '../../tensor/random';
import { range } from '../../tensor/statistics';
import { inputData } from '../faithfulness/curves';
import type { Candidate, Measured, Metric, MetricProgress, Subject } from '../metric';
import { appliesToChanges } from '../variants';

/** captum's defaults; the radius as a share of the input's range. */
const nPerturbSamples = 10, radius = 0.02;

/**
 * max_n ‖a(x + u) − a(x)‖₂ / ‖a(x)‖₂ over uniform noise u of at most `radius` in every element: captum's
 * `sensitivity_max`. The perturbed inputs may be given (`tensors.perturbations`, [n, …input dims], added to the input).
 */
export const maxSensitivity: Metric = {
  id: 'max-sensitivity',
  title: 'Max-sensitivity',
  about: 'Largest change of the map, as a share of its own size, under noise of 2 % of the input\'s range.',
  property: 'robustness',
  better: 'lower',
  source: 'Yeh et al. 2019, arXiv 1901.09392; captum.metrics.sensitivity_max',
  slow: true,
  passes: (value) => value < 0.3,
  beside: { random: 1, edges: true },
  applies: appliesToChanges,
  compute,
};

async function* compute(subject: Subject, candidate: Candidate): AsyncGenerator<MetricProgress, Measured, void> {
  const input = inputData(subject), { minimum, maximum } = range(input), most = radius * (maximum - minimum || 1);
  const given = subject.tensors.perturbations && toFloat32(subject.tensors.perturbations);
  const draws = given ? given.length / input.length : nPerturbSamples;
  if (!Number.isInteger(draws) || draws < 1) throw new Error(`perturbations: found ${given!.length} values, expected a multiple of the input's ${input.length}`);
  const own = candidate.values.data, size = norm(own);
  let largest = 0;
  for (let draw = 0; draw < draws; draw++) {
    subject.signal.throwIfAborted();
    const random = new Random(subject.seed * 4099 + draw + 1);
    const noise = given ? (i: number): number => given[draw * input.length + i]! : (): number => most * (2 * random.uniform() - 1);
    const changed = new Float32Array(input.length);
    for (let i = 0; i < input.length; i++) changed[i] = input[i]! + noise(i);
    const { data } = await candidate.again(changed, draw);
    let difference = 0;
    for (let i = 0; i < own.length; i++) difference += (data[i]! - own[i]!) ** 2;
    // captum divides by 1 where the map itself is zero.
    largest = Math.max(largest, Math.sqrt(difference) / (size || 1));
    yield { done: draw + 1, total: draws };
  }
  return { value: largest, details: { samples: draws, radius: most } };
}

function norm(values: Float32Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]! ** 2;
  return Math.sqrt(total);
}
