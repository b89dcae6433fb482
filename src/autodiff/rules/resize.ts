/** Resize is linear and separable: its cotangent is the transposed matrix of each axis, one after the other. */
import { attrFloat, attrInt, attrInts, attrString } from '../../graph/graph';
import type { Cotangents, RuleContext, RuleTable } from '../rule';
import { coordinateModes, nearestModes, resizeMatrix } from './resizeMatrix';
import type { ResizeAxis, ResizeOptions } from './resizeMatrix';
import { applyTransposed } from './windows';

export const resizeRules: RuleTable = {
  // y = (A₁ ⊗ A₂ ⊗ …) x:  dx = (A₁ᵀ ⊗ A₂ᵀ ⊗ …) g
  Resize: { vjp: resizeVjp },
};

function resizeVjp(context: RuleContext): Cotangents {
  const { b, node } = context;
  const x = node.inputs[0]!, xDims = context.dims(x), yDims = context.dims(node.outputs[0]!), dtype = context.dtype(x);
  const options = resizeOptions(context);
  const axes = resizeAxes(context, xDims, yDims, options);

  let g = context.g;
  let dims = [...yDims];
  const repeats = wholeRepeats(axes, options);
  if (repeats && context.dialect === 'cpu') {
    // Whole-number nearest: every input got the sum of its block. A depthwise Conv of ones keeps the blocked layout.
    const [channels, space] = [xDims[1]!, repeats.slice(2)];
    const ones = b.constant(new Array<number>(channels * space.reduce((a, r) => a * r, 1)).fill(1), dtype, [channels, 1, ...space]);
    return [b.op('Conv', [g, ones], { group: channels, kernel_shape: space, strides: space })];
  }
  // The axis that shrinks most goes first: less for the others to do.
  const order = axes.map((_, axis) => axis).sort((p, q) => axes[p]!.size / axes[p]!.out - axes[q]!.size / axes[q]!.out);
  for (const axis of order) {
    const { size, out } = axes[axis]!;
    const matrix = resizeMatrix(axes[axis]!, options);
    if (size === out && isIdentity(matrix, size)) continue;
    g = applyTransposed(b, g, dims, axis, matrix, size, dtype);
    dims = dims.map((d, at) => (at === axis ? size : d));
  }
  return [g];
}

function resizeOptions(context: RuleContext): ResizeOptions {
  const { node } = context;
  const mode = attrString(node, 'mode', 'nearest');
  if (mode !== 'nearest' && mode !== 'linear' && mode !== 'cubic') return context.fail(`its mode is '${mode}'; expected nearest, linear or cubic`);
  const coordinates = attrString(node, 'coordinate_transformation_mode', 'half_pixel');
  if (!(coordinates in coordinateModes)) return context.fail(`its coordinate_transformation_mode is '${coordinates}'; expected one of ${Object.keys(coordinateModes).join(', ')}`);
  const nearest = attrString(node, 'nearest_mode', 'round_prefer_floor');
  if (!(nearest in nearestModes)) return context.fail(`its nearest_mode is '${nearest}'; expected one of ${Object.keys(nearestModes).join(', ')}`);
  return {
    mode, coordinates, nearest, cubicA: attrFloat(node, 'cubic_coeff_a', -0.75),
    excludeOutside: attrInt(node, 'exclude_outside', 0) === 1, antialias: attrInt(node, 'antialias', 0) === 1,
  };
}

/** Every axis of the input with the scale ONNX computes coordinates with. */
function resizeAxes(context: RuleContext, xDims: readonly number[], yDims: readonly number[], options: ResizeOptions): ResizeAxis[] {
  const { node } = context;
  const rank = xDims.length;
  const listed = (attrInts(node, 'axes', undefined) ?? xDims.map((_, axis) => axis)).map((axis) => (axis < 0 ? axis + rank : axis));
  const given = (index: number): readonly number[] | undefined => {
    if (!node.inputs[index]) return undefined;
    const values = context.constant(node.inputs[index]) ?? context.fail(`its ${['', 'roi', 'scales', 'sizes'][index]} are computed while the model runs; its gradient needs them to be constant`);
    return values.length === 0 ? undefined : values;
  };
  const scales = given(2), sizes = given(3);
  const roi = options.coordinates === 'tf_crop_and_resize' ? given(1) : undefined;
  const policy = attrString(node, 'keep_aspect_ratio_policy', 'stretch');
  // With a policy other than stretch all listed axes share one scale.
  const ratios = sizes?.map((size, at) => size / xDims[listed[at]!]!);
  const shared = !ratios || policy === 'stretch' ? undefined : policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  return xDims.map((size, axis) => {
    const out = yDims[axis]!, at = listed.indexOf(axis);
    if (at < 0) return { size, out, scale: 1, roi: [0, 1] };
    return {
      size, out, scale: scales ? scales[at]! : shared ?? out / size,
      roi: roi ? [roi[at]!, roi[at + listed.length]!] : [0, 1],
    };
  });
}

/** The factors of a nearest Resize that repeats every spatial entry a whole number of times, if it is one. */
function wholeRepeats(axes: readonly ResizeAxis[], options: ResizeOptions): number[] | undefined {
  if (options.mode !== 'nearest' || axes.length < 3) return undefined;
  const repeats: number[] = [];
  for (const [at, axis] of axes.entries()) {
    const repeat = axis.out / axis.size;
    if (!Number.isInteger(repeat) || (at < 2 && repeat !== 1)) return undefined;
    const matrix = resizeMatrix(axis, options);
    for (let o = 0; o < axis.out; o++) if (matrix[o * axis.size + Math.floor(o / repeat)] !== 1) return undefined;
    repeats.push(repeat);
  }
  return repeats;
}

function isIdentity(matrix: Float64Array, size: number): boolean {
  for (let i = 0; i < size; i++) if (matrix[i * size + i] !== 1) return false;
  return true;
}
