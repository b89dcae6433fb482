/** The noise tunnel: a gradient method at many noisy copies of the input, put together element by element. */
import { toFloat32 } from '../tensor/convert';
import { range } from '../tensor/statistics';
import type { FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { deconvnet } from './deconvnet';
import { deepLift } from './deepLift';
import { DrawingPlan, drawingParameters, drawRandom } from './drawing';
import { guidedBackprop } from './guidedBackprop';
import { inputXGradient } from './inputXGradient';
import { integratedGradients } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { Moments, type Statistic } from './moments';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { gradientCheck } from './saliency';
import { explainedInput, gradientsAt } from './samples';

/** Methods that noise can be put under, besides the plain gradient. */
const bases: readonly Method[] = [inputXGradient, integratedGradients, guidedBackprop, deconvnet, deepLift];

export interface NoiseTunnelDescription {
  readonly id: string;
  readonly title: string;
  readonly question: string;
  readonly source: string;
  readonly statistic: Statistic;
}

/**
 * Presets: `pair` (PAIR-code/saliency: at most 25 draws, σ 0.15 of the input's range), `captum` (`NoiseTunnel(Saliency)`:
 * 5 draws, σ 1 in the input's units), `until-stable` (as many draws as it takes).
 */
export function noiseTunnel({ statistic, ...about }: NoiseTunnelDescription): Method {
  const method: Method = {
    ...about, group: 'where-it-looks', kinds: ['image', 'table', 'sound', 'tensor'], needs: 'gradient', hasLayer: false,
    parameters: [
      ...drawingParameters(25),
      { name: 'sigma', type: 'number', default: 0.15, minimum: 0, maximum: 1e6, about: "Standard deviation of the noise: a fraction of the input's range, or in the input's own units (see sigmaUnit)." },
      { name: 'sigmaUnit', type: 'choice', choices: ['range', 'input'], default: 'range', about: "What sigma counts in: the difference of the input's largest and smallest value, or the input's own units." },
      { name: 'over', type: 'choice', choices: ['gradient', ...bases.map(({ id }) => id)], default: 'gradient', about: 'What is taken at every noisy copy: the plain gradient, or another method with its default parameters.' },
    ],
    presets: {
      pair: { nSamples: 0, maxSamples: 25, sigma: 0.15, sigmaUnit: 'range' },
      captum: { nSamples: 5, sigma: 1, sigmaUnit: 'input' },
      'until-stable': { nSamples: 0, maxSamples: 1000, sigma: 0.15, sigmaUnit: 'range' },
    },
    reduction: () => (statistic === 'mean' ? 'sum' : 'maxAbs'),
    applies: gradientApplicability,
    explain: (context) => explain(method, statistic, context),
  };
  return method;
}

async function* explain(method: Method, statistic: Statistic, context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(method, context.parameters).parameters);
  const input = explainedInput(context), plan = new DrawingPlan(parameters);
  const noisy = noisyInputs(context, input, parameters), moments = new Moments(input.data.length, statistic);
  const over = parameters.text('over');
  let score = NaN, standardError: number | undefined, finished = false;
  const draws = over === 'gradient' ? gradientDraws(context, input, noisy, plan.most) : methodDraws(context, input, noisy, plan.most, bases.find(({ id }) => id === over)!);
  for await (const draw of draws) {
    if (draw.score !== undefined) score = draw.score;
    for (const values of draw.maps) {
      moments.add(values);
      standardError = moments.standardError();
      finished = plan.enough(moments.count, standardError);
      if (finished) break;
    }
    if (moments.count === 0) continue;
    yield { done: moments.count, total: plan.most, partial: moments.estimate(input.dims), ...(standardError !== undefined && { standardError }) };
    if (finished) break;
  }
  context.signal.throwIfAborted();
  const values = moments.estimate(input.dims), whole = gradientCheck(values.data, score, context.target);
  return { values, score, checks: [plan.check(moments.count, standardError), ...(whole.ok ? [] : [whole])], chosen: plan.chosen(moments.count) };
}

interface Draws {
  /** Maps of some draws, in order. */
  readonly maps: readonly Float32Array[];
  /** The target at the input itself, once it is known. */
  readonly score?: number;
}

/** Writes the noisy copy number `index`. */
type Noisy = (index: number, into: Float32Array) => void;

/** The plain gradient at every copy, in batches; the input itself goes first, for its score. */
async function* gradientDraws(context: MethodContext, input: FloatTensor, noisy: Noisy, count: number): AsyncGenerator<Draws, void, void> {
  const size = input.data.length;
  const write: Noisy = (index, into) => { if (index === 0) into.set(input.data); else noisy(index - 1, into); };
  for await (const batch of gradientsAt(context, { count: count + 1, write })) {
    const all = batch.gradients[context.input]!.data;
    const first = batch.start === 0 ? 1 : 0;
    yield {
      maps: Array.from({ length: batch.count - first }, (_, k) => all.subarray((first + k) * size, (first + k + 1) * size)),
      ...(first === 1 && { score: batch.scores[0]! }),
    };
  }
}

/** Another method at every copy, one after the other. */
async function* methodDraws(context: MethodContext, input: FloatTensor, noisy: Noisy, count: number, base: Method): AsyncGenerator<Draws, void, void> {
  yield { maps: [], score: (await context.model.scores(context.feeds, context.target))[0]! };
  const { parameters } = resolveParameters(base);
  for (let index = 0; index < count; index++) {
    context.signal.throwIfAborted();
    const data = new Float32Array(input.data.length);
    noisy(index, data);
    const run = base.explain({ ...context, parameters, feeds: { ...context.feeds, [context.input]: { ...input, data } } });
    let step = await run.next();
    while (!step.done) step = await run.next();
    yield { maps: step.value.values ? [step.value.values.data] : [] };
  }
}

/** Gaussian noise on the input, by the seed; or draws made elsewhere (`tensors.noise`, [n, …input dims]), for comparisons with a reference. */
function noisyInputs(context: MethodContext, input: FloatTensor, parameters: ParameterReader): Noisy {
  const size = input.data.length, given = context.tensors.noise;
  if (given) {
    const noise = toFloat32(given), draws = noise.length / size;
    if (!Number.isInteger(draws)) throw new ParameterError(`noise: found ${noise.length} values, expected a multiple of the input's ${size}`);
    return (index, into) => { for (let i = 0; i < size; i++) into[i] = input.data[i]! + noise[(index % draws) * size + i]!; };
  }
  const { minimum, maximum } = range(input.data);
  const sigma = parameters.number('sigma') * (parameters.text('sigmaUnit') === 'range' ? maximum - minimum : 1);
  return (index, into) => {
    const random = drawRandom(context.seed, index);
    for (let i = 0; i < size; i++) into[i] = input.data[i]! + sigma * random.normal();
  };
}
