/** XRAI: Integrated Gradients summed up over regions, and the regions ranked. */
import { range } from '../tensor/statistics';
import { gradientApplicability } from './applicability';
import { completenessCheck } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { alongInput, fixedPath, type PathEstimate } from './pathIntegral';
import { overChannels, pictureShape, plane, type PictureShape } from './picture';
import type { Quadrature } from './quadrature';
import { regionsOf } from './regions';
import { explainedInput } from './samples';

/** Regions that would add fewer pixels than this are passed over. */
const leastNewPixels = 50;

/**
 * Integrated Gradients from two baselines (all elements at the input's smallest, and at its largest value), the largest
 * among the channels; overlapping regions from Felzenszwalb's segmentation at several scales; then again and again the
 * region whose still unmarked pixels have the largest mean attribution is marked with that mean. What no region reaches
 * gets its own mean.
 *
 * Kapishnikov et al.: XRAI: Better Attributions Through Regions, 2019, arXiv 1906.02825. Preset `pair`:
 * PAIR-code/saliency's `XRAI`.
 */
export const xrai: Method = {
  id: 'xrai',
  title: 'XRAI',
  question: 'Which regions of the picture contributed most to the score?',
  group: 'where-it-looks',
  source: 'Kapishnikov et al. 2019, arXiv 1906.02825',
  kinds: ['image', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  onePlane: true,
  parameters: [
    { name: 'nSteps', type: 'integer', default: 100, minimum: 2, maximum: 10_000, about: 'Gradients taken from each of the two baselines.' },
    { name: 'scales', type: 'text', default: '50,100,150,250,500,1200', about: 'Scales of the segmentation: larger ones make larger regions.' },
    { name: 'sigma', type: 'number', default: 0.8, minimum: 0, maximum: 20, about: 'By how many pixels the picture is smoothed before it is segmented.' },
    { name: 'minSize', type: 'integer', default: 150, minimum: 1, maximum: 50_000, about: 'The smallest region, in pixels of a picture of 224 × 224.' },
    { name: 'dilation', type: 'integer', default: 5, minimum: 0, maximum: 50, about: 'By how many pixels regions are grown, so that they hold their own edges.' },
  ],
  presets: { pair: { nSteps: 100, scales: '50,100,150,250,500,1200', sigma: 0.8, minSize: 150, dilation: 5 } },
  reduction: () => 'sum',
  applies: async (context) => {
    const port = context.model.inputs.find(({ name }) => name === context.input);
    if (port && port.dims.length !== 4) return { applies: false, reason: `Regions are parts of a picture; input '${context.input}' has ${port.dims.length} dims, not 4.` };
    return gradientApplicability(context);
  },
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(xrai, context.parameters).parameters);
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, 'XRAI');
  const planes = Array.from({ length: shape.channels }, (_, channel) => plane(input.data, shape, channel));
  const regions = regionsOf(planes, shape.width, shape.height, {
    scales: scalesOf(parameters.text('scales')), sigma: parameters.number('sigma'), minSize: parameters.number('minSize'), dilation: parameters.number('dilation'),
  });
  const rule = evenly(parameters.number('nSteps')), { minimum, maximum } = range(input.data);
  const sum = new Float64Array(input.data.length);
  let scoreStart = 0, score = NaN, done = 0;
  for (const [index, level] of [minimum, maximum].entries()) {
    const baseline = new Float32Array(input.data.length).fill(level);
    const path = fixedPath(alongInput(context), baseline, input.data, rule);
    let estimate: PathEstimate;
    for (;;) {
      const next = await path.next();
      estimate = next.value;
      if (next.done) break;
      yield { done: done + estimate.done, total: done + (2 - index) * estimate.total };
    }
    for (let i = 0; i < sum.length; i++) sum[i]! += (estimate.gradient[i]! * (input.data[i]! - level)) / 2;
    scoreStart += estimate.scoreStart / 2;
    score = estimate.scoreEnd;
    done += estimate.done;
    const map = ranked(largestOverChannels(sum, shape), regions).map;
    yield { done, total: done + (1 - index) * estimate.total, partial: overChannels(map, input.dims, shape) };
  }
  const { map, marked } = ranked(largestOverChannels(sum, shape), regions);
  const total = sum.reduce((a, b) => a + b, 0);
  return { values: overChannels(map, input.dims, shape), score, checks: [completenessCheck(total, scoreStart, score, 0.05), regionCheck(regions.length, marked)] };
}

function scalesOf(text: string): number[] {
  const scales = text.split(',').map(Number);
  if (!scales.every((scale) => scale > 0 && Number.isFinite(scale)) || scales.length > 32) throw new ParameterError(`parameter 'scales': found '${text.slice(0, 60)}', expected up to 32 positive numbers separated by commas`);
  return scales;
}

/** n points from one end to the other, each counting as much: PAIR's sum. */
function evenly(n: number): Quadrature {
  return { alphas: Float64Array.from({ length: n }, (_, k) => k / (n - 1)), weights: new Float64Array(n).fill(1 / n) };
}

function largestOverChannels(values: Float64Array, { layout, channels, width, height }: PictureShape): Float64Array {
  const cells = width * height, out = new Float64Array(cells).fill(-Infinity);
  for (let i = 0; i < values.length; i++) {
    const cell = layout === 'NCHW' ? i % cells : Math.floor(i / channels);
    if (values[i]! > out[cell]!) out[cell] = values[i]!;
  }
  return out;
}

/**
 * The greedy ranking: every pixel gets the mean of what was still unmarked of its region when that was the best one.
 * Sums are kept up to date pixel by pixel, so the work is the regions' total size.
 */
function ranked(attributions: Float64Array, regions: readonly Int32Array[]): { map: Float32Array; marked: number } {
  const holders: number[][] = Array.from({ length: attributions.length }, () => []);
  const sums = new Float64Array(regions.length), counts = new Int32Array(regions.length);
  regions.forEach((pixels, region) => {
    for (const pixel of pixels) {
      holders[pixel]!.push(region);
      sums[region]! += attributions[pixel]!;
    }
    counts[region] = pixels.length;
  });
  const map = new Float32Array(attributions.length), covered = new Uint8Array(attributions.length), open = new Set(regions.keys());
  let marked = 0;
  for (;;) {
    let best = -1, most = -Infinity;
    for (const region of open) {
      if (counts[region]! < leastNewPixels) open.delete(region);
      else if (sums[region]! / counts[region]! > most) { most = sums[region]! / counts[region]!; best = region; }
    }
    if (best < 0) break;
    open.delete(best);
    marked++;
    for (const pixel of regions[best]!) {
      if (covered[pixel]) continue;
      covered[pixel] = 1;
      map[pixel] = most;
      for (const region of holders[pixel]!) {
        counts[region]!--;
        sums[region]! -= attributions[pixel]!;
      }
    }
  }
  let rest = 0, left = 0;
  covered.forEach((is, pixel) => { if (!is) { rest += attributions[pixel]!; left++; } });
  if (left > 0) covered.forEach((is, pixel) => { if (!is) map[pixel] = rest / left; });
  return { map, marked };
}

function regionCheck(found: number, marked: number): SelfCheck {
  const ok = marked > 1;
  return { id: 'regions', value: marked, ok, message: ok ? `${marked} of ${found} overlapping regions were ranked.` : `Only ${marked} of ${found} regions could be ranked: the picture is too small or too plain to be divided.` };
}
