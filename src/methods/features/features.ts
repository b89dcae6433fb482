/**
 * The explained input cut into features: parts that are shown or hidden as a whole. Superpixels or patches of a
 * picture, columns (or groups of columns) of a table, tokens of a text, stretches of a sound, single elements.
 */
import { elementCount, floatTensor, type FloatTensor, type Tensor } from '../../tensor/tensor';
import { toFloat32 } from '../../tensor/convert';
import type { Applicability, MethodContext, ParameterSpec, Parameters } from '../method';
import { ParameterError, type ParameterReader } from '../parameters';
import { pictureShape, type PictureShape } from '../picture';
import { columnGroups } from './columnGroups';
import { segmentPicture, segmenters, segmenterParameters, type Segmenter } from './segmentation';

export interface Features {
  readonly count: number;
  /** The feature of every element of the input's one sample; −1 for elements that are never hidden. */
  readonly labels: Int32Array;
  /** By feature: its elements as [start, end, start, end, …]. */
  readonly spans: readonly Int32Array[];
  /** What several of them are called, in English. */
  readonly noun: 'superpixels' | 'patches' | 'pixels' | 'columns' | 'tokens' | 'stretches' | 'elements';
  /** For pictures: where height, width and channels are. All channels of a pixel belong to one feature. */
  readonly picture?: PictureShape;
  /** What `features = auto` chose, for the record. */
  readonly chosen: Parameters;
}

export type FeatureChoice = 'auto' | 'elements' | 'grid' | Segmenter;

const featureChoices: readonly FeatureChoice[] = ['auto', ...segmenters, 'grid', 'elements'];

/** The parameters of every method that hides features. `over` replaces defaults by name. */
export function featureParameters(over: Parameters = {}): readonly ParameterSpec[] {
  const specs: readonly ParameterSpec[] = [
    {
      name: 'features', type: 'choice', choices: featureChoices, default: 'auto',
      about: 'The parts that are hidden as a whole: superpixels of a picture by one of three segmenters, a grid of patches (of a sound: stretches), or single elements (pixels, columns, tokens); auto takes superpixels for pictures, columns for tables, tokens for texts.',
    },
    ...segmenterParameters,
    { name: 'gridCells', type: 'integer', default: 8, minimum: 1, maximum: 512, about: "Patches along a picture's shorter side for features = grid; of a sound, its stretches are the square of that." },
    { name: 'columnGroups', type: 'text', default: '', about: 'Columns that belong together (a category spread over several), counted from 0: for instance 3-6; 9,10 makes two groups.' },
  ];
  return specs.map((spec) => ({ ...spec, default: over[spec.name] ?? spec.default }));
}

/** Fewer regions than this say nothing about where the evidence lies. */
const fewestRegions = 10;
/** Elements that are still worth a feature each, where nobody said how to cut an input that is no picture. */
const mostElements = 256;

type Situation = Pick<MethodContext, 'feeds' | 'input' | 'layout' | 'kind' | 'tensors' | 'channels'>;

/**
 * Cuts the explained input as the parameters say (`automatic` is what `auto` means for pictures); `tensors.segments` (a region number for every pixel, or for every
 * element) cuts it as it says. Throws ParameterError where the choice does not fit the input.
 */
export function featuresOf(context: Situation, parameters: ParameterReader, automatic: Segmenter | 'grid' = 'quickshift'): Features {
  const input = explainedTensor(context), { dims } = input;
  const picture = isPicture(context, dims) ? pictureShape(dims, context.layout, 'a division into features') : undefined;
  const { segments } = context.tensors;
  if (segments) return fromSegments(segments, dims, picture);
  const choice = parameters.text('features') as FeatureChoice;
  return picture ? pictureFeatures(context, parameters, choice, automatic, picture) : plainFeatures(context, parameters, choice, dims);
}

/** A tensor of the input's dims in which every element holds its feature's value (0 where it has none). */
export function paint(features: Features, values: ArrayLike<number>, dims: readonly number[]): FloatTensor {
  const out = floatTensor(dims), { labels } = features;
  for (let i = 0; i < labels.length; i++) if (labels[i]! >= 0) out.data[i] = values[labels[i]!]!;
  return out;
}

/** The explained input, of any type of numbers. Throws if it is missing or of strings. */
export function explainedTensor(context: Pick<MethodContext, 'feeds' | 'input'>): Tensor {
  const tensor = context.feeds[context.input];
  if (tensor === undefined) throw new Error(`input '${context.input}' is to be explained, but the feeds are ${Object.keys(context.feeds).join(', ') || 'empty'}`);
  if (!ArrayBuffer.isView(tensor.data)) throw new ParameterError(`input '${context.input}' is ${tensor.dtype}; parts of it can be hidden only if it holds numbers`);
  return tensor;
}

/** Parts can be hidden of any input that holds numbers. */
export async function featureApplicability({ model, input }: Pick<MethodContext, 'model' | 'input'>): Promise<Applicability> {
  const port = model.inputs.find(({ name }) => name === input);
  if (port?.dtype === 'string') return { applies: false, reason: `Input '${input}' is a text in one piece; parts of it can be hidden only where it comes as numbers (token ids).` };
  return { applies: true };
}

function isPicture({ kind }: Situation, dims: readonly number[]): boolean {
  return dims.length === 4 && (kind === 'image' || kind === 'tensor');
}

function pictureFeatures(context: Situation, parameters: ParameterReader, choice: FeatureChoice, automatic: Segmenter | 'grid', picture: PictureShape): Features {
  const { width, height } = picture, cut = choice === 'auto' ? automatic : choice;
  if (cut === 'elements') return ofCells(Int32Array.from({ length: width * height }, (_, cell) => cell), picture, 'pixels', {});
  const patches = (): Features => ofCells(gridLabels(picture, parameters.number('gridCells')), picture, 'patches', choice === 'auto' ? { features: 'grid' } : {});
  if (cut === 'grid') return patches();
  const found = ofCells(segmentPicture(context, parameters, cut, picture), picture, 'superpixels', choice === 'auto' ? { features: cut } : {});
  // Small or plain pictures have no regions; patches say at least where.
  return found.count < fewestRegions && choice === 'auto' ? patches() : found;
}

/** Patches that are as square as the picture allows, `cells` along its shorter side. */
function gridLabels({ width, height }: PictureShape, cells: number): Int32Array {
  const side = Math.min(width, height) / Math.min(cells, width, height), columns = Math.round(width / side), rows = Math.round(height / side);
  return Int32Array.from({ length: width * height }, (_, cell) => {
    const x = cell % width, y = Math.floor(cell / width);
    return Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
  });
}

function plainFeatures(context: Situation, parameters: ParameterReader, choice: FeatureChoice, dims: readonly number[]): Features {
  const { kind } = context, size = elementCount(dims);
  const segmenter = segmenters.find((name) => name === choice);
  if (segmenter) throw new ParameterError(`parameter 'features': ${segmenter} divides pictures, but input '${context.input}' has dims [${dims.join(', ')}]; expected auto, grid or elements`);
  const small = kind === 'table' || kind === 'text' || size <= mostElements;
  const cut = choice === 'auto' ? (small ? 'elements' : 'grid') : choice, chosen: Parameters = choice === 'auto' ? { features: cut } : {};
  if (cut === 'grid') {
    const stretches = Math.min(size, parameters.number('gridCells') ** 2);
    return ofElements(Int32Array.from({ length: size }, (_, i) => Math.floor((i * stretches) / size)), 'stretches', chosen);
  }
  return ofElements(columnGroups(parameters.text('columnGroups'), size), kind === 'table' ? 'columns' : kind === 'text' ? 'tokens' : 'elements', chosen);
}

function fromSegments(segments: Tensor, dims: readonly number[], picture: PictureShape | undefined): Features {
  const labels = Int32Array.from(toFloat32(segments)), size = elementCount(dims);
  if (picture && labels.length === picture.width * picture.height) return ofCells(labels, picture, 'superpixels', {});
  if (labels.length === size) return { ...ofElements(labels, 'elements', {}), ...(picture && { picture }) };
  throw new ParameterError(`segments: found dims [${segments.dims.join(', ')}], expected a region number for every ${picture ? `pixel, [${picture.height}, ${picture.width}]` : `element, [${dims.join(', ')}]`}`);
}

/** One label a pixel → one an element. */
function ofCells(cells: Int32Array, picture: PictureShape, noun: Features['noun'], chosen: Parameters): Features {
  const { layout, channels } = picture, pixels = cells.length, labels = new Int32Array(pixels * channels);
  for (let i = 0; i < labels.length; i++) labels[i] = cells[layout === 'NCHW' ? i % pixels : Math.floor(i / channels)]!;
  return { ...ofElements(labels, noun, chosen), picture };
}

function ofElements(labels: Int32Array, noun: Features['noun'], chosen: Parameters): Features {
  let count = 0;
  for (const label of labels) count = Math.max(count, label + 1);
  const spans: number[][] = Array.from({ length: count }, () => []);
  for (let start = 0, end = 0; start < labels.length; start = end) {
    const label = labels[start]!;
    while (end < labels.length && labels[end] === label) end++;
    if (label >= 0) spans[label]!.push(start, end);
  }
  return { count, labels, spans: spans.map((span) => Int32Array.from(span)), noun, chosen };
}
