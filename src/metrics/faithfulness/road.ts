/** ROAD: remove and debias. */
import { plane, setPlane } from '../../methods/picture';
import { Random } from '../../tensor/random';
import { range } from '../../tensor/statistics';
import type { Candidate, Measured, Metric, MetricProgress, Subject } from '../metric';
import { byFallingValue } from '../ranking';
import { changesInput, confidenceTarget, scoresAt } from '../variants';
import { inputData } from './curves';
import { impute } from './imputation';

/** Shares of the picture that are removed, as pytorch-grad-cam's ROADCombined takes them. */
const shares = [0.2, 0.4, 0.6, 0.8];
/** Standard deviation of the noise on imputed pixels, as a share of the input's range. */
const noise = 0.01;

/**
 * Half the difference of the class's probability with the least and with the most important pixels removed, averaged
 * over four shares: (f(LeRF) − f(MoRF)) / 2. Removed pixels are imputed from what is left, so that the shape of the hole
 * tells nothing.
 */
export const road: Metric = {
  id: 'road',
  title: 'ROAD (remove and debias)',
  about: 'How much more probable the class stays without the cells the map ranks lowest than without those it ranks highest; holes are filled in from around them.',
  property: 'faithfulness',
  better: 'higher',
  source: 'Rong et al. 2022, arXiv 2202.00449',
  slow: false,
  beside: { random: 2, edges: true },
  applies: (subject) => {
    const reason = subject.shape ? changesInput(subject) : 'Removed cells are filled in from their neighbours, which takes a picture.';
    return reason === undefined ? { applies: true } : { applies: false, reason };
  },
  compute,
};

async function* compute(subject: Subject, { cells }: Candidate): AsyncGenerator<MetricProgress, Measured, void> {
  const falling = byFallingValue(cells, subject.seed), rising = falling.slice().reverse();
  const variants: Float32Array[] = [];
  for (const order of [falling, rising]) {
    for (const share of shares) {
      variants.push(await withoutCells(subject, order.subarray(0, Math.round(share * subject.cells))));
      yield { done: variants.length, total: 3 * shares.length };
    }
  }
  const scores = new Float64Array(variants.length);
  for await (const { done } of scoresAt(subject, { count: variants.length, write: (index, into) => into.set(variants[index]!) }, confidenceTarget(subject), (start, some) => scores.set(some, start))) {
    yield { done: 2 * shares.length + done / 2, total: 3 * shares.length };
  }
  const mean = (from: number): number => shares.reduce((total, _, k) => total + scores[from + k]!, 0) / shares.length;
  const most = mean(0), least = mean(shares.length);
  return { value: (least - most) / 2, curve: { x: shares, y: [...scores.subarray(0, shares.length)] }, details: { mostRelevantFirst: most, leastRelevantFirst: least } };
}

/** The picture with some of its cells imputed. */
async function withoutCells(subject: Subject, removed: Uint32Array): Promise<Float32Array> {
  const input = inputData(subject), shape = subject.shape!, { minimum, maximum } = range(input);
  const missing = new Uint8Array(subject.cells);
  for (const cell of removed) missing[cell] = 1;
  const planes = Array.from({ length: shape.channels }, (_, channel) => plane(input, shape, channel));
  await impute(planes, shape.width, shape.height, missing, noise * (maximum - minimum), new Random(subject.seed * 31 + removed.length), subject.signal);
  const out = new Float32Array(input.length);
  planes.forEach((values, channel) => setPlane(out, shape, channel, values));
  return out;
}
