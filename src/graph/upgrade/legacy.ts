/** Experimental ops of opset 1 that old CoreML and Caffe2 exporters wrote and ONNX has dropped: written as arithmetic. */
import { attrFloat, attrInt } from '../graph';
import type { UpgradeContext, UpgradeRule } from './context';
import { int, ints } from './context';

function scalar(c: UpgradeContext, name: string, fallback: number): string {
  return c.tensor([attrFloat(c.node, name, fallback)], c.dtype(0), []);
}

/** y = alpha · x + beta */
const affine: UpgradeRule = (c) => {
  c.emit('Add', [c.emit('Mul', [c.input(0), scalar(c, 'alpha', 1)]), scalar(c, 'beta', 0)], {}, c.node.outputs);
};

/** y = alpha · ln(1 + exp(beta · x)) */
const parametricSoftplus: UpgradeRule = (c) => {
  const inner = c.emit('Softplus', [c.emit('Mul', [c.input(0), scalar(c, 'beta', 1)])]);
  c.emit('Mul', [inner, scalar(c, 'alpha', 1)], {}, c.node.outputs);
};

/** y = alpha · tanh(beta · x) */
const scaledTanh: UpgradeRule = (c) => {
  const inner = c.emit('Tanh', [c.emit('Mul', [c.input(0), scalar(c, 'beta', 1)])]);
  c.emit('Mul', [inner, scalar(c, 'alpha', 1)], {}, c.node.outputs);
};

/** y = scale · x + bias[channel], x [N, C, H, W] */
const imageScaler: UpgradeRule = (c) => {
  const bias = c.attribute('bias');
  const values = bias?.kind === 'floats' ? bias.value : [0];
  c.emit('Add', [c.emit('Mul', [c.input(0), scalar(c, 'scale', 1)]), c.tensor(values, c.dtype(0), [values.length, 1, 1])], {}, c.node.outputs);
};

const scale: UpgradeRule = (c) => {
  c.emit('Mul', [c.input(0), scalar(c, 'scale', 1)], {}, c.node.outputs);
};

/** x [N, C, H, W] without its border [left, top, right, bottom], or `scale` [height, width] of it from (top, left) on. */
const crop: UpgradeRule = (c) => {
  const border = c.attribute('border'), size = c.attribute('scale');
  const [left = 0, top = 0, right = 0, bottom = 0] = border?.kind === 'ints' ? border.value.map(Number) : [];
  const [height, width] = size?.kind === 'ints' ? size.value.map(Number) : [];
  const dims = c.dims(0);
  const end = (begin: number, extent: number | undefined, cut: number, axis: number): number => {
    if (extent !== undefined) return begin + extent;
    const whole = dims?.[axis];
    return cut > 0 ? -cut : typeof whole === 'number' ? whole : 2 ** 31 - 1;
  };
  c.emit('Slice', [c.input(0), c.int64s([top, left]), c.int64s([end(top, height, bottom, 2), end(left, width, right, 3)]), c.int64s([2, 3])], {}, c.node.outputs);
};

/** Opset 1: (x - mean) / deviation over the spatial axes, or channels too; the deviation is optional. */
const meanVariance: UpgradeRule = (c) => {
  if (c.from >= 9) { c.keep(); return; }
  const axes = attrInt(c.node, 'across_channels', 0) === 1 ? [1, 2, 3] : [2, 3];
  if (attrInt(c.node, 'normalize_variance', 1) === 1) {
    c.keep({ attributes: { across_channels: undefined, normalize_variance: undefined, axes: ints(axes) } });
    return;
  }
  const mean = c.to >= 18 ? c.emit('ReduceMean', [c.input(0), c.int64s(axes)], { keepdims: int(1) }) : c.emit('ReduceMean', [c.input(0)], { axes: ints(axes), keepdims: int(1) });
  c.emit('Sub', [c.input(0), mean], {}, c.node.outputs);
};

const gone = (what: string): UpgradeRule => (c) => { c.fail(what); };

export const legacyRules: Readonly<Record<string, UpgradeRule>> = {
  Affine: affine, ParametricSoftplus: parametricSoftplus, ScaledTanh: scaledTanh, ImageScaler: imageScaler, Scale: scale, Crop: crop,
  MeanVarianceNormalization: meanVariance,
  ...Object.fromEntries(['ATen', 'GRUUnit', 'GivenTensorFill', 'ConstantFill', 'DynamicSlice'].map((opType) => [opType, gone('ONNX dropped this experimental op')])),
};
