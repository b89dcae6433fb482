/** The randomised-model check: whether the map depends on what the model has learned. */
import { rankAgreement, strengthsOf } from '../agreement';
import type { Candidate, Measured, Metric, MetricProgress, Subject } from '../metric';
import { isConstant } from '../ranking';

/** Independent cascades. */
const draws = 3;

/**
 * Weights are replaced by normal draws of the same shape, layer by layer from the output side and staying random
 * (cascading, Adebayo et al. 2018, arXiv 1810.03292), and the map is made again at every stage, for independent draws
 * because one alone says little of a coarse map. The figure is the mean over the stages of Spearman's rank correlation of both maps' absolute values, summed over the channels of each pixel.
 */
export const parameterRandomisation: Metric = {
  id: 'parameter-randomisation',
  title: 'Randomised model',
  about: 'How alike the map stays while the model\'s weights become random, from the last layer to the first: a map that stays the same says nothing about what was learned.',
  property: 'randomisation',
  better: 'lower',
  source: 'Adebayo et al. 2018, arXiv 1810.03292',
  slow: true,
  passes: (value) => value < 0.5,
  beside: { random: 1, edges: true },
  range: [-1, 1],
  applies: ({ randomStages, notRandomised }) => (randomStages ? { applies: true } : { applies: false, reason: notRandomised ?? 'The model has no weights that can be made random.' }),
  compute,
};

async function* compute(subject: Subject, candidate: Candidate): AsyncGenerator<MetricProgress, Measured, void> {
  const own = strengthsOf(subject, candidate.values), stages = subject.randomStages!;
  const y = [1, ...new Array<number>(stages).fill(0)];
  for (let draw = 0; draw < draws; draw++) {
    for (let stage = 1; stage <= stages; stage++) {
      subject.signal.throwIfAborted();
      y[stage]! += likeness(own, strengthsOf(subject, await candidate.underRandomWeights(stage, draw))) / draws;
      yield { done: draw * stages + stage, total: stages * draws };
    }
  }
  const similar = y.slice(1);
  return {
    value: similar.reduce((total, value) => total + value, 0) / stages,
    curve: { x: y.map((_, stage) => stage / stages), y },
    details: { stages, draws, lastLayerOnly: similar[0]!, allLayers: similar[stages - 1]! },
  };
}

/** Rank correlation; a map without any order has nothing in common with one that has. */
function likeness(a: Float32Array, b: Float32Array): number {
  return isConstant(a) || isConstant(b) ? Number(isConstant(a) && isConstant(b)) : rankAgreement(a, b);
}
