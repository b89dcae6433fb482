/** HSIC attribution: how strongly the score depends on whether a part is shown, with any kind of dependence counted. */
import { DrawingPlan, drawingParameters, drawRandom } from './drawing';
import { CoalitionScores, type Coalition } from './features/coalitions';
import { explainedTensor, featureApplicability, featureParameters, featuresOf, paint } from './features/features';
import { fillParameters, fillsOf } from './features/fills';
import { dependence } from './hsicDependence';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';

/** The kernel's table has the square of so many entries. */
const mostSamples = 4000;
/** The table is multiplied by every feature. */
const mostFeatures = 1024;
/** The estimate is made anew when the draws have grown by this factor. */
const growth = 2;

/**
 * The Hilbert–Schmidt independence criterion between every feature (shown or hidden, by a coin) and the score: 0 where
 * they are independent, the more the better one tells the other, jointly or not, up or down.
 *
 * Novello, Fel, Vigouroux: Making Sense of Dependence, 2022, arXiv 2206.06219; Gretton et al. 2005. Preset `hsic`:
 * 1500 masks over a grid of 8 × 8, zeros as the fill.
 */
export const hsic: Method = {
  id: 'hsic',
  title: 'HSIC dependence',
  question: 'How strongly does the score depend on whether each part is shown, whatever else is hidden?',
  group: 'what-if-it-changes',
  source: 'Novello et al. 2022, arXiv 2206.06219',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [...drawingParameters(1500).map((spec) => (spec.name === 'tolerance' ? spec : { ...spec, maximum: mostSamples })), ...featureParameters(), ...fillParameters],
  presets: { hsic: { maxSamples: 1500, gridCells: 8, tolerance: 0.05 } },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const { parameters } = resolveParameters(hsic, context.parameters), reader = new ParameterReader(parameters), plan = new DrawingPlan(reader);
  const { dims } = explainedTensor(context), grid = parameters.features === 'auto' && dims.length === 4 && (context.kind === 'image' || context.kind === 'tensor');
  const features = featuresOf(context, grid ? new ParameterReader({ ...parameters, features: 'grid' }) : reader), { count } = features;
  if (count > mostFeatures) throw new ParameterError(`parameter 'features': found ${count} parts, expected at most ${mostFeatures}: the time goes with their number`);
  const fills = fillsOf(context, features, reader, 'zeros'), model = new CoalitionScores(context, features, fills);
  const [score] = await model.of([new Uint8Array(count).fill(1)]);
  const coalitions: Coalition[] = [], scores: number[] = [];
  let next = 2 * model.batch, found = dependence([], [], count);
  while (coalitions.length < plan.most) {
    const start = coalitions.length, batch = Array.from({ length: Math.min(model.batch, plan.most - start) }, (_, k) => drawn(context.seed, start + k, count));
    scores.push(...await model.of(batch, false));
    coalitions.push(...batch);
    const done = coalitions.length;
    if (done < next && done < plan.most) {
      yield { done, total: plan.most };
      continue;
    }
    next = Math.ceil(done * growth);
    found = dependence(coalitions, scores, count);
    yield { done, total: plan.most, partial: paint(features, found.values, dims), standardError: found.standardError };
    if (plan.enough(done, found.standardError)) break;
  }
  context.signal.throwIfAborted();
  return {
    values: paint(features, found.values, dims), standardErrors: paint(features, found.standardErrors, dims), score: score!,
    checks: [plan.check(coalitions.length, found.standardError)],
    chosen: { ...(grid ? { features: 'grid' } : features.chosen), ...fills.chosen, featureCount: count, ...plan.chosen(coalitions.length) },
  };
}

function drawn(seed: number, index: number, count: number): Coalition {
  const random = drawRandom(seed, index);
  return Uint8Array.from({ length: count }, () => random.uint32() >>> 31);
}
