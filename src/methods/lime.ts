/** LIME: a linear model of what the network does when parts of the input are hidden. */
import { toFloat32 } from '../tensor/convert';
import { drawingParameters } from './drawing';
import type { Coalition } from './features/coalitions';
import { explainedTensor, featureApplicability, featureParameters, featuresOf, paint, type Features } from './features/features';
import { fillParameters, samplesOf } from './features/fills';
import { hidingNeighbourhood, type Drawing, type Neighbourhood } from './limeNeighbourhood';
import { limeValues, surrogateParameters, weightAt } from './limeValues';
import { tableNeighbourhood } from './limeTable';
import type { Attribution, Method, MethodContext, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters } from './parameters';

/**
 * Weighted least squares of the score on which features are as in the input: samples count the more the closer they
 * are to it. A coefficient says by how much the score rises when the feature is there, on average over what else is.
 *
 * Ribeiro, Singh, Guestrin: "Why Should I Trust You?", 2016, arXiv 1602.04938. Presets: `lime` (the authors' library:
 * pictures 1000 samples over quickshift superpixels, cosine distance, kernel width 0.25; tables 5000 samples over
 * quartiles, kernel width 0.75·√columns; texts 5000 samples, kernel width 0.25 (25 in its units); ridge with α 1),
 * `captum` (`Lime`: 25 samples, lasso with α 0.01, distances between inputs, kernel width 1, zeros).
 */
export const lime: Method = {
  id: 'lime',
  title: 'LIME',
  question: 'Which parts does a simple linear model need to do what the network does around this input?',
  group: 'what-if-it-changes',
  source: 'Ribeiro et al. 2016, arXiv 1602.04938',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    ...drawingParameters(0),
    ...featureParameters(),
    ...fillParameters,
    { name: 'kernelWidth', type: 'number', default: 0, minimum: 0, maximum: 1e6, about: 'How far from the input samples still count, in units of the distance; 0 takes 0.25, for tables 0.75·√columns.' },
    { name: 'distance', type: 'choice', choices: ['auto', 'cosine', 'euclidean', 'input'], default: 'auto', about: 'How far a sample is: by the cosine between the lists of features (auto, but for tables), by the root of how many differ (auto for tables), or by the cosine between the inputs themselves.' },
    ...surrogateParameters,
    { name: 'drawing', type: 'choice', choices: ['auto', 'coin', 'size'], default: 'auto', about: 'What is hidden in a sample: every feature by a coin, or first how many (any number as likely; auto for texts).' },
  ],
  presets: {
    lime: {},
    captum: { nSamples: 25, surrogate: 'lasso', alpha: 0.01, distance: 'input', kernelWidth: 1, background: 'zeros', drawing: 'coin' },
  },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

/** A fit takes time with the cube of the features, and nothing can be cancelled meanwhile. */
const mostFeatures = 2048;

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(lime, context.parameters).parameters);
  const { dims } = explainedTensor(context), features = featuresOf(context, parameters), { count: n } = features;
  if (n > mostFeatures) throw new ParameterError(`parameter 'features': found ${n} ${features.noun}, expected at most ${mostFeatures}; take larger ones, or occlusion or rise`);
  const neighbours = neighbourhood(context, features, parameters), run = limeValues({ ...neighbours, count: n }, kernel(context, features, parameters), parameters, context.kind === 'table' || context.kind === 'text' ? 5000 : 1000);
  for (;;) {
    const step = await run.next();
    if (step.done) {
      const { fit: { coefficients, standardErrors }, score, checks, chosen } = step.value;
      return {
        values: paint(features, coefficients, dims), standardErrors: paint(features, standardErrors, dims), score, checks: [...checks, ...cautions(neighbours)],
        chosen: { ...neighbours.chosen, features: features.chosen.features ?? parameters.text('features'), featureCount: n, runs: neighbours.runs(), ...chosen },
      };
    }
    const { done, total, fit, standardError } = step.value;
    yield { done, total, ...(fit && { partial: paint(features, fit.coefficients, dims) }), ...(standardError !== undefined && { standardError }) };
  }
}

/** Hidden parts, or for tables with a background (and real numbers) other values by its quartiles. */
function neighbourhood(context: MethodContext, features: Features, parameters: ParameterReader): Neighbourhood {
  const choice = parameters.text('background'), { background, backgroundFile } = context.tensors, input = explainedTensor(context);
  const table = choice === 'auto' || choice === 'file' ? backgroundFile ?? (choice === 'auto' ? background : undefined) : undefined;
  if (table && !features.picture && input.dtype === 'float32') return tableNeighbourhood(context, features, samplesOf(toFloat32(table), table.dims, input.dims));
  const drawing = parameters.text('drawing');
  return hidingNeighbourhood(context, features, parameters, drawing === 'auto' ? (context.kind === 'text' ? 'size' : 'coin') : drawing as Drawing);
}

/** √exp(−d² / width²) of a sample's distance from the input. */
function kernel(context: MethodContext, features: Features, parameters: ParameterReader): (sample: Coalition) => number {
  const asked = parameters.text('distance'), distance = asked === 'auto' ? (context.kind === 'table' ? 'euclidean' : 'cosine') : asked;
  const { count } = features, width = parameters.number('kernelWidth') || (distance === 'euclidean' ? 0.75 * Math.sqrt(count) : 0.25);
  const shares = distance === 'input' ? squareShares(context, features) : undefined;
  return (sample) => {
    let shown = 0, square = 0;
    for (let i = 0; i < count; i++) if (sample[i]) { shown++; square += shares?.[i] ?? 0; }
    const apart = distance === 'euclidean' ? Math.sqrt(count - shown) : 1 - Math.sqrt(shares ? square : shown / count);
    return weightAt(apart, width);
  };
}

/** Each feature's share in Σ x²: with hidden features at zero, the cosine to the input is the root of what is shown. */
function squareShares(context: MethodContext, { labels, count }: Features): Float64Array {
  const shares = new Float64Array(count), values = toFloat32(explainedTensor(context));
  let total = 0;
  values.forEach((value, i) => {
    if (labels[i]! >= 0) shares[labels[i]!]! += value * value;
    total += value * value;
  });
  return shares.map((value) => value / (total || 1));
}

function cautions({ caution }: Neighbourhood): SelfCheck[] {
  return caution === undefined ? [] : [{ id: 'background', value: NaN, ok: false, message: caution }];
}
