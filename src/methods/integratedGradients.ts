/** Integrated Gradients: what each input element contributed to the change of the score between a baseline and the input. */
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { baselineParameters, resolveBaselines } from './baselines';
import type { Attribution, Method, MethodContext, ParameterSpec, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';
import { alongInput, fixedPath, type PathEstimate } from './pathIntegral';
import { quadrature, quadratureNames, type QuadratureName } from './quadrature';
import { refinedPath } from './refinedPath';
import { explainedInput } from './samples';

/** How the path is integrated … */
export const stepParameters: readonly ParameterSpec[] = [
  { name: 'nSteps', type: 'integer', default: 0, minimum: 0, maximum: 10_000, about: 'Gradients taken along the path; 0 adds steps until the attributions add up (see tolerance).' },
  { name: 'quadrature', type: 'choice', choices: quadratureNames, default: 'gausslegendre', about: 'The rule of integration, for a fixed number of steps.' },
];

/** … and when it is done well enough. */
export const refiningParameters: readonly ParameterSpec[] = [
  { name: 'tolerance', type: 'number', default: 0.01, minimum: 1e-6, maximum: 1, about: 'How far the sum of the attributions may miss the change of the score, as a fraction of it.' },
  { name: 'maxSteps', type: 'integer', default: 128, minimum: 12, maximum: 10_000, about: 'The most gradients taken when nSteps is 0.' },
];

/**
 * (x − x′) · ∫₀¹ ∂ target / ∂ input (x′ + α (x − x′)) dα, element by element, for a baseline x′.
 *
 * Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, 2017, arXiv 1703.01365. By completeness the
 * attributions add up to target(x) − target(x′); how far they miss is the result's self-check. With `nSteps` 0 steps
 * are added until that is below `tolerance` of the difference or `maxSteps` is reached; the preset `captum` is
 * captum's `IntegratedGradients.attribute(x, baselines=0, n_steps=50, method='gausslegendre')`.
 */
export const integratedGradients: Method = {
  id: 'integrated-gradients',
  title: 'Integrated Gradients',
  question: 'How much did each input element contribute to the score, counted from a baseline without content?',
  group: 'where-it-looks',
  source: 'Sundararajan et al. 2017, arXiv 1703.01365',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [
    ...stepParameters,
    ...baselineParameters,
    ...refiningParameters,
  ],
  presets: {
    adaptive: { nSteps: 0, baseline: 'black' },
    captum: { nSteps: 50, quadrature: 'gausslegendre', baseline: 'zeros' },
  },
  reduction: () => 'sum',
  applies: gradientApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(integratedGradients, context.parameters).parameters);
  const input = explainedInput(context);
  const baselines = resolveBaselines(context, parameters), gradients = alongInput(context);
  const nSteps = parameters.number('nSteps'), name = parameters.text('quadrature') as QuadratureName, tolerance = parameters.number('tolerance');
  if (nSteps === 1 && name !== 'gausslegendre') throw new ParameterError(`parameter 'nSteps': found 1, expected at least 2 for ${name}`);
  const rule = nSteps > 0 ? quadrature(name, nSteps) : undefined;

  // Attributions summed over the baselines already finished; each new baseline's estimate is added while it grows.
  const finished = new Float64Array(input.data.length);
  let scoreStart = 0, score = NaN, steps = 0;
  for (const [index, baseline] of baselines.entries()) {
    const path = rule ? fixedPath(gradients, baseline, input.data, rule) : refinedPath(gradients, baseline, input.data, { tolerance, maxSteps: parameters.number('maxSteps') });
    let estimate: PathEstimate;
    for (;;) {
      const next = await path.next();
      estimate = next.value;
      if (next.done) break;
      yield {
        done: steps + estimate.done,
        total: steps + estimate.total + (baselines.length - index - 1) * estimate.total,
        partial: attributions(input, finished, baseline, estimate, index + 1),
      };
    }
    addContribution(finished, input.data, baseline, estimate);
    scoreStart += estimate.scoreStart / baselines.length;
    score = estimate.scoreEnd;
    steps += estimate.done;
  }
  const values = divided(finished, baselines.length, input.dims);
  return {
    values, score,
    checks: [completenessCheck(finished.reduce((a, b) => a + b, 0) / baselines.length, scoreStart, score, tolerance)],
    chosen: rule ? {} : { nSteps: steps, quadrature: 'refined trapezoid' },
  };
}

function addContribution(sum: Float64Array, input: Float32Array, baseline: Float32Array, { gradient }: PathEstimate): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += (input[i]! - baseline[i]!) * gradient[i]!;
}

/** Mean over the finished baselines and the one whose estimate is growing. */
function attributions(input: FloatTensor, finished: Float64Array, baseline: Float32Array, { gradient }: PathEstimate, count: number): FloatTensor {
  const out = floatTensor(input.dims);
  for (let i = 0; i < finished.length; i++) out.data[i] = (finished[i]! + (input.data[i]! - baseline[i]!) * gradient[i]!) / count;
  return out;
}

/** Plain loops throughout: typed arrays' own `from` and `map` with a function take tens of milliseconds for a picture. */
function divided(sum: Float64Array, count: number, dims: readonly number[]): FloatTensor {
  const out = floatTensor(dims);
  for (let i = 0; i < sum.length; i++) out.data[i] = sum[i]! / count;
  return out;
}

/**
 * How far a sum of attributions misses the change of the score it should explain. `value` is the signed miss
 * (captum's convergence delta); it is `ok` up to `tolerance` of the change, else `remedy` says what to do.
 */
export function completenessCheck(sum: number, scoreStart: number, scoreEnd: number, tolerance: number, remedy = 'take more steps before trusting small differences'): SelfCheck {
  const difference = scoreEnd - scoreStart, value = sum - difference;
  const id = 'completenessDelta';
  if (!Number.isFinite(value)) return { id, value, ok: false, message: 'The attributions hold values that are no numbers: the model overflows somewhere between the baseline and this input.' };
  const figures = `The attributions add up to ${sum.toPrecision(4)}; the score changed by ${difference.toPrecision(4)} from the baseline to the input`;
  // A difference that is rounding noise beside the scores themselves cannot be explained, only reported.
  const noise = 1e-5 * Math.max(Math.abs(scoreStart), Math.abs(scoreEnd), 1e-6);
  if (Math.abs(difference) <= noise) return { id, value, ok: Math.abs(value) <= noise, message: `${figures}: the baseline scores as the input does, so there is nothing to explain; choose another baseline.` };
  const share = Math.abs(value / difference);
  const ok = share <= tolerance;
  const percent = `${(100 * share).toPrecision(2)} %`;
  return { id, value, ok, message: ok ? `${figures} (${percent} off).` : `${figures} (${percent} off, more than the ${100 * tolerance} % wanted): ${remedy}.` };
}
