/** Pools, global ones included. */
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, dimsOf, onlyInput, type LayerContext, type LayerTable } from '../layer';
import { padAttributes, paddingOf, positive, spatialAxes, spatialInput } from './spatial';

const poolNames = ['pool_size', 'pool_length'];

/** 'same' pads with what does not count: −∞ for the maximum, nothing in the mean. */
function pool(opType: 'MaxPool' | 'AveragePool', count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e, config } = layer, spatial = spatialInput(layer, count);
    const kernel = positive(config.tuple(poolNames, count, 2), 'pool');
    const strides = positive(config.tuple(['strides', 'stride'], count, kernel), 'strides');
    const attributes = { kernel_shape: kernel, strides, ...padAttributes(paddingOf(layer), spatial.sizes, kernel, strides, kernel.map(() => 1)) };
    return [spatial.toFlow(e.op(opType, [spatial.x], attributes))];
  };
}

/** The mean over masked steps only: Σ x·m / Σ m. */
function maskedMean(layer: LayerContext, mask: Flow, keepdims: boolean): Flow {
  const { e } = layer, input = onlyInput(layer);
  const [steps] = spatialAxes(layer, 1);
  const weights = e.unsqueeze(e.cast(e.natural(mask), 'float32'), [steps === 1 ? 2 : 1]);
  const total = e.reduce('ReduceSum', e.op('Mul', [e.natural(input), weights]), [steps!], keepdims);
  return { value: e.op('Div', [total, e.reduce('ReduceSum', weights, [steps!], keepdims)]), stored: 'natural' };
}

function globalPool(opType: 'ReduceMax' | 'ReduceMean', count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e } = layer, input = onlyInput(layer);
    const dims = dimsOf(layer, input), keepdims = layer.config.bool('keepdims', false);
    if (dims.length !== count + 2) throw new NotTranslatable(`needs an input of ${count + 2} dimensions, but gets ${dims.length}`);
    if (opType === 'ReduceMean' && count === 1 && input.mask) return [maskedMean(layer, input.mask, keepdims)];
    const axes = spatialAxes(layer, count).map((axis) => e.storedAxis(input, axis));
    const inOrder = input.stored === 'channelsFirst' || layer.dataFormat === 'channels_first';
    // Channels behind the batch: the op that runtimes keep in their blocked layout.
    if (inOrder && count === 2) {
      const pooled = e.op(opType === 'ReduceMax' ? 'GlobalMaxPool' : 'GlobalAveragePool', [input.value]);
      if (!keepdims) return [{ value: e.op('Flatten', [pooled], { axis: 1 }), stored: 'natural' }];
      return [{ value: pooled, stored: input.stored }];
    }
    const value = e.reduce(opType, input.value, axes, keepdims);
    return [{ value, stored: keepdims ? input.stored : 'natural' }];
  };
}

function table(name: string, build: (count: number) => LayerTable[string]): LayerTable {
  return Object.fromEntries([1, 2, 3].map((count) => [`${name}${count}D`, build(count)]));
}

export const pooling: LayerTable = {
  ...table('MaxPooling', (count) => pool('MaxPool', count)), ...table('MaxPool', (count) => pool('MaxPool', count)),
  ...table('AveragePooling', (count) => pool('AveragePool', count)), ...table('AvgPool', (count) => pool('AveragePool', count)),
  ...table('GlobalMaxPooling', (count) => globalPool('ReduceMax', count)), ...table('GlobalMaxPool', (count) => globalPool('ReduceMax', count)),
  ...table('GlobalAveragePooling', (count) => globalPool('ReduceMean', count)), ...table('GlobalAvgPool', (count) => globalPool('ReduceMean', count)),
};
