/** Faithfulness correlation: whether taking away cells costs as much of the score as the map says they carry. */
import { Random } from '../../tensor/random';
import { pearson } from '../../tensor/statistics';
import { toFloat32 } from '../../tensor/convert';
import type { Candidate, Measured, Metric, MetricProgress, Subject } from '../metric';
import { changesInput, copyCells, scoresAt } from '../variants';
import { inputData } from './curves';

const runs = 100, subset = 224;

/**
 * Pearson's correlation, over 100 random sets of 224 cells, of what the map gives the set and of what the score loses
 * when the set is black (Quantus' `FaithfulnessCorrelation`). Smaller inputs: a quarter of the cells at most.
 */
export const faithfulnessCorrelation: Metric = {
  id: 'faithfulness-correlation',
  title: 'Faithfulness correlation',
  about: 'Correlation of what the map gives random sets of cells with what the score loses when they turn black.',
  property: 'faithfulness',
  better: 'higher',
  source: 'Bhatt et al. 2020, arXiv 2005.00631; Quantus',
  slow: false,
  beside: { random: 3, edges: true },
  range: [-1, 1],
  applies: (subject) => {
    const reason = changesInput(subject) ?? (subject.cells < 4 ? 'This figure draws sets of cells, and the input has fewer than four.' : undefined);
    return reason === undefined ? { applies: true } : { applies: false, reason };
  },
  compute,
};

async function* compute(subject: Subject, { cells }: Candidate): AsyncGenerator<MetricProgress, Measured, void> {
  const input = inputData(subject), black = subject.tensors.black ? toFloat32(subject.tensors.black) : new Float32Array(input.length);
  const size = Math.min(subset, Math.floor(subject.cells / 4));
  const given = new Float64Array(runs), scores = new Float64Array(runs + 1);
  const write = (index: number, into: Float32Array): void => {
    into.set(input);
    if (index === 0) return;
    const set = drawSet(subject.cells, size, new Random(subject.seed * 7919 + index));
    copyCells(subject, set, 0, size, black, into);
    given[index - 1] = set.reduce((total, cell) => total + cells[cell]!, 0);
  };
  yield* scoresAt(subject, { count: runs + 1, write }, subject.target, (start, some) => scores.set(some, start));
  const lost = Array.from(given, (_, run) => scores[0]! - scores[run + 1]!);
  const correlation = pearson(given, lost);
  // A map or a score that does not move predicts nothing.
  return { value: Number.isNaN(correlation) ? 0 : correlation, details: { runs, subset: size } };
}

/** `size` different numbers below `count` (the first places of a shuffle, which is never written out). */
export function drawSet(count: number, size: number, random: Random): Uint32Array {
  const moved = new Map<number, number>(), set = new Uint32Array(size);
  for (let k = 0; k < size; k++) {
    const other = k + random.integer(count - k);
    set[k] = moved.get(other) ?? other;
    moved.set(other, moved.get(k) ?? k);
  }
  return set;
}
