/** Changed copies of the input through the model, in the batches it wants. */
import { explainedInput, feedsFor, type Variants } from '../methods/samples';
import type { Applicability } from '../methods/method';
import type { Target } from '../methods/model';
import type { MetricProgress, Subject } from './metric';

/**
 * The target at every variant, in order. All batches have one size (the last is filled up), because each size is a
 * session of its own. Throws the signal's reason between batches once cancelled.
 * @param onScores gets the index of the first of some further scores, and those.
 */
export async function* scoresAt(subject: Subject, variants: Variants, target: Target, onScores: (start: number, scores: Float32Array) => void): AsyncGenerator<MetricProgress, void, void> {
  const { count } = variants;
  const stacks = explainedInput(subject).dims[0] === 1;
  const size = stacks ? Math.max(1, Math.min(subject.model.batchFor('forward'), count)) : 1;
  const filled: Variants = { count, write: (index, into) => variants.write(Math.min(index, count - 1), into) };
  for (let start = 0; start < count; start += size) {
    subject.signal.throwIfAborted();
    const used = Math.min(size, count - start);
    const scores = await subject.model.scores(feedsFor(subject, filled, start, start + size), target);
    onScores(start, scores.subarray(0, used));
    yield { done: start + used, total: count };
  }
  subject.signal.throwIfAborted();
}

/** The target as curves of confidence take it: a class's probability, anything else as it was explained. */
export function confidenceTarget({ target, isClass }: Subject): Target {
  return isClass ? { ...target, space: 'probability' } : target;
}

/** Places of one cell's channels in the input's data. */
export function elementsOf({ shape }: Pick<Subject, 'shape'>, cell: number): readonly number[] {
  if (!shape) return [cell];
  const cells = shape.width * shape.height;
  return Array.from({ length: shape.channels }, (_, channel) => (shape.layout === 'NCHW' ? channel * cells + cell : cell * shape.channels + channel));
}

/** Copies the cells `order[from … to)` of `source` into `into`. */
export function copyCells({ shape }: Pick<Subject, 'shape'>, order: ArrayLike<number>, from: number, to: number, source: Float32Array, into: Float32Array): void {
  const channels = shape?.channels ?? 1, cells = shape ? shape.width * shape.height : 0, planar = shape?.layout === 'NCHW';
  for (let k = from; k < to; k++) {
    const cell = order[k]!;
    for (let channel = 0; channel < channels; channel++) {
      const at = planar ? channel * cells + cell : cell * channels + channel;
      into[at] = source[at]!;
    }
  }
}

/** Lets other work of this process go on. */
export function pause(): Promise<void> {
  return new Promise((resolve) => { setImmediate(resolve); });
}

/** Whether a figure applies that only needs an input whose parts can be changed. */
export function appliesToChanges(subject: Subject): Applicability {
  const reason = changesInput(subject);
  return reason === undefined ? { applies: true } : { applies: false, reason };
}

/** Figures about changes of the input need an input of real numbers. */
export function changesInput(subject: Subject): string | undefined {
  const tensor = subject.feeds[subject.input];
  return tensor?.dtype === 'float32' && tensor.data.length > 1 ? undefined : 'This figure changes parts of the input, which takes an input of several real numbers.';
}
