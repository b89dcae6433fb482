/**
 * Deletion and insertion as RISE measures them (Petsiuk, Das, Saenko 2018, arXiv 1806.07421; `evaluation.py` of
 * eclique/RISE): pixels are changed in the map's order, 224 steps from the picture to its end, and the class's
 * probability after every step is a curve. The figure is the area under it.
 */
import { explainedInput } from '../../methods/samples';
import type { Candidate, Curve, Measured, MetricProgress, Subject } from '../metric';
import { byFallingValue } from '../ranking';
import { confidenceTarget, copyCells, scoresAt } from '../variants';

/** Steps for the map itself: 224 pixels each in a picture of 224 × 224, as in RISE. */
const steps = 224;
/** The maps beside it are measured at every fourth step: their areas are means over many cells anyway. */
const stepsBeside = 56;

/** From `start` to `finish`, the cells with the highest values first. */
export async function* cellCurve(subject: Subject, candidate: Candidate, start: Float32Array, finish: Float32Array, most = candidate.kind === 'map' ? steps : stepsBeside): AsyncGenerator<MetricProgress, Measured, void> {
  const order = byFallingValue(candidate.cells, subject.seed), { cells } = subject;
  const each = Math.ceil(cells / Math.min(most, cells)), count = Math.ceil(cells / each);
  const scores = new Float64Array(count + 1);
  // Steps are asked for in order, so the present picture only ever grows towards its end; batches fill up with the last one.
  const present = start.slice();
  let reached = 0;
  const write = (step: number, into: Float32Array): void => {
    const until = Math.min(cells, step * each);
    if (until > reached) copyCells(subject, order, reached, until, finish, present);
    reached = Math.max(reached, until);
    into.set(present);
  };
  yield* scoresAt(subject, { count: count + 1, write }, confidenceTarget(subject), (first, some) => scores.set(some, first));
  const curve: Curve = { x: Array.from(scores, (_, step) => Math.min(1, (step * each) / cells)), y: [...scores] };
  return { value: area(curve.y), curve, details: { steps: count } };
}

/** Trapezoids over equal steps, as RISE's `auc`: the mean height of the curve. */
export function area(y: readonly number[]): number {
  const inner = y.reduce((total, value) => total + value, 0) - (y[0]! + y[y.length - 1]!) / 2;
  return inner / (y.length - 1);
}

export function inputData(subject: Subject): Float32Array {
  return explainedInput(subject).data;
}
