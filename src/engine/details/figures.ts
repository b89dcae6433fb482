/** Statistics and histogram of a stored tensor, in two passes over its pieces. */
import { Describer } from '../../tensor/describe';
import { HistogramCounter, histogramEdges, type Histogram } from '../../tensor/histogram';
import type { TensorDetails } from '../../protocol/details';
import { eachPiece, isReal, realNumbers, type Content } from './content';

export interface Figures {
  readonly statistics: TensorDetails['statistics'];
  readonly histogram: Histogram | null;
}

/** @param progress gets the elements done of twice their number. */
export async function figuresOf(content: Content, bins: number, signal: AbortSignal, progress: (done: number, total: number) => void): Promise<Figures> {
  const { count, dtype } = content;
  if (!isReal(dtype) || count === 0) return { statistics: null, histogram: null };
  const describer = new Describer();
  let only: Float32Array | Float64Array | undefined;
  await eachPiece(content, (piece) => {
    const values = realNumbers(piece);
    describer.add(values);
    only = values.length === count ? values : undefined;
  }, signal, (done) => progress(done, 2 * count));
  const found = describer.result();
  const statistics = {
    min: found.min, max: found.max, mean: found.mean, std: found.std, sparsity: found.zeros / count,
    l1: found.l1, l2: found.l2, nans: found.nans, infinities: found.infinities,
  };
  if (found.finite === 0) return { statistics, histogram: null };
  const counter = new HistogramCounter(histogramEdges(found.min, found.max, bins, /^u?int|^bool/.test(dtype)));
  if (only) counter.add(only);
  else await eachPiece(content, (piece) => counter.add(realNumbers(piece)), signal, (done) => progress(count + done, 2 * count));
  progress(2 * count, 2 * count);
  return { statistics, histogram: counter.result() };
}
