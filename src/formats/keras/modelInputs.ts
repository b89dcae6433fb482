/** Inputs of a model from its InputLayers, or from the first layer of a sequential model that has none. */
import type { DType } from '../../tensor/dtype';
import type { Dim } from '../../graph/graph';
import { BadModelFile, shown } from '../badModelFile';
import type { Emitter } from '../translate/emitter';
import { Config, field } from './config';
import type { KerasTensor, LayerWeights } from './layer';
import { inputShape, type LayerSpec } from './modelConfig';

/** Types an input may have; 16-bit floats are computed in float32. */
const inputTypes: Readonly<Record<string, DType>> = {
  float16: 'float32', bfloat16: 'float32', float32: 'float32', float64: 'float32', mixed_float16: 'float32', mixed_bfloat16: 'float32',
  int8: 'int8', int16: 'int16', int32: 'int32', int64: 'int64', uint8: 'uint8', uint16: 'uint16', uint32: 'uint32', bool: 'bool', string: 'string',
};

/** A dtype or DTypePolicy of a config; float32 where none is told. */
function inputType(config: Config): DType {
  const value = config.raw(['dtype', 'input_dtype']);
  const name = typeof value === 'string' ? value : field(field(value, 'config'), 'name');
  return (typeof name === 'string' ? inputTypes[name] : undefined) ?? 'float32';
}

/** Makes a graph input of a Keras shape: [null, 224, 224, 3]. Unknown sizes get names, the batch is 'batch'. */
export function createInput(e: Emitter, name: string, shape: readonly unknown[], config: Config): KerasTensor {
  const dims = shape.map((size, axis): Dim => {
    if (typeof size === 'number' && Number.isInteger(size) && size >= 0 && size < 2 ** 31) return size;
    if (size !== null && size !== undefined && size !== -1) throw new BadModelFile(`input '${shown(name)}' has the size ${shown(String(size))} on axis ${axis}, where a whole number was expected`);
    return axis === 0 ? 'batch' : `${name}_${axis}`;
  });
  return e.input(name, inputType(config), dims);
}

/** Input of an InputLayer. */
export function inputOf(e: Emitter, layer: LayerSpec): KerasTensor {
  const config = new Config(layer.config, `layer '${shown(layer.name)}'`);
  const shape = inputShape(config);
  if (!shape) throw new BadModelFile(`the input layer '${shown(layer.name)}' does not tell its shape`);
  return createInput(e, layer.name, shape, config);
}

/**
 * Input of a sequential model without InputLayer: from the first layer's config, the shape the model was built for, or,
 * for a model that was saved before it was built, from the first layer's weights.
 */
export function sequentialInput(e: Emitter, first: LayerSpec, buildShape: unknown, weights: LayerWeights | undefined): KerasTensor {
  const config = new Config(first.config, `layer '${shown(first.name)}'`);
  const built = [field(field(first.json, 'build_config'), 'input_shape'), buildShape].find(Array.isArray) as unknown[] | undefined;
  const shape = inputShape(config) ?? built ?? guessed(first, config, weights);
  if (!shape) throw new BadModelFile(`the model does not tell the shape of its input, and its first layer '${shown(first.name)}' (${shown(first.type)}) does not show it`, 'unsupported');
  return createInput(e, `${first.name}_input`, shape, config);
}

/** What the first layer's kernel says about the input. */
function guessed(first: LayerSpec, config: Config, weights: LayerWeights | undefined): unknown[] | undefined {
  if (first.type === 'Embedding') return [null, config.raw('input_length') ?? null].flat();
  const kernel = weights?.all[0]?.init;
  const dims = kernel && (kernel.kind === 'ref' ? kernel.ref.dims : kernel.dims);
  if (!dims) return undefined;
  const conv = /^(?:Separable|Depthwise)?Conv(?:olution)?([123])D$/.exec(first.type);
  if (conv) return [null, ...new Array<null>(Number(conv[1])).fill(null), dims.at(-2)!];
  if (first.type === 'Dense') return [null, dims[0]];
  if (/^(?:LSTM|GRU|SimpleRNN)$/.test(first.type)) return [null, null, dims[0]];
  return undefined;
}
