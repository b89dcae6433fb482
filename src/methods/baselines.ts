/**
 * Baselines: the "nothing" an attribution is counted from. The engine may resolve one into `tensors` (it alone knows
 * what black is after preprocessing, and what a file holds); the others are made here from the input itself.
 */
import { gaussianBlur } from '../tensor/resample';
import { mean, range } from '../tensor/statistics';
import { toFloat32 } from '../tensor/convert';
import { Random } from '../tensor/random';
import type { Tensor } from '../tensor/tensor';
import type { MethodContext, ParameterSpec } from './method';
import { ParameterError, type ParameterReader } from './parameters';
import { pictureShape, plane, setPlane } from './picture';
import { explainedInput } from './samples';

export const baselineNames = ['black', 'zeros', 'mean', 'blur', 'uniform', 'file'] as const;
export type BaselineName = (typeof baselineNames)[number];

/** The parameters every method with a baseline has. */
export const baselineParameters: readonly ParameterSpec[] = [
  {
    name: 'baseline', type: 'choice', choices: baselineNames, default: 'black',
    about: 'What stands for "nothing": a black picture as the model would receive it, zeros after preprocessing, the picture\'s mean colour, the blurred picture, uniform noise (averaged over several draws), or a file.',
  },
  { name: 'baselineFile', type: 'file', default: '', about: 'The file that holds the baseline (a picture, or an .npy of the input\'s dims), for baseline = file.' },
  { name: 'blurSigma', type: 'number', default: 0, minimum: 0, maximum: 1000, about: 'Standard deviation of the Gaussian for baseline = blur, in pixels of the model\'s input; 0 takes a sixteenth of the shorter side.' },
  { name: 'nBaselines', type: 'integer', default: 4, minimum: 1, maximum: 256, about: 'How many draws are averaged for baseline = uniform.' },
];

/**
 * One or several baselines, each with as many elements as the input's sample.
 *
 * - a tensor the engine resolved as `tensors.baseline`, or `tensors.baselineFile` for a file: that one;
 * - `black`: `tensors.black` if the engine resolved it, else zeros;
 * - `zeros`: zeros in the model's own range;
 * - `mean`: each channel's mean over the picture (for other inputs the mean of `tensors.mean`'s data set, which must be there);
 * - `blur`: the picture blurred by a Gaussian (edges repeated);
 * - `uniform`: `nBaselines` draws, each element uniform between the input's least and largest value (between
 *   `tensors.black` and `tensors.white`, where the engine resolved both).
 *
 * Throws ParameterError if the choice does not fit the input.
 */
export function resolveBaselines(context: Pick<MethodContext, 'feeds' | 'input' | 'layout' | 'kind' | 'tensors' | 'seed'>, parameters: ParameterReader): Float32Array[] {
  const input = explainedInput(context);
  const choice = parameters.text('baseline') as BaselineName;
  const given = (name: string) => {
    const tensor = context.tensors[name];
    return tensor === undefined ? undefined : fitted(tensor, input.dims, name);
  };
  const resolved = choice === 'file' ? given('baselineFile') ?? given('baseline') : given('baseline');
  if (resolved) return [resolved];
  switch (choice) {
    case 'file': throw new ParameterError("parameter 'baselineFile': baseline = file needs the path of a file, found none");
    case 'black': return [given('black') ?? new Float32Array(input.data.length)];
    case 'zeros': return [new Float32Array(input.data.length)];
    case 'mean': {
      const stated = given('mean');
      if (stated) return [stated];
      if (context.kind === 'table' || context.kind === 'text') throw new ParameterError(`parameter 'baseline': the mean of a ${context.kind} input needs a data set to average, found none; expected zeros, uniform or file`);
      return [input.dims.length === 4 ? perChannel(context, (values) => values.fill(mean(values)), 'baseline = mean') : new Float32Array(input.data.length).fill(mean(input.data))];
    }
    case 'blur': {
      const { width, height } = pictureShape(input.dims, context.layout, 'baseline = blur');
      const sigma = parameters.number('blurSigma') || Math.min(width, height) / 16;
      return [perChannel(context, (values) => gaussianBlur(values, width, height, sigma), 'baseline = blur')];
    }
    case 'uniform': {
      const random = new Random(context.seed);
      const { minimum, maximum } = range(input.data);
      const low = given('black'), high = low && given('white');
      return Array.from({ length: parameters.number('nBaselines') }, () => Float32Array.from(input.data, (_, i) => {
        const [from, to] = low && high ? [low[i]!, high[i]!] : [minimum, maximum];
        return from + (to - from) * random.uniform();
      }));
    }
  }
}

function perChannel(context: Pick<MethodContext, 'feeds' | 'input' | 'layout'>, change: (values: Float32Array) => Float32Array, asker: string): Float32Array {
  const input = explainedInput(context), shape = pictureShape(input.dims, context.layout, asker);
  const out = new Float32Array(input.data.length);
  for (let channel = 0; channel < shape.channels; channel++) setPlane(out, shape, channel, change(plane(input.data, shape, channel)));
  return out;
}

/** The tensor's values, if it has the input's dims (with or without the leading 1). */
function fitted(tensor: Tensor, dims: readonly number[], name: string): Float32Array {
  const same = (a: readonly number[], b: readonly number[]) => a.length === b.length && a.every((dim, axis) => dim === b[axis]);
  if (!same(tensor.dims, dims) && !same(tensor.dims, dims.slice(1))) throw new ParameterError(`baseline '${name}': found dims [${tensor.dims.join(', ')}], expected [${dims.join(', ')}]`);
  return toFloat32(tensor);
}
