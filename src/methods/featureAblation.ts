/** Feature ablation: every part of the input is hidden by itself. */
import { effectCheck } from './effectCheck';
import { CoalitionScores } from './features/coalitions';
import { explainedTensor, featureApplicability, featureParameters, featuresOf, paint, type Features } from './features/features';
import { fillParameters, fillsOf } from './features/fills';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterReader, resolveParameters } from './parameters';

/**
 * score − score without feature i, for every feature: superpixels or patches of a picture, columns of a table, tokens
 * of a text. Where the fill is several samples (the rows of a table), the score without a feature is the mean over
 * them. Exact: nothing is drawn.
 *
 * Presets: `features` (superpixels for pictures, the table's rows as the fill), `captum` (`FeatureAblation` with a grid
 * as its mask, zeros as the fill).
 */
export const featureAblation: Method = {
  id: 'feature-ablation',
  title: 'Feature ablation',
  question: 'How much does the score fall when one part of the input is taken away?',
  group: 'what-if-it-changes',
  source: 'Kokhlikyan et al. 2020, Captum, arXiv 2009.07896',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [...featureParameters(), ...fillParameters],
  presets: { features: {}, captum: { features: 'grid', background: 'zeros' } },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(featureAblation, context.parameters).parameters);
  const features = featuresOf(context, parameters), fills = fillsOf(context, features, parameters, 'mean'), { dims } = explainedTensor(context);
  const scores = new CoalitionScores(context, features, fills), effects = new Float64Array(features.count), order = largestFirst(features);
  const [score] = await scores.of([new Uint8Array(features.count).fill(1)]);
  for (let start = 0; start < order.length; start += scores.batch) {
    const batch = order.slice(start, start + scores.batch);
    const without = await scores.of(batch.map((feature) => new Uint8Array(features.count).fill(1).fill(0, feature, feature + 1)), false);
    batch.forEach((feature, k) => { effects[feature] = score! - without[k]!; });
    yield { done: start + batch.length, total: order.length, partial: paint(features, effects, dims) };
  }
  context.signal.throwIfAborted();
  return {
    values: paint(features, effects, dims), score: score!, checks: [effectCheck(effects, score!, 'part')],
    chosen: { ...features.chosen, ...fills.chosen, featureCount: features.count },
  };
}

/** The largest features first: they are most of the picture. */
function largestFirst({ count, spans }: Features): number[] {
  const sizes = spans.map((span) => { let size = 0; for (let k = 0; k < span.length; k += 2) size += span[k + 1]! - span[k]!; return size; });
  return Array.from({ length: count }, (_, feature) => feature).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
}
