/** GradientSHAP (expected gradients): Integrated Gradients averaged over a background of examples, by drawing. */
import { toFloat32 } from '../tensor/convert';
import { range } from '../tensor/statistics';
import { elementCount, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { resolveBaselines } from './baselines';
import { DrawingPlan, drawingParameters, drawRandom } from './drawing';
import { completenessCheck } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { Moments } from './moments';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { explainedInput, feedsFor, gradientsAt } from './samples';

/**
 * E[(x − b) · ∂ target / ∂ input (b + α (x − b))] over background samples b and α uniform in 0…1: approximates SHAP
 * values under independent features, and adds up to target(x) − E target(b) the better the more draws.
 *
 * Lundberg, Lee: A Unified Approach to Interpreting Model Predictions, 2017, arXiv 1705.07874; Erion et al. 2019, arXiv
 * 1906.10670. Presets: `shap` (its GradientExplainer's 200 draws, fewer if stable sooner), `captum`
 * (`GradientShap(n_samples=5, stdevs=0)`).
 */
export const gradientShap: Method = {
  id: 'gradient-shap',
  title: 'GradientSHAP',
  question: 'How much did each input element contribute to the score, counted from what other inputs look like?',
  group: 'where-it-looks',
  source: 'Lundberg and Lee 2017, arXiv 1705.07874; Erion et al. 2019, arXiv 1906.10670',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [
    ...drawingParameters(200),
    {
      name: 'background', type: 'choice', choices: ['auto', 'black', 'zeros', 'mean', 'blur', 'uniform', 'file'], default: 'auto',
      about: "What other inputs look like: the rows of the table the input comes from (auto), otherwise random noise in the input's range; a black picture, zeros, the mean, the blurred picture, or samples from a file.",
    },
    { name: 'backgroundFile', type: 'file', samples: 'many', default: '', about: 'The file that holds the background (an .npy of many samples, a table, a picture), for background = file.' },
    { name: 'stdevs', type: 'number', default: 0, minimum: 0, maximum: 1e6, about: "Standard deviation of noise that is added to the input in every draw, in the input's own units." },
  ],
  presets: {
    shap: { nSamples: 0, maxSamples: 200, stdevs: 0 },
    captum: { nSamples: 5, stdevs: 0 },
  },
  reduction: () => 'sum',
  applies: gradientApplicability,
  explain,
};

/** Draws of noise that stand for a background nobody gave. */
const noiseSamples = 16;

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(gradientShap, context.parameters).parameters);
  const input = explainedInput(context), size = input.data.length, plan = new DrawingPlan(parameters);
  const { samples: background, chosen } = backgroundOf(context, parameters);
  const draw = drawer(context, input, background, parameters.number('stdevs'));
  const moments = new Moments(size, 'mean');
  const uses = new Map<number, number>(), contribution = new Float32Array(size);
  // The sum over all elements swings more than they do by themselves, and completeness hangs on it.
  const sums = new Moments(1, 'mean');
  let score = NaN, standardError: number | undefined, finished = false;
  const write = (index: number, into: Float32Array): void => {
    if (index === 0) return into.set(input.data);
    const { baseline, alpha, noisy } = draw(index - 1);
    for (let i = 0; i < size; i++) into[i] = alpha * noisy[i]! + (1 - alpha) * background[baseline]![i]!;
  };
  for await (const batch of gradientsAt(context, { count: plan.most + 1, write })) {
    const gradients = batch.gradients[context.input]!.data;
    for (let k = 0; k < batch.count && !finished; k++) {
      const index = batch.start + k;
      if (index === 0) { score = batch.scores[0]!; continue; }
      const { baseline, noisy } = draw(index - 1), from = background[baseline]!;
      for (let i = 0; i < size; i++) contribution[i] = gradients[k * size + i]! * (noisy[i]! - from[i]!);
      moments.add(contribution);
      sums.add(Float32Array.of(contribution.reduce((a, b) => a + b, 0)));
      uses.set(baseline, (uses.get(baseline) ?? 0) + 1);
      standardError = moments.standardError();
      finished = plan.enough(moments.count, standardError === undefined ? undefined : Math.max(standardError, sums.standardError()!));
    }
    if (moments.count === 0) continue;
    yield { done: moments.count, total: plan.most, partial: moments.estimate(input.dims), ...(standardError !== undefined && { standardError }) };
    if (finished) break;
  }
  context.signal.throwIfAborted();
  const values = moments.estimate(input.dims);
  const start = await meanScore(context, background, uses, moments.count);
  // The sum of random draws is as exact as its standard error allows: 5 % is what 200 draws usually reach.
  const completeness = completenessCheck(values.data.reduce((a, b) => a + b, 0), start, score, 0.05);
  return { values, score, checks: [completeness, plan.check(moments.count, standardError)], chosen: { ...chosen, ...plan.chosen(moments.count) } };
}

interface Draw {
  readonly baseline: number;
  readonly alpha: number;
  /** The input of this draw, with its noise. */
  readonly noisy: Float32Array;
}

/** Draw number `index`, always the same; or draws made elsewhere (`tensors.alphas`, `tensors.baselineIndex`). */
function drawer(context: MethodContext, input: FloatTensor, background: readonly Float32Array[], stdevs: number): (index: number) => Draw {
  const { alphas, baselineIndex } = context.tensors;
  if (alphas && baselineIndex) {
    const given = toFloat32(alphas), rows = toFloat32(baselineIndex);
    return (index) => ({ baseline: rows[index % rows.length]!, alpha: given[index % given.length]!, noisy: input.data });
  }
  return (index) => {
    const random = drawRandom(context.seed, index), baseline = random.integer(background.length), alpha = random.uniform();
    return { baseline, alpha, noisy: stdevs > 0 ? input.data.map((value) => value + stdevs * random.normal()) : input.data };
  };
}

/** The background's samples, each with as many elements as the input's. Throws ParameterError if there is none or it does not fit. */
function backgroundOf(context: MethodContext, parameters: ParameterReader): { samples: Float32Array[]; chosen: { background?: string } } {
  const input = explainedInput(context), choice = parameters.text('background');
  const given = choice === 'file' ? context.tensors.backgroundFile : choice === 'auto' ? context.tensors.backgroundFile ?? context.tensors.background : undefined;
  if (given) {
    const size = input.data.length, data = toFloat32(given), count = data.length / size;
    const sameRow = elementCount(given.dims.slice(1)) === size || elementCount(given.dims) === size;
    if (!Number.isInteger(count) || count < 1 || !sameRow) throw new ParameterError(`background: found samples of dims [${given.dims.join(', ')}], expected [N, ${input.dims.slice(1).join(', ')}]`);
    return { samples: Array.from({ length: count }, (_, k) => data.slice(k * size, (k + 1) * size)), chosen: choice === 'auto' ? { background: context.tensors.backgroundFile ? 'file' : 'table' } : {} };
  }
  if (choice === 'file') throw new ParameterError("parameter 'backgroundFile': background = file needs the path of a file, found none");
  const { minimum, maximum } = range(input.data);
  const name = choice !== 'auto' ? choice : minimum < maximum ? 'uniform' : 'zeros';
  const reader = new ParameterReader({ baseline: name, blurSigma: 0, nBaselines: noiseSamples });
  return { samples: resolveBaselines(context, reader), chosen: choice === 'auto' ? { background: name } : {} };
}

/** Mean score of the background samples that were drawn, each counted as often as it was. */
async function meanScore(context: MethodContext, background: readonly Float32Array[], uses: ReadonlyMap<number, number>, draws: number): Promise<number> {
  const used = [...uses.keys()], size = Math.max(1, Math.min(used.length, context.model.batchFor('forward')));
  let total = 0;
  for (let start = 0; start < used.length; start += size) {
    context.signal.throwIfAborted();
    const batch = used.slice(start, start + size);
    const variants = { count: batch.length, write: (index: number, into: Float32Array) => into.set(background[batch[index]!]!) };
    const scores = await context.model.scores(feedsFor(context, variants, 0, batch.length), context.target);
    batch.forEach((sample, k) => { total += scores[k]! * uses.get(sample)!; });
  }
  return total / draws;
}

