/** Occlusion: a window slides over the input, and what it hides is replaced. */
import { toFloat32, tensorFromNumbers, type NumericData } from '../tensor/convert';
import { floatTensor, type FloatTensor } from '../tensor/tensor';
import { resolveBaselines } from './baselines';
import { effectCheck } from './effectCheck';
import { explainedTensor, featureApplicability } from './features/features';
import type { Attribution, Method, MethodContext, Progress } from './method';
import { coarseToFine, copyRectangle, planeOf, windowAt, windowGrid, windowMap, type Plane, type WindowGrid } from './occlusionWindows';
import { ParameterReader, resolveParameters } from './parameters';
import { pictureShape } from './picture';
import { scoresAt } from './scoredVariants';

/** PAIR's window is 15 pixels of a picture of 224; other sizes keep the proportion, down to this. */
const usualShare = 15, leastWindow = 4;
/** A map is drawn when this share of all windows is new. */
const drawEvery = 1 / 32;

/**
 * score − score with a window of the input replaced, for every place of the window; each pixel holds the mean (or sum)
 * of the differences over the windows that cover it. Places are tried from coarse to fine. Inputs that are no pictures
 * are taken along their longest axis.
 *
 * Zeiler, Fergus: Visualizing and Understanding Convolutional Networks, 2013, arXiv 1311.2901. Presets: `pair`
 * (PAIR-code/saliency's window of 15 and fill of 0, at every eighth place), `pair-dense` (its very numbers: every
 * place, sums), `captum` (`Occlusion` with windows of 15 and strides of 8).
 */
export const occlusion: Method = {
  id: 'occlusion',
  title: 'Occlusion',
  question: 'How much does the score fall when a window hides this place?',
  group: 'what-if-it-changes',
  source: 'Zeiler and Fergus 2013, arXiv 1311.2901',
  kinds: ['image', 'table', 'text', 'sound', 'tensor'],
  needs: 'forward',
  hasLayer: false,
  onePlane: true,
  parameters: [
    { name: 'window', type: 'integer', default: 0, minimum: 0, maximum: 1_000_000, about: "Side of the window, in pixels of the model's input; 0 takes a fifteenth of a picture's shorter side (15 of 224), a fiftieth of a sound, one column or token." },
    { name: 'windowHeight', type: 'integer', default: 0, minimum: 0, maximum: 1_000_000, about: 'Height of the window, if it is no square; 0 takes its width.' },
    { name: 'stride', type: 'integer', default: 0, minimum: 0, maximum: 1_000_000, about: 'Pixels from one place of the window to the next; 0 takes half of the window.' },
    { name: 'fillWith', type: 'choice', choices: ['value', 'black', 'mean', 'blur'], default: 'value', about: "What the window holds: one value (see fill), black, the picture's mean colour, or the blurred picture." },
    { name: 'fill', type: 'number', default: 0, minimum: -1e6, maximum: 1e6, about: "The value for fillWith = value, in the model's own range: 0 is the mean colour or mid grey after most preprocessings." },
    { name: 'edges', type: 'choice', choices: ['clip', 'inside'], default: 'clip', about: 'At the edges: windows that run over them are cut off, or only those that fit inside are used.' },
    { name: 'combine', type: 'choice', choices: ['mean', 'sum'], default: 'mean', about: 'What a pixel gets from the windows that cover it: the mean of the differences, or their sum.' },
  ],
  presets: {
    pair: { window: 0, stride: 0, fillWith: 'value', fill: 0 },
    'pair-dense': { window: 15, stride: 1, fillWith: 'value', fill: 0, edges: 'inside', combine: 'sum' },
    captum: { window: 15, stride: 8, fillWith: 'value', fill: 0, edges: 'clip', combine: 'mean' },
  },
  reduction: () => 'sum',
  applies: featureApplicability,
  explain,
};

async function* explain(context: MethodContext): AsyncGenerator<Progress, Attribution, void> {
  const parameters = new ParameterReader(resolveParameters(occlusion, context.parameters).parameters);
  const input = explainedTensor(context), grid = gridOf(context, parameters), { plane } = grid, count = grid.columns * grid.rows;
  const original = input.data as NumericData, filling = fillOf(context, parameters), order = coarseToFine(grid);
  const combine = parameters.text('combine') as 'mean' | 'sum';
  const [score] = await context.model.scores(context.feeds, context.target);
  const variants = {
    count,
    write: (index: number, into: NumericData) => copyRectangle(plane, windowAt(grid, order[index]!), filling as ArrayLike<number>, into as Float32Array),
    undo: (index: number, into: NumericData) => copyRectangle(plane, windowAt(grid, order[index]!), original as ArrayLike<number>, into as Float32Array),
  };
  const falls = new Float64Array(count).fill(NaN);
  let drawn = -Infinity;
  for await (const { start, scores } of scoresAt(context, variants)) {
    scores.forEach((value, k) => { falls[order[start + k]!] = score! - value; });
    const done = start + scores.length, draw = done - drawn >= count * drawEvery;
    if (draw) drawn = done;
    yield { done, total: count, ...(draw && { partial: spread(windowMap(grid, falls, combine), plane, input.dims) }) };
  }
  return {
    values: spread(windowMap(grid, falls, combine), plane, input.dims), score: score!,
    checks: [effectCheck(falls, score!, 'window')],
    chosen: { ...(parameters.number('window') === 0 && { window: grid.windowWidth }), ...(parameters.number('stride') === 0 && { stride: grid.stride }), windows: count },
  };
}

function gridOf(context: MethodContext, parameters: ParameterReader): WindowGrid {
  const { dims } = explainedTensor(context), { kind } = context;
  const picture = dims.length === 4 && (kind === 'image' || kind === 'tensor') ? pictureShape(dims, context.layout, 'a window over the picture') : undefined;
  const plane = planeOf(dims, picture), short = Math.min(plane.width, plane.height);
  const usual = picture ? Math.max(Math.min(leastWindow, short), Math.round(short / usualShare)) : kind === 'sound' ? Math.max(1, Math.round(plane.width / 50)) : 1;
  const width = parameters.number('window') || usual, height = picture ? parameters.number('windowHeight') || width : 1;
  return windowGrid(plane, width, height, parameters.number('stride') || Math.ceil(Math.min(width, height === 1 && !picture ? width : height) / 2), parameters.text('edges') as 'clip' | 'inside');
}

/** What windows hold, for every element of the input. */
function fillOf(context: MethodContext, parameters: ParameterReader): NumericData {
  const input = explainedTensor(context), choice = parameters.text('fillWith');
  const real = { ...context, feeds: { ...context.feeds, [context.input]: { dtype: 'float32' as const, dims: input.dims, data: toFloat32(input) } } };
  const values = choice === 'value'
    ? new Float32Array((input.data as NumericData).length).fill(parameters.number('fill'))
    : resolveBaselines(real, new ParameterReader({ baseline: choice, blurSigma: 0, nBaselines: 1 }))[0]!;
  return input.dtype === 'float32' ? values : tensorFromNumbers(input.dtype, input.dims, values).data as NumericData;
}

/** The map over every channel, in the input's dims. */
function spread(map: Float32Array, { outer, height, width, inner }: Plane, dims: readonly number[]): FloatTensor {
  const out = floatTensor(dims), cells = height * width;
  for (let o = 0, at = 0; o < outer; o++) for (let cell = 0; cell < cells; cell++) for (let i = 0; i < inner; i++) out.data[at++] = map[cell]!;
  return out;
}
