/** Preprocessing inside the model: scaling, categories, and augmentation, which does nothing at inference. */
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, onlyInput, type LayerContext, type LayerTable, type LayerTranslator } from '../layer';
import { asFloat, identity } from './core';

/** x · scale + offset; lists go along the last axis. */
function rescaling(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const factor = (name: string, fallback: number): string => {
    const values = config.has(name) ? config.numbers(name) : [fallback];
    return e.constant(values.length === 1 ? values[0]! : values, 'float32');
  };
  const lists = ['scale', 'offset'].some((name) => Array.isArray(config.raw(name)));
  const flow = lists ? { value: e.natural(input), stored: 'natural' as const } : input;
  const scaled = e.op('Mul', [asFloat(layer, flow.value), factor('scale', 1)]);
  const offset = config.raw('offset') ?? 0;
  return [{ value: offset === 0 ? scaled : e.op('Add', [scaled, factor('offset', 0)]), stored: flow.stored }];
}

/** Whole numbers as rows of 0 and 1. one_hot: one row each; multi_hot and count: one row for all of a sample's. */
function encode(layer: LayerContext, indices: string, size: number, mode: string): Flow {
  const { e } = layer;
  const hot = (value: string): string => e.op('OneHot', [e.cast(value, 'int64'), e.constant(size, 'int64'), e.constant([0, 1], 'float32')], { axis: -1 });
  const dims = e.storedDims(indices);
  if (!dims) throw new NotTranslatable('gets a value of unknown rank');
  if (mode === 'one_hot') {
    const single = dims.length > 1 && dims.at(-1) === 1;
    return { value: hot(single ? e.squeeze(indices, [dims.length - 1]) : indices), stored: 'natural' };
  }
  const rows = hot(dims.length === 1 ? e.unsqueeze(indices, [1]) : indices);
  return { value: e.reduce(mode === 'count' ? 'ReduceSum' : 'ReduceMax', rows, [-2], false), stored: 'natural' };
}

function categoryEncoding(layer: LayerContext): Flow[] {
  const { config } = layer;
  if (layer.kwargs.get('count_weights') !== undefined || layer.inputs.length > 1) throw new NotTranslatable('weights its counts by another input');
  const mode = config.string('output_mode', 'multi_hot');
  const known = new Map([['binary', 'multi_hot'], ['multi_hot', 'multi_hot'], ['one_hot', 'one_hot'], ['count', 'count']]).get(mode);
  if (known === undefined) throw new NotTranslatable(`has the output mode '${mode}'`);
  return [encode(layer, layer.e.natural(onlyInput(layer)), config.int(['num_tokens', 'max_tokens']), known)];
}

/** The number of boundaries that are not above x. */
function discretization(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  if (!config.has(['bin_boundaries', 'bins'])) throw new NotTranslatable('keeps its bins in a form that is not read');
  const boundaries = config.numbers(['bin_boundaries', 'bins']);
  const rank = dimsOf(layer, input).length;
  const reached = e.op('GreaterOrEqual', [e.unsqueeze(asFloat(layer, e.natural(input)), [rank]), e.constant(boundaries, 'float32')]);
  const indices = e.reduce('ReduceSum', e.cast(reached, 'int64'), [rank], false);
  const mode = config.string('output_mode', 'int');
  return [mode === 'int' ? { value: indices, stored: 'natural' } : encode(layer, indices, boundaries.length + 1, mode)];
}

const lookup: LayerTranslator = () => {
  throw new NotTranslatable('looks words or keys up, which is not part of the translated model');
};

const augmentations = [
  'RandomFlip', 'RandomRotation', 'RandomZoom', 'RandomTranslation', 'RandomContrast', 'RandomBrightness', 'RandomHeight', 'RandomWidth',
  'RandomShear', 'RandomSharpness', 'RandomColorJitter', 'RandomColorDegeneration', 'RandomGrayscale', 'RandomHue', 'RandomSaturation',
  'RandomPosterization', 'RandomPerspective', 'RandomGaussianBlur', 'RandomElasticTransform', 'RandomErasing', 'RandomInvert', 'RandAugment', 'AugMix', 'MixUp', 'CutMix',
];

export const preprocessing: LayerTable = {
  Rescaling: rescaling, CategoryEncoding: categoryEncoding, Discretization: discretization,
  ...Object.fromEntries(augmentations.map((name) => [name, identity])),
  ...Object.fromEntries(['Hashing', 'HashedCrossing', 'StringLookup', 'IntegerLookup', 'TextVectorization'].map((name) => [name, lookup])),
};
