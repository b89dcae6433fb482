/** Convolutions: ordinary, depthwise, separable and transposed, in one to three dimensions. */
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import { NotTranslatable, type LayerContext, type LayerTable } from '../layer';
import { padAttributes, paddingOf, positive, spatialInput, type Spatial } from './spatial';

/** Sizes of a convolution's window by Keras' names of every age. */
interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

function windowOf(layer: LayerContext, count: number): Window {
  const { config } = layer;
  const kernel = config.has('kernel_size') ? config.tuple('kernel_size', count)
    : count === 1 ? [config.int('filter_length')]
    : count === 2 ? [config.int('nb_row'), config.int('nb_col')]
    : [config.int('kernel_dim1'), config.int('kernel_dim2'), config.int('kernel_dim3')];
  return {
    kernel: positive(kernel, 'kernel'),
    strides: positive(config.tuple(['strides', 'subsample', 'subsample_length'], count, 1), 'strides'),
    dilations: positive(config.tuple(['dilation_rate', 'atrous_rate'], count, 1), 'dilation'),
  };
}

/** Spatial axes of a kernel turned round: the Theano backend computed true convolutions. */
function flipped(layer: LayerContext, kernel: string, count: number): string {
  if (!layer.theano) return kernel;
  const axes = Array.from({ length: count }, (_, axis) => axis);
  return layer.e.slice(kernel, axes.map(() => -1), axes.map(() => -(2 ** 31)), axes, axes.map(() => -1));
}

/** [kernel…, in, out] → [out, in, kernel…]. */
function toOnnxKernel(layer: LayerContext, kernel: string, count: number): string {
  return layer.e.transpose(kernel, [count + 1, count, ...Array.from({ length: count }, (_, axis) => axis)]);
}

function biasOf(layer: LayerContext, filters: number): string[] {
  return layer.config.bool(['use_bias', 'bias'], true) ? [layer.weight(['bias', 'b'], [filters])] : [];
}

/** The kernel of an ordinary convolution as [out, in / groups, kernel…]. */
function kernelOf(layer: LayerContext, count: number, kernel: readonly number[], inputs: number, filters: number): string {
  // Keras 1 kept the kernels of Theano's ordering as [out, in, rows, cols].
  if (layer.age === 1 && layer.config.raw('dim_ordering') === 'th' && count > 1) {
    const weight = layer.weight(['W', 'kernel'], [filters, inputs, ...kernel]);
    if (!layer.theano) return weight;
    const axes = Array.from({ length: count }, (_, axis) => axis + 2);
    return layer.e.slice(weight, axes.map(() => -1), axes.map(() => -(2 ** 31)), axes, axes.map(() => -1));
  }
  // Keras 1's one-dimensional kernels are two-dimensional ones of width 1: [length, 1, in, out], once [out, in, length, 1].
  if (layer.age === 1 && count === 1) {
    const weight = layer.weight(['W', 'kernel'], [null, null, null, null]);
    const [length, one, , last] = layer.e.storedDims(weight)!;
    if (length === kernel[0] && one === 1 && last === filters) return toOnnxKernel(layer, flipped(layer, layer.e.squeeze(weight, [1]), 1), 1);
    return layer.e.squeeze(weight, [3]);
  }
  return toOnnxKernel(layer, flipped(layer, layer.weight(['kernel', 'W'], [...kernel, inputs, filters]), count), count);
}

function numberOf(layer: LayerContext, { channels }: Spatial): number {
  if (typeof channels !== 'number') throw new NotTranslatable('needs to know how many channels its input has');
  return channels;
}

function activated(layer: LayerContext, spatial: Spatial, value: string): Flow[] {
  return [layer.activation(spatial.toFlow(value), layer.config.raw('activation'))];
}

function convolution(count: number) {
  return (layer: LayerContext): Flow[] => {
    const spatial = spatialInput(layer, count), { kernel, strides, dilations } = windowOf(layer, count);
    const filters = layer.config.int(['filters', 'nb_filter']), groups = layer.config.int('groups', 1), channels = numberOf(layer, spatial);
    if (groups < 1 || channels % groups !== 0) throw new NotTranslatable(`splits ${channels} channels into ${groups} groups`);
    const weight = kernelOf(layer, count, kernel, channels / groups, filters);
    const attributes = { kernel_shape: kernel, strides, dilations, group: groups, ...padAttributes(paddingOf(layer), spatial.sizes, kernel, strides, dilations) };
    return activated(layer, spatial, layer.e.op('Conv', [spatial.x, weight, ...biasOf(layer, filters)], attributes));
  };
}

/** [kernel…, in, multiplier] → [in · multiplier, 1, kernel…]. */
function depthwiseKernel(layer: LayerContext, weight: string, count: number, kernel: readonly number[], channels: number, multiplier: number): string {
  const { e } = layer;
  const turned = e.transpose(weight, [count, count + 1, ...Array.from({ length: count }, (_, axis) => axis)]);
  return e.reshape(turned, [channels * multiplier, 1, ...kernel]);
}

function depthwise(count: number) {
  return (layer: LayerContext): Flow[] => {
    const spatial = spatialInput(layer, count), channels = numberOf(layer, spatial);
    const weight = depthwiseConv(layer, spatial, count, channels);
    return activated(layer, spatial, layer.e.op('Conv', [spatial.x, weight.kernel, ...biasOf(layer, channels * weight.multiplier)], weight.attributes));
  };
}

function depthwiseConv(layer: LayerContext, { sizes }: Spatial, count: number, channels: number): { kernel: string; multiplier: number; attributes: Record<string, AttributeInput> } {
  const { kernel, strides, dilations } = windowOf(layer, count);
  // The multiplier from the kernel itself: TensorFlow.js leaves it out of the config.
  const weight = layer.weight(['depthwise_kernel', 'kernel'], [...kernel, channels, null]);
  const multiplier = layer.e.storedDims(weight)!.at(-1) as number;
  return {
    kernel: depthwiseKernel(layer, weight, count, kernel, channels, multiplier), multiplier,
    attributes: { kernel_shape: kernel, strides, dilations, group: channels, ...padAttributes(paddingOf(layer), sizes, kernel, strides, dilations) },
  };
}

function separable(count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e } = layer;
    const spatial = spatialInput(layer, count), channels = numberOf(layer, spatial), filters = layer.config.int(['filters', 'nb_filter']);
    const { kernel, multiplier, attributes } = depthwiseConv(layer, spatial, count, channels);
    const pointwise = layer.weight('pointwise_kernel', [...new Array<number>(count).fill(1), channels * multiplier, filters]);
    const inner = e.op('Conv', [spatial.x, kernel], attributes);
    return activated(layer, spatial, e.op('Conv', [inner, toOnnxKernel(layer, pointwise, count), ...biasOf(layer, filters)], { kernel_shape: new Array<number>(count).fill(1) }));
  };
}

/** The kernel of a transposed convolution as [in, out, kernel…]. */
function transposedKernel(layer: LayerContext, count: number, kernel: readonly number[], filters: number, channels: number): string {
  const names = ['kernel', 'W'];
  if (layer.age >= 2) return toOnnxKernel(layer, flipped(layer, layer.weight(names, [...kernel, filters, channels]), count), count);
  const spatial = Array.from({ length: count }, (_, axis) => axis);
  // Keras 1: [out, in, kernel…] in Theano's ordering, else [kernel…, in, out].
  if (layer.config.raw('dim_ordering') === 'th') return layer.e.transpose(layer.weight(names, [filters, channels, ...kernel]), [1, 0, ...spatial.map((axis) => axis + 2)]);
  return layer.e.transpose(layer.weight(names, [...kernel, channels, filters]), [count, count + 1, ...spatial]);
}

/**
 * Transposed convolution. Its output has (size − 1) · stride + kernel elements on each axis (of the dilated kernel),
 * cropped to size · stride for 'same', unless output_padding says how many are added to
 * (size − 1) · stride + kernel − 2 · pad (Keras' deconv_output_length).
 */
function transposed(count: number) {
  return (layer: LayerContext): Flow[] => {
    const { e, config } = layer;
    const spatial = spatialInput(layer, count), { kernel, strides, dilations } = windowOf(layer, count), channels = numberOf(layer, spatial);
    const filters = config.int(['filters', 'nb_filter']), same = paddingOf(layer) === 'same';
    const extra = config.has('output_padding') ? config.tuple('output_padding', count) : undefined;
    const weight = transposedKernel(layer, count, kernel, filters, channels);
    const begins: number[] = [], ends: number[] = [], outputPadding: number[] = [];
    kernel.forEach((size, axis) => {
      const span = (size - 1) * dilations[axis]! + 1, stride = strides[axis]!;
      // How much longer than the full result ((n − 1) · stride + span) the output is; n cancels in every case.
      const longer = extra ? (same ? -2 * Math.floor(span / 2) : 0) + extra[axis]! : same ? stride - span : Math.max(stride - span, 0);
      // TensorFlow pads the forward convolution of that output with the smaller half in front.
      const total = same ? Math.max(0, -longer) : 0, begin = Math.floor(total / 2);
      begins.push(begin);
      const end = -longer - begin;
      ends.push(Math.max(0, end));
      outputPadding.push(Math.max(0, -end));
    });
    const inputs = [spatial.x, weight, ...biasOf(layer, filters)];
    if (outputPadding.some((padding, axis) => padding >= Math.max(strides[axis]!, dilations[axis]!))) {
      throw new NotTranslatable(`has the output padding [${outputPadding.join(', ')}], which is not smaller than its strides`);
    }
    const y = e.op('ConvTranspose', inputs, { kernel_shape: kernel, strides, dilations, pads: [...begins, ...ends], ...(outputPadding.some((padding) => padding > 0) && { output_padding: outputPadding }) });
    return activated(layer, spatial, y);
  };
}

export const convolutions: LayerTable = {
  Conv1D: convolution(1), Conv2D: convolution(2), Conv3D: convolution(3),
  Convolution1D: convolution(1), Convolution2D: convolution(2), Convolution3D: convolution(3),
  AtrousConvolution1D: convolution(1), AtrousConvolution2D: convolution(2), AtrousConv1D: convolution(1), AtrousConv2D: convolution(2),
  DepthwiseConv1D: depthwise(1), DepthwiseConv2D: depthwise(2),
  SeparableConv1D: separable(1), SeparableConv2D: separable(2), SeparableConvolution1D: separable(1), SeparableConvolution2D: separable(2),
  Conv1DTranspose: transposed(1), Conv2DTranspose: transposed(2), Conv3DTranspose: transposed(3),
  Convolution1DTranspose: transposed(1), Convolution2DTranspose: transposed(2), Convolution3DTranspose: transposed(3),
  Deconvolution2D: transposed(2), Deconvolution3D: transposed(3), Deconv2D: transposed(2), Deconv3D: transposed(3),
};
