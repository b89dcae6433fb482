/** Guided Integrated Gradients: the path moves first what matters least at the moment, and so avoids noise on the way. */
import { nthSmallest } from '../tensor/statistics';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { baselineParameters, resolveBaselines } from './baselines';
import { completenessCheck } from './integratedGradients';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';
import { explainedInput, gradientsAt } from './samples';

/**
 * From the baseline to the input in `nSteps` steps of equal length (L1). In each, the gradient is taken once, and the
 * `fraction` of the elements with the smallest gradients moves first; no element strays from the straight path by more
 * than `maxDist` of it. Attributions collect gradient · movement.
 *
 * Kapishnikov et al.: Guided Integrated Gradients, 2021, arXiv 2106.09788. Preset `pair`: PAIR-code/saliency's
 * `GuidedIG`. Each step depends on the one before, so nothing can be batched.
 */
export const guidedIg: Method = {
  id: 'guided-ig',
  title: 'Guided Integrated Gradients',
  question: 'How much did each input element contribute to the score, along a path that avoids noise?',
  group: 'where-it-looks',
  source: 'Kapishnikov et al. 2021, arXiv 2106.09788',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  parameters: [
    { name: 'nSteps', type: 'integer', default: 200, minimum: 1, maximum: 10_000, about: 'Steps of the path, one gradient each.' },
    { name: 'fraction', type: 'number', default: 0.25, minimum: 0, maximum: 1, about: 'The share of the elements that moves at a time, those with the smallest gradients.' },
    { name: 'maxDist', type: 'number', default: 0.02, minimum: 0, maximum: 1, about: 'How far an element may stray from the straight path, as a fraction of it.' },
    ...baselineParameters.filter(({ name }) => name !== 'nBaselines'),
  ],
  presets: { pair: { nSteps: 200, fraction: 0.25, maxDist: 0.02, baseline: 'zeros' } },
  reduction: () => 'sum',
  applies: gradientApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(guidedIg, context.parameters).parameters);
  const input = explainedInput(context), size = input.data.length, steps = parameters.number('nSteps');
  const [from] = resolveBaselines(context, new ParameterReader({ baseline: parameters.text('baseline'), blurSigma: parameters.number('blurSigma'), nBaselines: 1 }));
  const walk = new GuidedWalk(new Float64Array(from!), new Float64Array(input.data), { steps, fraction: parameters.number('fraction'), maxDist: parameters.number('maxDist') });
  const at = async (point: ArrayLike<number>): Promise<{ score: number; gradient: Float32Array }> => {
    for await (const batch of gradientsAt(context, { count: 1, write: (_, into) => into.set(point) })) return { score: batch.scores[0]!, gradient: batch.gradients[context.input]!.data };
    throw context.signal.reason;
  };
  let scoreStart = NaN;
  for (let step = 0; step < steps; step++) {
    const { score, gradient } = await at(walk.position);
    if (step === 0) scoreStart = score;
    walk.take(step, gradient);
    yield { done: step + 1, total: steps + 1, partial: toTensor(walk.attributions, input.dims) };
  }
  const { score } = await at(input.data);
  context.signal.throwIfAborted();
  const values = toTensor(walk.attributions, input.dims);
  let sum = 0;
  for (let i = 0; i < size; i++) sum += walk.attributions[i]!;
  return { values, score, checks: [completenessCheck(sum, scoreStart, score, 0.05)] };
}

/** Where the path is, and what was attributed on the way; all in double precision, as the path hangs on ties. */
class GuidedWalk {
  readonly position: Float64Array;
  readonly attributions: Float64Array;
  private readonly length: number;

  constructor(private readonly from: Float64Array, private readonly to: Float64Array, private readonly options: { readonly steps: number; readonly fraction: number; readonly maxDist: number }) {
    this.position = from.slice();
    this.attributions = new Float64Array(from.length);
    this.length = this.distance();
  }

  /** L1 distance to the input. */
  private distance(): number {
    let sum = 0;
    for (let i = 0; i < this.to.length; i++) sum += Math.abs(this.position[i]! - this.to[i]!);
    return sum;
  }

  /** Step number `step` with the gradient at the present position. */
  take(step: number, gradient: Float32Array): void {
    if (this.length === 0) return;
    const { from, to, position, attributions } = this, { steps, fraction, maxDist } = this.options, size = to.length;
    const alpha = (step + 1) / steps, least = Math.max(alpha - maxDist, 0), most = Math.min(alpha + maxDist, 1);
    const wanted = this.length * (1 - (step + 1) / steps);
    const strength = new Float64Array(size), before = new Float64Array(size);
    for (let i = 0; i < size; i++) strength[i] = Math.abs(gradient[i]!);
    const farthest = new Float64Array(size);
    for (let i = 0; i < size; i++) farthest[i] = from[i]! + (to[i]! - from[i]!) * most;
    const attribute = (): void => { for (let i = 0; i < size; i++) attributions[i]! += (position[i]! - before[i]!) * gradient[i]!; };
    for (let gamma = Infinity; gamma > 1;) {
      before.set(position);
      // Elements that fell behind the corridor are brought to its near end.
      for (let i = 0; i < size; i++) {
        const way = to[i]! - from[i]!;
        if (way !== 0 && (position[i]! - from[i]!) / way < least) position[i] = from[i]! + way * least;
      }
      const current = this.distance();
      if (isClose(wanted, current)) return attribute();
      // Those at its far end wait.
      for (let i = 0; i < size; i++) if (position[i] === farthest[i]) strength[i] = Infinity;
      const threshold = nthSmallest(strength, Math.floor(fraction * (size - 1)));
      let reach = 0;
      for (let i = 0; i < size; i++) if (strength[i]! <= threshold && strength[i] !== Infinity) reach += Math.abs(position[i]! - farthest[i]!);
      if (reach === 0 && threshold === Infinity) return attribute(); // all wait: rounding left a rest that nothing can cover
      gamma = reach > 0 ? (current - wanted) / reach : Infinity;
      for (let i = 0; i < size; i++) {
        if (!(strength[i]! <= threshold) || strength[i] === Infinity) continue;
        position[i] = gamma > 1 ? farthest[i]! : position[i]! + (farthest[i]! - position[i]!) * gamma;
      }
      attribute();
    }
  }
}

function isClose(a: number, b: number): boolean {
  return Math.abs(a - b) <= Math.max(1e-9 * Math.max(Math.abs(a), Math.abs(b)), 1e-9);
}

function toTensor(values: Float64Array, dims: readonly number[]): FloatTensor {
  return floatTensor(dims, new Float32Array(values));
}
