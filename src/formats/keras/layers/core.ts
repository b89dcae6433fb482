/** Dense, activations, shape layers, embedding, masking, and the layers that do nothing at inference. */
import type { Flow } from '../../translate/emitter';
import { parametersOf, relu, softmax } from '../activations';
import { NotTranslatable, dimsOf, onlyInput, passingMask, type KerasTensor, type LayerContext, type LayerTable, type LayerTranslator } from '../layer';

/** The first input as it is: dropout, noise and regularisers at inference. */
export const identity: LayerTranslator = passingMask((layer) => [{ value: onlyInput(layer).value, stored: onlyInput(layer).stored }]);

/** A layer that is a function of each element. */
function activationLayer(activate: (layer: LayerContext, x: Flow) => Flow): LayerTranslator {
  return passingMask((layer) => [activate(layer, onlyInput(layer))]);
}

/** y = activation(x · kernel + bias) over the last axis. */
function dense(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const rank = dimsOf(layer, input).length, x = asFloat(layer, e.natural(input));
  const width = dimsOf(layer, input)[rank - 1], units = config.int(['units', 'output_dim']);
  const kernel = layer.weight(['kernel', 'W'], [typeof width === 'number' ? width : null, units]);
  const bias = config.bool(['use_bias', 'bias'], true) ? layer.weight(['bias', 'b'], [units]) : undefined;
  let y: string;
  if (rank === 2) y = e.op('Gemm', bias === undefined ? [x, kernel] : [x, kernel, bias]);
  else {
    y = e.op('MatMul', [x, kernel]);
    if (bias !== undefined) y = e.op('Add', [y, bias]);
  }
  return [layer.activation({ value: y, stored: 'natural' }, config.raw('activation'))];
}

/** Whole numbers and bools become float32. */
export function asFloat(layer: LayerContext, value: string): string {
  const dtype = layer.e.dtype(value);
  return dtype === 'float32' || dtype === 'undefined' ? value : layer.e.cast(value, 'float32');
}

/** Keras transposes channels_first pictures before flattening, so that the result is that of channels_last. */
function flatten(layer: LayerContext): Flow[] {
  const { e } = layer, input = onlyInput(layer);
  const dims = dimsOf(layer, input);
  let value = e.natural(input);
  if (layer.dataFormat === 'channels_first' && dims.length > 2) {
    value = e.transpose(value, [0, ...Array.from({ length: dims.length - 2 }, (_, axis) => axis + 2), 1]);
  }
  if (dims.length === 1) return [{ value: e.unsqueeze(value, [1]), stored: 'natural' }];
  if (dims.length === 2) return [{ value, stored: 'natural' }];
  // Where the size is known it is written down: with a symbolic picture size only -1 remains.
  const rest = dims.slice(1), known = rest.every((dim) => typeof dim === 'number');
  const size = known ? rest.reduce<number>((product, dim) => product * (dim as number), 1) : -1;
  if (known) return [{ value: e.reshape(value, size > 0 ? [-1, size] : [0, size]), stored: 'natural' }];
  return [{ value: e.op('Flatten', [value], { axis: 1 }), stored: 'natural' }];
}

/** Reshapes each sample; one -1 is worked out from the rest. */
function reshape(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  // TensorFlow.js writes null for the size that is worked out.
  const raw = config.raw(['target_shape', 'dims']);
  const target = Array.isArray(raw) && raw.includes(null) ? raw.map((size: unknown) => (size === null ? -1 : Number(size))) : config.ints(['target_shape', 'dims']);
  const dims = dimsOf(layer, input).slice(1);
  const open = target.indexOf(-1);
  if (open >= 0 && dims.every((dim) => typeof dim === 'number')) {
    const size = dims.reduce<number>((product, dim) => product * (dim as number), 1);
    const others = target.reduce((product, dim, axis) => (axis === open ? product : product * dim), 1);
    if (others === 0 || size % others !== 0) throw new NotTranslatable(`cannot bring [${dims.join(', ')}] to [${target.join(', ')}]`);
    target[open] = size / others;
  }
  // 0 copies the batch; when nothing else is open, -1 says the same and lets a reshape change the batch.
  return [{ value: e.reshape(e.natural(input), [target.includes(-1) ? 0 : -1, ...target]), stored: 'natural' }];
}

function permute(layer: LayerContext): Flow[] {
  const input = onlyInput(layer), dims = layer.config.ints('dims');
  const sorted = [...dims].sort((a, b) => a - b);
  if (dims.length !== dimsOf(layer, input).length - 1 || sorted.some((dim, axis) => dim !== axis + 1)) throw new NotTranslatable(`permutes axes [${dims.join(', ')}], which its input does not have`);
  return [{ value: layer.e.transpose(layer.e.natural(input), [0, ...dims]), stored: 'natural' }];
}

/** [batch, features] → [batch, n, features]. */
function repeatVector(layer: LayerContext): Flow[] {
  const { e } = layer;
  const steps = e.unsqueeze(e.natural(onlyInput(layer)), [1]);
  return [{ value: e.op('Tile', [steps, e.int64s([1, layer.config.int('n'), 1])]), stored: 'natural' }];
}

/** Rows of a table; mask_zero makes a mask of what is not 0. */
function embedding(layer: LayerContext): KerasTensor[] {
  const { e, config } = layer;
  const table = layer.weight(['embeddings', 'W'], [null, config.int('output_dim')]);
  const x = e.natural(onlyInput(layer));
  const dtype = e.dtype(x);
  const indices = dtype === 'int32' || dtype === 'int64' ? x : e.cast(x, 'int32');
  const value = e.op('Gather', [table, indices], { axis: 0 });
  if (!config.bool('mask_zero', false)) return [{ value, stored: 'natural' }];
  const zero = e.constant(0, e.dtype(indices) === 'int64' ? 'int64' : 'int32');
  return [{ value, stored: 'natural', mask: { value: e.op('Not', [e.op('Equal', [indices, zero])]), stored: 'natural' } }];
}

/** Steps whose features all equal mask_value are masked and set to zero. */
function masking(layer: LayerContext): KerasTensor[] {
  const { e } = layer, x = e.natural(onlyInput(layer));
  const differs = e.op('Not', [e.op('Equal', [x, e.constant(layer.config.number('mask_value', 0), 'float32')])]);
  // Any feature differs: the largest of 0 and 1.
  const any = e.reduce('ReduceMax', e.cast(differs, 'float32'), [-1], true);
  const mask = e.cast(e.squeeze(any, [-1]), 'bool');
  return [{ value: e.op('Mul', [x, any]), stored: 'natural', mask: { value: mask, stored: 'natural' } }];
}

/** One learnt slope for each element of a sample, shared along `shared_axes`. */
function prelu(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const dims = dimsOf(layer, input);
  const shared = new Set(config.has('shared_axes') ? config.ints('shared_axes') : []);
  const expected = dims.slice(1).map((dim, axis) => (shared.has(axis + 1) ? 1 : typeof dim === 'number' ? dim : null));
  const alpha = layer.weight(['alpha', 'alphas'], expected);
  if (input.stored === 'natural' || dims.length < 3) return [e.elementwise('PRelu', input, {}, alpha)];
  // The slopes follow the storage of the input: [H, W, C] → [C, H, W].
  const rank = dims.length - 1;
  return [e.elementwise('PRelu', input, {}, e.transpose(alpha, [rank - 1, ...Array.from({ length: rank - 1 }, (_, axis) => axis)]))];
}

/** Axes of a Softmax layer: one, or several that are taken together. */
function softmaxLayer(layer: LayerContext): Flow[] {
  const { e, config } = layer, input = onlyInput(layer);
  const axes = Array.isArray(config.raw('axis')) ? config.ints('axis') : [config.int('axis', -1)];
  if (axes.length === 1) return [softmax(e, input, axes[0])];
  const x = e.natural(input);
  const exponents = e.op('Exp', [e.op('Sub', [x, e.reduce('ReduceMax', x, axes)])]);
  return [{ value: e.op('Div', [exponents, e.reduce('ReduceSum', exponents, axes)]), stored: 'natural' }];
}

/** Python code in the file, as bytecode or by name, is never run. */
const pythonCode: LayerTranslator = () => {
  throw new NotTranslatable('holds Python code, which is never run');
};

const number = (layer: LayerContext, names: string | readonly string[], fallback: number): string => layer.e.constant(layer.config.number(names, fallback), 'float32');

export const core: LayerTable = {
  InputLayer: identity,
  Lambda: pythonCode,
  Dense: passingMask(dense),
  Activation: activationLayer((layer, x) => layer.activation(x, layer.config.raw('activation'))),
  ReLU: activationLayer((layer, x) => relu(layer.e, x, parametersOf(layer.config.json))),
  LeakyReLU: activationLayer((layer, x) => layer.e.elementwise('LeakyRelu', x, { alpha: { float: layer.config.number(['negative_slope', 'alpha'], 0.3) } })),
  ELU: activationLayer((layer, x) => layer.e.elementwise('Elu', x, { alpha: { float: layer.config.number('alpha', 1) } })),
  ThresholdedReLU: activationLayer((layer, x) => {
    const { e } = layer;
    return { value: e.op('Where', [e.op('Greater', [x.value, number(layer, 'theta', 1)]), x.value, e.constant(0, 'float32')]), stored: x.stored };
  }),
  PReLU: passingMask(prelu),
  Softmax: passingMask(softmaxLayer),
  Flatten: flatten,
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeatVector,
  Embedding: embedding,
  Masking: masking,
  Dropout: identity, AlphaDropout: identity, GaussianDropout: identity, GaussianNoise: identity,
  SpatialDropout1D: identity, SpatialDropout2D: identity, SpatialDropout3D: identity,
  ActivityRegularization: identity, Identity: identity,
};
