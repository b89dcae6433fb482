/** Layer-wise relevance propagation: the score handed back layer by layer, to each unit by its share in the next. */
import { lrpComposites, type LrpComposite } from '../autodiff/composites/lrp';
import type { CompositeSpec } from '../autodiff/composites';
import { toFloat32 } from '../tensor/convert';
import type { FloatTensor, Tensor } from '../tensor/tensor';
import { gradientApplicability } from './applicability';
import type { Attribution, Method, MethodContext, Parameters, Progress, SelfCheck } from './method';
import { ParameterError, ParameterReader, resolveParameters, type Described } from './parameters';
import { pictureShape } from './picture';
import { explainedInput } from './samples';

const zennit = (composite: LrpComposite): Parameters => ({ composite, epsilon: 1e-6, gamma: 0.25 });

const described: Described = {
  id: 'lrp',
  parameters: [
    {
      name: 'composite', type: 'choice', choices: lrpComposites, default: 'epsilon-plus',
      about: 'Which rule each layer gets: epsilon for dense layers; z-plus, gamma or alpha-beta for convolutions; flat or box for the first layer.',
    },
    { name: 'epsilon', type: 'number', default: 1e-6, minimum: 1e-12, maximum: 1, about: 'Keeps quotients finite; larger values leave out weak contributions.' },
    { name: 'gamma', type: 'number', default: 0.25, minimum: 0, maximum: 100, about: 'How much the gamma rule favours contributions of one sign.' },
    { name: 'low', type: 'file', default: '', about: 'The least values of the input for the box rule, as an .npy of one number, one a channel, or the input\'s dims; else black and white as the model receives them, else this input\'s own range.' },
    { name: 'high', type: 'file', default: '', about: 'The greatest values of the input, likewise.' },
  ],
  presets: {
    'epsilon-plus': zennit('epsilon-plus'),
    'epsilon-plus-flat': zennit('epsilon-plus-flat'),
    'epsilon-gamma-box': zennit('epsilon-gamma-box'),
    'alpha2-beta1': zennit('alpha2-beta1'),
    'alpha2-beta1-flat': zennit('alpha2-beta1-flat'),
    epsilon: zennit('epsilon'),
    'z-plus': zennit('z-plus'),
    gamma: zennit('gamma'),
    captum: { composite: 'epsilon', epsilon: 1e-9 },
  },
};

/**
 * Relevance of the input's elements. What flows in is the score itself; batch normalisations and biases are merged into
 * the layers before them first. Presets are zennit's composites (ε 1e-6, γ 0.25, α 2, β 1); `captum` is captum's `LRP`
 * with its epsilon rule. Attention, softmax and layer normalisation follow AttnLRP.
 *
 * Bach et al. 2015, doi 10.1371/journal.pone.0130140; Montavon et al. 2019; Achtibat et al. 2024, arXiv 2402.05602.
 */
export const lrp: Method = {
  ...described,
  title: 'Layer-wise relevance propagation',
  question: 'How is the score shared out among the input elements, when every layer hands it to what it was made of?',
  group: 'where-it-looks',
  source: 'Bach et al. 2015, doi 10.1371/journal.pone.0130140',
  kinds: ['image', 'table', 'sound', 'tensor'],
  needs: 'gradient',
  hasLayer: false,
  reduction: () => 'sum',
  applies: (context) => gradientApplicability(context, { kind: 'lrp', composite: 'epsilon-plus', epsilon: 1e-6, gamma: 0.25 }),
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(described, context.parameters).parameters);
  const composite = parameters.text('composite') as LrpComposite;
  const range = composite === 'epsilon-gamma-box' ? inputRange(context) : undefined;
  const spec: CompositeSpec = { kind: 'lrp', composite, epsilon: parameters.number('epsilon'), gamma: parameters.number('gamma'), ...(range && { low: range.low, high: range.high, channelAxis: range.channelAxis }) };
  yield { done: 0, total: 1 };
  const { scores, gradients, figures } = await context.model.gradients({ feeds: context.feeds, target: context.target, wrt: [context.input], composite: spec });
  context.signal.throwIfAborted();
  const values = gradients[context.input]!, score = scores[0]!;
  yield { done: 1, total: 1, partial: values };
  const checks = [conservationCheck(values, score, figures.absorbed?.data[0])];
  return { values, score, checks, chosen: range ? { range: range.source } : {} };
}

/**
 * How much of the score reached the input. Relevance that biases and the stabilising ε took is missing from the sum; it
 * is no mistake, and in deep networks with large biases it can be nearly all.
 */
export function conservationCheck(values: FloatTensor, score: number, absorbed: number | undefined): SelfCheck {
  const id = 'conservation';
  let sum = 0;
  for (const value of values.data) sum += value;
  if (!Number.isFinite(sum)) return { id, value: sum, ok: false, message: 'The map holds values that are no numbers: the model overflows at this input, or a quotient does; try a larger epsilon.' };
  const figures = `The relevances add up to ${sum.toPrecision(4)} of the score ${score.toPrecision(4)}`;
  const rest = absorbed === undefined ? NaN : score - sum - absorbed, scale = Math.max(Math.abs(score), 1e-12);
  if (Math.abs(sum - score) <= 0.01 * scale) return { id, value: sum - score, ok: true, message: `${figures}.` };
  if (!Number.isFinite(rest)) return { id, value: sum - score, ok: false, message: `${figures}; the rest stayed with biases and normalisations inside the network.` };
  const share = `biases took ${absorbed!.toPrecision(4)}`;
  if (Math.abs(sum) < 0.01 * scale) return { id, value: sum - score, ok: false, message: `${figures}; ${share}: the map shares out the little that is left. The composites epsilon and epsilon-gamma-box keep more of it, and gradient methods lose nothing to biases.` };
  if (Math.abs(sum) > 100 * scale) return { id, value: sum - score, ok: false, message: `${figures}; ${share}: quotients of values near zero have blown the relevances up. Try a composite with z-plus or gamma, or a larger epsilon.` };
  if (Math.abs(rest) <= 0.01 * Math.max(scale, Math.abs(absorbed!))) return { id, value: sum - score, ok: true, message: `${figures}; ${share}, which accounts for the difference.` };
  return { id, value: sum - score, ok: false, message: `${figures}; ${share}, and ${rest.toPrecision(4)} stayed with added constants, stabilised quotients, attention or normalisations.` };
}

interface InputRange {
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly channelAxis: number;
  readonly source: string;
}

/** The range of the input for the box rule: what was given, black to white, or what the input itself spans. */
function inputRange(context: MethodContext): InputRange {
  const input = explainedInput(context), { low, high, black, white } = context.tensors;
  const channelAxis = input.dims.length === 4 && pictureShape(input.dims, context.layout, 'the box rule').layout === 'NHWC' ? 3 : 1;
  const made = (a: Tensor, b: Tensor, source: string): InputRange => {
    const lists = [a, b].map((tensor) => bounds(tensor, input, channelAxis));
    const count = Math.max(...lists.map((list) => list.least.length));
    const at = (list: readonly number[], index: number): number => (list.length === 1 ? list[0]! : list[index]!);
    const combine = (pick: (...values: number[]) => number, side: 'least' | 'greatest'): number[] => Array.from({ length: count }, (_, index) => pick(...lists.map((list) => at(list[side], index))));
    return { low: combine(Math.min, 'least'), high: combine(Math.max, 'greatest'), channelAxis, source };
  };
  if ((low === undefined) !== (high === undefined)) throw new ParameterError(`parameter '${low ? 'high' : 'low'}': found none, but the other end of the range was given; expected both or neither`);
  if (low && high) return made(low, high, 'as given');
  if (black && white) return made(black, white, 'black to white, as the model receives them');
  let least = Infinity, greatest = -Infinity;
  for (const value of input.data) { least = Math.min(least, value); greatest = Math.max(greatest, value); }
  return { low: [Math.min(0, least)], high: [Math.max(0, greatest)], channelAxis, source: 'of this input itself' };
}

/** Least and greatest value of a bound: of one number, of each channel's, or over the channels of a whole input. */
function bounds(tensor: Tensor, input: FloatTensor, channelAxis: number): { least: number[]; greatest: number[] } {
  const values = toFloat32(tensor), channels = input.dims[channelAxis] ?? 1;
  if (values.length === 1 || values.length === channels) return { least: [...values], greatest: [...values] };
  if (values.length !== input.data.length) throw new ParameterError(`parameter 'low' or 'high': found dims [${tensor.dims.join(', ')}], expected one number, ${channels} (one a channel), or [${input.dims.join(', ')}]`);
  const inner = input.dims.slice(channelAxis + 1).reduce((a, b) => a * b, 1);
  const least = new Array<number>(channels).fill(Infinity), greatest = new Array<number>(channels).fill(-Infinity);
  for (let i = 0; i < values.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    least[channel] = Math.min(least[channel]!, values[i]!);
    greatest[channel] = Math.max(greatest[channel]!, values[i]!);
  }
  return { least, greatest };
}
