/** What stands in place of a hidden feature: one sample, or several whose scores are averaged. */
import { toFloat32, tensorFromNumbers, type NumericData } from '../../tensor/convert';
import { elementCount } from '../../tensor/tensor';
import { resolveBaselines } from '../baselines';
import type { MethodContext, ParameterSpec, Parameters } from '../method';
import { ParameterError, ParameterReader } from '../parameters';
import { explainedTensor, type Features } from './features';

export interface Fills {
  /** Each with as many elements as the input's sample, in its type. */
  readonly samples: readonly NumericData[];
  /** What `background = auto` chose, for the record; whether they are rows of a table. */
  readonly chosen: Parameters;
  readonly fromTable: boolean;
}

const choices = ['auto', 'region-mean', 'black', 'zeros', 'mean', 'blur', 'uniform', 'file'] as const;
export type FillChoice = (typeof choices)[number];

export const fillParameters: readonly ParameterSpec[] = [
  {
    name: 'background', type: 'choice', choices, default: 'auto',
    about: "What takes the place of what is hidden: the rows of the table the input comes from (auto, for tables), each region's own mean colour, black, zeros, the picture's mean colour, the blurred picture, noise, or samples from a file; several samples are averaged over.",
  },
  { name: 'backgroundFile', type: 'file', samples: 'many', default: '', about: 'The file that holds the background (an .npy of many samples, a table, a picture), for background = file.' },
  { name: 'maxBackground', type: 'integer', default: 100, minimum: 1, maximum: 500, about: 'The most background samples; of more, this many spread evenly are taken.' },
];

/** Draws of noise that stand for a background of noise. */
const noiseSamples = 8;

/**
 * The fills the parameters ask for. `auto` takes `tensors.background` (a table's rows) where there are some, else
 * `automatic` for pictures, zeros for everything else (for token ids: the padding).
 * Throws ParameterError if a background does not fit the input.
 */
export function fillsOf(context: Pick<MethodContext, 'feeds' | 'input' | 'layout' | 'kind' | 'tensors' | 'seed'>, features: Features, parameters: ParameterReader, automatic: FillChoice): Fills {
  const input = explainedTensor(context), choice = parameters.text('background') as FillChoice;
  const given = choice === 'file' ? context.tensors.backgroundFile : choice === 'auto' ? context.tensors.backgroundFile ?? context.tensors.background : undefined;
  const typed = (values: ArrayLike<number>): NumericData => (input.dtype === 'float32' && values instanceof Float32Array ? values : tensorFromNumbers(input.dtype, input.dims, Float32Array.from(values)).data as NumericData);
  if (given) {
    const rows = samplesOf(toFloat32(given), given.dims, input.dims), most = parameters.number('maxBackground');
    const kept = rows.length <= most ? rows : Array.from({ length: most }, (_, index) => rows[Math.floor((index * rows.length) / most)]!);
    const chosen: Parameters = { ...(choice === 'auto' && { background: context.tensors.backgroundFile ? 'file' : 'table' }), ...(kept.length < rows.length && { backgroundSamples: kept.length }) };
    return { samples: kept.map(typed), chosen, fromTable: true };
  }
  if (choice === 'file') throw new ParameterError("parameter 'backgroundFile': background = file needs the path of a file, found none");
  const name = choice !== 'auto' ? choice : features.picture && context.kind !== 'text' ? automatic : 'zeros', chosen: Parameters = choice === 'auto' ? { background: name } : {};
  if (name === 'region-mean') return { samples: [typed(regionMeans(toFloat32(input), features))], chosen, fromTable: false };
  const reader = new ParameterReader({ baseline: name, blurSigma: 0, nBaselines: noiseSamples });
  // Baselines are made of real numbers, whatever the input holds.
  const real = { ...context, feeds: { ...context.feeds, [context.input]: { dtype: 'float32' as const, dims: input.dims, data: toFloat32(input) } } };
  return { samples: resolveBaselines(real, reader).map(typed), chosen, fromTable: false };
}

/** One view a sample of what holds many, [N, …dims without the batch], or one. */
export function samplesOf(values: Float32Array, dims: readonly number[], sample: readonly number[]): Float32Array[] {
  const size = elementCount(sample), count = values.length / size;
  const fits = elementCount(dims.slice(1)) === size || elementCount(dims) === size;
  if (!Number.isInteger(count) || count < 1 || !fits) throw new ParameterError(`background: found samples of dims [${dims.join(', ')}], expected [N, ${sample.slice(1).join(', ')}]`);
  return Array.from({ length: count }, (_, k) => values.subarray(k * size, (k + 1) * size));
}

/** Every region in its own mean, channel by channel. */
function regionMeans(values: Float32Array, { labels, count, picture }: Features): Float32Array {
  const channels = picture?.channels ?? 1, pixels = values.length / channels;
  const channelOf = (i: number): number => (picture?.layout === 'NHWC' ? i % channels : Math.floor(i / pixels));
  const sums = new Float64Array(count * channels), sizes = new Float64Array(count * channels), out = values.slice();
  for (let i = 0; i < values.length; i++) {
    if (labels[i]! < 0) continue;
    const at = labels[i]! * channels + channelOf(i);
    sums[at]! += values[i]!;
    sizes[at]!++;
  }
  for (let i = 0; i < values.length; i++) if (labels[i]! >= 0) out[i] = sums[labels[i]! * channels + channelOf(i)]! / sizes[labels[i]! * channels + channelOf(i)]!;
  return out;
}
