/** RISE: random masks over the picture; a pixel counts by the score that masks which show it keep. */
import { toFloat32, type NumericData } from '../tensor/convert';
import { range } from '../tensor/statistics';
import type { FloatTensor } from '../tensor/tensor';
import { DrawingPlan, drawingParameters } from './drawing';
import { explainedTensor } from './features/features';
import type { Applicability, Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { overChannels, pictureShape, type PictureShape } from './picture';
import { drawnMasks, RiseMasks, type MaskDraws } from './riseMasks';
import { scoresAt } from './scoredVariants';

/** Draws whose mean score the others are compared with. */
const pilot = 32;
/** Differences smaller than this, beside the values, are rounding. */
const rounding = 1e-6;
/** The estimate is drawn anew when this share of it is new. */
const drawEvery = 1 / 8;

/**
 * E[f(x · m) · m] / p for every pixel: the expected score, given that the pixel is shown. Masks m are grids of
 * `cells`² with each cell shown with probability p, stretched and shifted at random; what they hide becomes 0 in the
 * model's own range.
 *
 * With `centred`, that less the mean score E f(x · m), so that 0 means "shown or not, all the same" whatever the score's
 * own zero is; and it is estimated as c + E[(f(x · m) − c) · m] / p − E f, where c is the mean score of the first draws:
 * as E m = p the expectation is the same, but the noise of how often a pixel happened to be shown is not multiplied by
 * the whole score.
 *
 * Petsiuk, Das, Saenko: RISE, 2018, arXiv 1806.07421. Presets: `saliency` (the authors' Saliency notebook: 6000 masks
 * of 8 × 8 cells, p 0.1), `easy-start` (theirs too: 2000 masks, p 0.5); both end earlier once the map stands still.
 */
export const rise: Method = {
  id: 'rise',
  title: 'RISE',
  question: 'Which places keep the score up when much of the rest is hidden at random?',
  group: 'what-if-it-changes',
  source: 'Petsiuk et al. 2018, arXiv 1806.07421',
  kinds: ['image', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    ...drawingParameters(6000),
    { name: 'cells', type: 'integer', default: 8, minimum: 1, maximum: 256, about: 'Cells along each side of a mask: more of them show finer things, and need more masks.' },
    { name: 'p', type: 'number', default: 0.1, minimum: 0.001, maximum: 1, about: 'The probability that a cell is shown.' },
    { name: 'centred', type: 'boolean', default: true, about: "Scores are counted from their mean, which gives the map a zero and takes noise away; off: the authors' formula to the letter." },
  ],
  presets: {
    saliency: { maxSamples: 6000, cells: 8, p: 0.1, tolerance: 0.05 },
    'easy-start': { maxSamples: 2000, cells: 8, p: 0.5, tolerance: 0.05 },
  },
  reduction: () => 'sum',
  applies: pictureApplicability,
  explain,
};

/** Methods that lay masks over a picture. */
async function pictureApplicability({ model, input, kind }: Pick<MethodContext, 'model' | 'input' | 'kind'>): Promise<Applicability> {
  const port = model.inputs.find(({ name }) => name === input);
  if (kind !== 'image' && kind !== 'tensor') return { applies: false, reason: `Its masks are laid over pictures; input '${input}' is a ${kind}.` };
  if (port && port.dims.length !== 4) return { applies: false, reason: `Its masks are laid over pictures; input '${input}' has ${port.dims.length} dims, not 4.` };
  return { applies: true };
}

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(rise, context.parameters).parameters);
  const input = explainedTensor(context), shape = pictureShape(input.dims, context.layout, 'RISE'), plan = new DrawingPlan(parameters);
  const cells = parameters.number('cells'), p = parameters.number('p'), masks = new RiseMasks(cells, shape.height, shape.width);
  const draws = recordedMasks(context, cells) ?? drawnMasks(context.seed, cells, p, masks.cellHeight, masks.cellWidth);
  const pixels = shape.height * shape.width, kept = new KeptMasks(Math.max(pilot, context.model.batchFor('forward')), pixels);
  const values = toFloat32(input), centred = parameters.boolean('centred'), estimate = new ShownMean(pixels, p, centred);
  const [score] = await context.model.scores(context.feeds, context.target);
  const variants = {
    count: plan.most,
    write: (index: number, into: NumericData) => {
      const mask = kept.at(index);
      masks.write(draws, index, mask);
      shade(values, mask, shape, into as Float32Array);
    },
  };
  const waiting: number[] = [], paint = (map: Float32Array): FloatTensor => overChannels(map, input.dims, shape);
  let done = 0, drawn = 0, standardError: number | undefined;
  for await (const batch of scoresAt(context, variants)) {
    waiting.push(...batch.scores);
    // The first draws wait until there are enough of them to say what a usual score is.
    if (done === 0 && waiting.length < Math.min(pilot, plan.most)) {
      yield { done: waiting.length, total: plan.most };
      continue;
    }
    if (done === 0 && centred) estimate.reference = waiting.slice(0, pilot).reduce((sum, value) => sum + value, 0) / Math.min(pilot, waiting.length);
    for (const value of waiting.splice(0)) estimate.add(value, kept.at(done++));
    if (done - drawn < Math.max(1, drawn * drawEvery) && done < plan.most) {
      yield { done, total: plan.most, ...(standardError !== undefined && { standardError }) };
      continue;
    }
    drawn = done;
    const map = estimate.map();
    standardError = estimate.standardError(map);
    yield { done, total: plan.most, partial: paint(map), ...(standardError !== undefined && { standardError }) };
    if (plan.enough(done, standardError)) break;
  }
  context.signal.throwIfAborted();
  const map = estimate.map();
  standardError = estimate.standardError(map);
  const { minimum, maximum } = range(map), flat = !(maximum - minimum > rounding * estimate.scale);
  return { values: paint(map), standardErrors: paint(estimate.standardErrors()), score: score!, checks: [check(plan, done, standardError, flat)], chosen: plan.chosen(done) };
}

/** The sampling error beside the difference between the map's highest and lowest place. */
function check(plan: DrawingPlan, count: number, standardError: number | undefined, flat: boolean): SelfCheck {
  const id = 'standardError', value = standardError ?? NaN, ok = value <= plan.tolerance;
  if (standardError === undefined) return { id, value, ok, message: 'One mask tells nothing; take more (nSamples).' };
  if (flat) return { id, value, ok: false, message: `After ${count} masks every place has the same value: masked pictures all score alike, so the map says nothing.` };
  const figures = `After ${count} masks the standard error is ${(100 * standardError).toPrecision(2)} % of the difference between the map's highest and lowest place`;
  return { id, value, ok, message: ok ? `${figures}.` : `${figures}, more than the ${100 * plan.tolerance} % wanted: differences of that size mean nothing; more masks (nSamples, maxSamples), or a larger p, settle them.` };
}

/** Masks made elsewhere (`tensors.grid` [n, cells, cells] and `tensors.offsets` [n, 2]), for comparisons with a reference. */
function recordedMasks({ tensors }: MethodContext, cells: number): MaskDraws | undefined {
  if (!tensors.grid || !tensors.offsets) return undefined;
  const grid = toFloat32(tensors.grid), offsets = toFloat32(tensors.offsets), each = cells * cells, count = grid.length / each;
  if (!Number.isInteger(count) || offsets.length !== 2 * count) throw new ParameterError(`grid: found ${grid.length} cells and ${offsets.length / 2} offsets, expected ${each} cells an offset`);
  return { cells: (index) => grid.subarray((index % count) * each, (index % count + 1) * each), offset: (index) => [offsets[2 * (index % count)]!, offsets[2 * (index % count) + 1]!] };
}

/** The input times the mask, in every channel. */
function shade(values: Float32Array, mask: Float32Array, { layout, channels }: PictureShape, into: Float32Array): void {
  const cells = mask.length;
  if (layout === 'NHWC') {
    for (let cell = 0, at = 0; cell < cells; cell++) for (let channel = 0; channel < channels; channel++, at++) into[at] = values[at]! * mask[cell]!;
    return;
  }
  for (let channel = 0, at = 0; channel < channels; channel++) for (let cell = 0; cell < cells; cell++, at++) into[at] = values[at]! * mask[cell]!;
}

/** The last masks, by number: each is needed again once its score is known. */
class KeptMasks {
  private readonly planes: Float32Array[];
  /** @param most masks whose scores may be open: up to a batch beyond the pilot. */
  constructor(most: number, pixels: number) { this.planes = Array.from({ length: 2 * most }, () => new Float32Array(pixels)); }
  at(index: number): Float32Array { return this.planes[index % this.planes.length]!; }
}

/** The estimate of E[f m] / p, or of that less E f, and its sampling error, pixel by pixel. */
class ShownMean {
  /** The score others are compared with; set before the first draw. */
  reference = 0;
  private count = 0;
  private total = 0;
  private readonly sums: Float64Array;
  private readonly squares: Float64Array;

  /** @param fromMean whether the mean score is taken off. */
  constructor(pixels: number, private readonly p: number, private readonly fromMean: boolean) {
    this.sums = new Float64Array(pixels);
    this.squares = new Float64Array(pixels);
  }

  add(score: number, mask: Float32Array): void {
    const { sums, squares } = this, rest = score - this.reference;
    this.count++;
    this.total += rest;
    for (let i = 0; i < mask.length; i++) {
      const shown = mask[i]!;
      if (shown === 0) continue; // most of a mask, where p is small
      const term = rest * shown;
      sums[i]! += term;
      squares[i]! += term * term;
    }
  }

  /** The size of usual scores. */
  get scale(): number {
    return Math.abs(this.reference + this.total / Math.max(1, this.count));
  }

  map(): Float32Array {
    const base = this.fromMean ? -this.total / this.count : this.reference;
    const out = new Float32Array(this.sums.length), scale = 1 / (this.count * this.p);
    for (let i = 0; i < out.length; i++) out[i] = base + this.sums[i]! * scale;
    return out;
  }

  standardErrors(): Float32Array {
    const { count, p, sums, squares } = this, out = new Float32Array(sums.length), scale = 1 / (p * Math.sqrt(Math.max(1, count - 1)));
    for (let i = 0; i < out.length; i++) {
      const mean = sums[i]! / count;
      out[i] = Math.sqrt(Math.max(0, squares[i]! / count - mean * mean)) * scale;
    }
    return out;
  }

  /** The root mean square over the pixels, relative to the map's range; undefined for fewer than two draws. */
  standardError(map: Float32Array): number | undefined {
    if (this.count < 2) return undefined;
    const errors = this.standardErrors(), { minimum, maximum } = range(map);
    let square = 0;
    for (const error of errors) square += error * error / errors.length;
    const error = Math.sqrt(square);
    return error <= rounding * this.scale ? 0 : error / (maximum - minimum);
  }
}
