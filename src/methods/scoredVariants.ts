/**
 * The target's score of many variants of one sample. One buffer serves all batches: a variant writes only what differs
 * from the sample, and takes it back before the next one is written in its place, so that making variants costs next
 * to nothing beside running them.
 */
import type { NumericData } from '../tensor/convert';
import type { Tensor } from '../tensor/tensor';
import { explainedTensor } from './features/features';
import type { MethodContext } from './method';
import { forwardBatch, repeatSample } from './samples';

export interface EditedVariants {
  readonly count: number;
  /**
   * Edits the sample. `into` holds it as it is; without `undo`, what the last `write` to the same `into` left there
   * (each place of the batch is one and the same view for all batches).
   */
  write(index: number, into: NumericData): void;
  /** Takes back what `write` did; absent where `write` sets every element. */
  undo?(index: number, into: NumericData): void;
}

export interface ScoredBatch {
  /** The batch's first variant; the scores are of it and those after it. */
  readonly start: number;
  readonly scores: Float32Array;
}

/**
 * Scores of all variants in order, batch by batch. All batches have one size, because each size is a session of its
 * own: the last one runs with what its other places held before, and drops their scores. Throws the signal's reason
 * between batches once the explanation is cancelled.
 */
export async function* scoresAt(context: Pick<MethodContext, 'model' | 'feeds' | 'input' | 'target' | 'signal'>, variants: EditedVariants): AsyncGenerator<ScoredBatch, void, void> {
  const { model, target, signal, input } = context, sample = explainedTensor(context), original = sample.data as NumericData, size = original.length;
  const places = Math.max(1, Math.min(forwardBatch(context), variants.count));
  const data = new (original.constructor as new (length: number) => NumericData)(size * places), held = new Int32Array(places).fill(-1);
  for (let place = 0; place < places; place++) (data as Float32Array).set(original as Float32Array, place * size);
  const stacked: Tensor = { dtype: sample.dtype, dims: places === 1 ? sample.dims : [places, ...sample.dims.slice(1)], data };
  const feeds = Object.fromEntries(Object.entries(context.feeds).map(([name, tensor]) => [name, name === input ? stacked : repeatSample(tensor, places)]));
  const parts = Array.from({ length: places }, (_, place) => data.subarray(place * size, (place + 1) * size));
  for (let start = 0; start < variants.count; start += places) {
    signal.throwIfAborted();
    const count = Math.min(places, variants.count - start);
    for (let place = 0; place < count; place++) {
      if (held[place]! >= 0) variants.undo?.(held[place]!, parts[place]!);
      variants.write(start + place, parts[place]!);
      held[place] = start + place;
    }
    yield { start, scores: (await model.scores(feeds, target)).slice(0, count) };
  }
  signal.throwIfAborted();
}
