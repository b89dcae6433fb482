/**
 * The cell of ConvLSTM1D, 2D and 3D: an LSTM whose products are convolutions. Values are [batch, channels, …] here;
 * kernels lie in files as Keras has them, […, in, out], gates in the order i, f, c, o.
 */
import type { AttributeInput } from '../../../graph/builder';
import type { Emitter } from '../../translate/emitter';
import type { Config } from '../config';
import { knownDim, NotTranslatable, type KerasTensor, type LayerContext, type LayerWeights } from '../layer';
import { lstmStep, type Activate, type Cell } from './recurrentCells';

const ranks: ReadonlyMap<string, number> = new Map([['ConvLSTM1D', 1], ['ConvLSTM2D', 2], ['ConvLSTM3D', 3]]);

export function isConvLstm(type: string): boolean {
  return ranks.has(type);
}

export function convLstmCell(layer: LayerContext, type: string, config: Config, weights: LayerWeights, sequence: KerasTensor, channelsFirst: boolean): Cell {
  const { e } = layer, rank = ranks.get(type)!;
  const filters = config.int(['filters', 'nb_filter']);
  const kernelSize = config.has('nb_row') ? [config.int('nb_row'), config.int('nb_col')] : config.tuple('kernel_size', rank);
  const strides = config.tuple(['strides', 'subsample'], rank, 1), dilations = config.tuple('dilation_rate', rank, 1);
  const padding = config.choice(['padding', 'border_mode'], ['valid', 'same'], 'valid');
  const channels = knownDim(layer, sequence, channelsFirst ? 2 : -1);
  const { kernel, recurrent, bias } = layer.age === 1
    ? keras1Weights(layer, weights, { kernelSize, channels, filters, channelsFirst })
    : {
      kernel: convolutionKernel(e, layer.weight('kernel', [...kernelSize, channels, 4 * filters], weights), rank),
      recurrent: convolutionKernel(e, layer.weight('recurrent_kernel', [...kernelSize, filters, 4 * filters], weights), rank),
      bias: config.bool('use_bias', true) ? layer.weight('bias', [4 * filters], weights) : undefined,
    };
  const activate = (names: readonly string[], fallback: string): Activate => (value) =>
    e.natural(layer.activation({ value, stored: 'natural' }, config.raw(names) ?? fallback));
  const activations = {
    activation: activate(['activation'], 'tanh'),
    recurrent: activate(['recurrent_activation', 'inner_activation'], layer.age === 3 ? 'sigmoid' : 'hard_sigmoid'),
  };
  const same: Record<string, AttributeInput> = { auto_pad: 'SAME_UPPER', kernel_shape: kernelSize };
  return {
    states: [{ features: filters, spatialRank: rank }, { features: filters, spatialRank: rank }],
    output: 0,
    project: (x) => {
      const inputs = bias === undefined ? [kernel] : [kernel, bias];
      const attributes: Record<string, AttributeInput> = padding === 'same' ? { ...same, strides, dilations } : { kernel_shape: kernelSize, strides, dilations };
      return allSteps(e, x, rank, (step) => e.op('Conv', [step, ...inputs], attributes));
    },
    step: (projected, [h, c]) => {
      const gates = e.op('Add', [projected, e.op('Conv', [h!, recurrent], same)]);
      return lstmStep(e, e.split(gates, 1, [filters, filters, filters, filters]), c!, activations);
    },
  };
}

/** Applies what works on [batch, channels, …] to [steps, batch, channels, …] at once; one step goes through as it is. */
function allSteps(e: Emitter, x: string, rank: number, convolve: (x: string) => string): string {
  const dims = e.storedDims(x);
  if (!dims) throw new NotTranslatable('gets a value of unknown rank');
  if (dims.length === rank + 2) return convolve(x);
  const merged = e.op('Reshape', [x, e.concat([e.int64s([-1]), e.op('Shape', [x], { start: 2 })], 0)]);
  const convolved = convolve(merged);
  return e.op('Reshape', [convolved, e.concat([e.op('Shape', [x], { start: 0, end: 2 }), e.op('Shape', [convolved], { start: 1 })], 0)]);
}

/** […, in, out] → [out, in, …] */
function convolutionKernel(e: Emitter, kernel: string, rank: number): string {
  return e.transpose(kernel, [rank + 1, rank, ...Array.from({ length: rank }, (_, axis) => axis)]);
}

interface Keras1Shape {
  readonly kernelSize: readonly number[];
  readonly channels: number;
  readonly filters: number;
  readonly channelsFirst: boolean;
}

/** Keras 1: arrays W, U and b for each gate in the order i, c, f, o; [out, in, …] with Theano's dim ordering. */
function keras1Weights(layer: LayerContext, weights: LayerWeights, { kernelSize, channels, filters, channelsFirst }: Keras1Shape): { kernel: string; recurrent: string; bias: string } {
  const { e } = layer;
  const dims = (features: number): number[] => (channelsFirst ? [filters, features, ...kernelSize] : [...kernelSize, features, filters]);
  const operator = (kernel: string): string => (channelsFirst ? kernel : convolutionKernel(e, kernel, kernelSize.length));
  const read = ['i', 'c', 'f', 'o'].map((gate) => ({
    kernel: operator(layer.weight(`W_${gate}`, dims(channels), weights)),
    recurrent: operator(layer.weight(`U_${gate}`, dims(filters), weights)),
    bias: layer.weight(`b_${gate}`, [filters], weights),
  }));
  const [i, c, f, o] = read;
  const ordered = [i!, f!, c!, o!];
  return {
    kernel: e.concat(ordered.map((gate) => gate.kernel), 0),
    recurrent: e.concat(ordered.map((gate) => gate.recurrent), 0),
    bias: e.concat(ordered.map((gate) => gate.bias), 0),
  };
}
