/** Methods that watch a layer along the straight path from a baseline to the input: parameters and the walk itself. */
import type { FloatTensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import { baselineParameters, resolveBaselines } from './baselines';
import { layerApplicability } from './layerAttribution';
import type { Applicability, Method, MethodContext, Parameters, ParameterSpec } from './method';
import { along } from './pathIntegral';
import { ParameterError, ParameterReader } from './parameters';
import { quadrature, quadratureNames, spreadOrder, type Quadrature, type QuadratureName } from './quadrature';
import { explainedInput, type Variants } from './samples';

export const pathParameters: readonly ParameterSpec[] = [
  { name: 'nSteps', type: 'integer', default: 50, minimum: 1, maximum: 10_000, about: 'Gradients taken along the path.' },
  { name: 'quadrature', type: 'choice', choices: quadratureNames, default: 'gausslegendre', about: 'The rule of integration.' },
  ...baselineParameters.filter(({ name }) => name !== 'nBaselines'),
];

export const pathPresets: Readonly<Record<string, Parameters>> = { captum: { nSteps: 50, quadrature: 'gausslegendre', baseline: 'zeros' } };

/** The path needs inputs of real numbers with a gradient, and a layer on the way. */
export async function pathApplicability(context: Pick<MethodContext, 'model' | 'target' | 'input' | 'kind'>): Promise<Applicability> {
  const gradient = await gradientApplicability(context);
  return gradient.applies ? layerApplicability(context, true) : gradient;
}

/** A method that walks this path and gives every element of a layer a number. */
export function layerPathMethod(words: Pick<Method, 'id' | 'title' | 'question' | 'source'>, explain: Method['explain']): Method {
  return {
    ...words, group: 'inside-the-network', kinds: ['image', 'table', 'sound', 'tensor'], needs: 'gradient', hasLayer: true, layers: 'any',
    parameters: pathParameters, presets: pathPresets, reduction: () => 'sum', applies: pathApplicability, explain,
  };
}

export interface LayerPath {
  readonly input: FloatTensor;
  readonly baseline: Float32Array;
  readonly rule: Quadrature;
}

/** Input, baseline and rule with `extra` nodes more than asked for. Throws ParameterError for several baselines or too few steps. */
export function layerPath(context: MethodContext, parameters: ParameterReader, extra = 0): LayerPath {
  const name = parameters.text('quadrature') as QuadratureName, nSteps = parameters.number('nSteps') + extra;
  if (nSteps < 2 && name !== 'gausslegendre') throw new ParameterError(`parameter 'nSteps': found ${nSteps}, expected at least 2 for ${name}`);
  // One draw, should the baseline be random.
  const [baseline] = resolveBaselines(context, new ParameterReader({ baseline: parameters.text('baseline'), blurSigma: parameters.number('blurSigma'), nBaselines: 1 }));
  return { input: explainedInput(context), baseline: baseline!, rule: quadrature(name, nSteps) };
}

/** The points `alphas` on the path, as variants of the input. */
export function pointsOn({ input, baseline }: LayerPath, alphas: ArrayLike<number>): Variants {
  return { count: alphas.length, write: (index, into) => along(baseline, input.data, alphas[index]!, into) };
}

/** The rule's nodes in an order that covers the path early, and the two ends (weight 0) first. */
export function spreadNodes({ rule }: LayerPath): { alpha: number; weight: number }[] {
  return [{ alpha: 0, weight: 0 }, { alpha: 1, weight: 0 }, ...spreadOrder(rule.alphas.length).map((k) => ({ alpha: rule.alphas[k]!, weight: rule.weights[k]! }))];
}
