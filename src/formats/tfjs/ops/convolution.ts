/** Convolutions, with what the converter's optimiser fused into them. Filters are [spatial…, in, out]. */
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import type { OpTable, TfOp } from '../op';
import { isFlow } from '../op';
import { biasAdd, prelu, relu6 } from './elementwise';
import { isChannelsFirst, padding, spatialInts, windowed } from './window';

function numbers(op: TfOp, dims: readonly unknown[] | undefined, rank: number, what: string): number[] {
  if (dims?.length !== rank || !dims.every((dim) => typeof dim === 'number')) op.fail(`the dims of ${what} are not known as ${rank} numbers`);
  return dims as number[];
}

/** [spatial…, in, out] → [out, in, spatial…] */
function convolve(op: TfOp, spatial: number, bias?: string): Flow {
  const { x, stored } = windowed(op, op.flow(0), spatial);
  const filter = numbers(op, op.dims(1), spatial + 2, 'the filter');
  const kernel = filter.slice(0, spatial);
  const w = op.e.transpose(op.natural(1), [spatial + 1, spatial, ...kernel.map((_, axis) => axis)]);
  const channels = op.e.storedDims(x)?.[1];
  const group = typeof channels === 'number' ? channels / filter[spatial]! : 1;
  if (!Number.isInteger(group) || group < 1) op.fail(`its input has ${String(channels)} channels, its filter expects ${filter[spatial]}`);
  return { value: op.e.op('Conv', bias === undefined ? [x, w] : [x, w, bias], attributes(op, x, kernel, group)), stored };
}

/** [h, w, channels, multiplier] → [channels · multiplier, 1, h, w] */
function convolveDepthwise(op: TfOp, bias?: string): Flow {
  const { x, stored } = windowed(op, op.flow(0), 2);
  const [height, width, channels, multiplier] = numbers(op, op.dims(1), 4, 'the filter') as [number, number, number, number];
  let w = op.e.transpose(op.natural(1), [2, 3, 0, 1]);
  if (multiplier !== 1) w = op.e.reshape(w, [channels * multiplier, 1, height, width]);
  return { value: op.e.op('Conv', bias === undefined ? [x, w] : [x, w, bias], attributes(op, x, [height, width], channels)), stored };
}

function attributes(op: TfOp, x: string, kernel: readonly number[], group: number): Record<string, AttributeInput> {
  const strides = spatialInts(op, 'strides', kernel.length), dilations = spatialInts(op, 'dilations', kernel.length);
  return {
    kernel_shape: kernel, ...padding(op, x, kernel, strides, dilations),
    ...(strides.some((item) => item !== 1) && { strides }), ...(dilations.some((item) => item !== 1) && { dilations }), ...(group !== 1 && { group }),
  };
}

/**
 * The gradient of a convolution to its input: a transposed convolution. Filters are [spatial…, out, in].
 * Output positions beyond what the padding of the forward convolution covers get zeros, as in TensorFlow.
 */
function transposed(op: TfOp, spatial: number): Flow {
  const sizes = op.known(0);
  const filter = numbers(op, op.dims(1), spatial + 2, 'the filter');
  const kernel = filter.slice(0, spatial);
  const { x, stored } = windowed(op, op.flow(2), spatial);
  const strides = spatialInts(op, 'strides', spatial), dilations = spatialInts(op, 'dilations', spatial);
  // [in, out, spatial…]
  const w = op.e.transpose(op.natural(1), [spatial + 1, spatial, ...kernel.map((_, axis) => axis)]);
  const extent = kernel.map((size, axis) => (size - 1) * dilations[axis]! + 1);
  const common: Record<string, AttributeInput> = { kernel_shape: kernel, strides, ...(dilations.some((item) => item !== 1) && { dilations }) };
  const input = op.e.storedDims(x)!.slice(2);
  const wanted = sizes && (isChannelsFirst(op) ? sizes.slice(2) : sizes.slice(1, 1 + spatial));
  if (!wanted || wanted.length !== spatial || input.some((dim) => typeof dim !== 'number')) {
    const kind = op.attributes.text('padding').toUpperCase();
    if (kind === 'EXPLICIT') op.fail('its output size is computed while the model runs');
    // Output sizes are then a multiple of the stride (SAME) or the least that fits (VALID), as Keras makes them.
    const pads = extent.map((size, axis) => (kind === 'SAME' ? Math.max(0, size - strides[axis]!) : 0));
    const missing = extent.map((size, axis) => Math.max(0, strides[axis]! - size));
    return {
      value: op.e.op('ConvTranspose', [x, w], {
        ...common, pads: [...pads.map((pad) => Math.floor(pad / 2)), ...pads.map((pad) => pad - Math.floor(pad / 2))],
        ...(missing.some((item) => item > 0) && { output_padding: missing }),
      }), stored,
    };
  }
  const forward = padding(op, x, kernel, Array<number>(spatial).fill(1), dilations);
  const explicit = op.attributes.text('padding').toUpperCase() === 'EXPLICIT' ? forward.pads as number[] : undefined;
  const begins: number[] = [], ends: number[] = [], after: number[] = [];
  for (let axis = 0; axis < spatial; axis++) {
    const full = ((input[axis] as number) - 1) * strides[axis]! + extent[axis]!;
    const isSame = op.attributes.text('padding').toUpperCase() === 'SAME';
    const total = Math.max(0, full - wanted[axis]!);
    const begin = explicit ? explicit[axis]! : isSame ? Math.floor(total / 2) : 0;
    begins.push(begin);
    ends.push(Math.max(0, full - begin - wanted[axis]!));
    after.push(Math.max(0, wanted[axis]! - (full - begin)));
  }
  const y = op.e.op('ConvTranspose', [x, w], { ...common, pads: [...begins, ...ends] });
  return { value: after.every((pad) => pad === 0) ? y : op.e.pad(y, [0, 0, ...Array<number>(spatial).fill(0), 0, 0, ...after]), stored };
}

/** What stands behind the op inside one node: BiasAdd, then an activation. `first` is the op's own; gets the bias. */
export function fused(op: TfOp, first: (bias?: string) => Flow, channelsFirstData: boolean): Flow {
  const steps = op.attributes.texts('fused_ops').filter((step) => step !== 'linear' && step !== '');
  let next = 2;
  const hasBias = steps[0] === 'BiasAdd';
  const bias = hasBias ? op.flow(next++) : undefined;
  const plain = bias !== undefined && op.e.dims(bias)?.length === 1;
  let flow = first(plain ? op.e.natural(bias) : undefined);
  if (bias !== undefined && !plain) flow = biasAdd(op, flow, bias, channelsFirstData);
  for (const step of steps.slice(hasBias ? 1 : 0)) flow = activate(op, step, flow, next);
  return flow;
}

function activate(op: TfOp, step: string, flow: Flow, slopes: number): Flow {
  switch (step) {
    case 'Relu': case 'Elu': case 'Sigmoid': case 'Tanh': return op.e.elementwise(step, flow);
    case 'Relu6': return relu6(op, flow);
    case 'LeakyRelu': return op.e.elementwise('LeakyRelu', flow, { alpha: { float: op.attributes.float('leakyrelu_alpha', 0.2) } });
    case 'Prelu': return isFlow(op.inputs[slopes]) ? prelu(op, flow, op.flow(slopes)) : op.fail('the slopes of its fused Prelu are not given');
    case 'FusedBatchNorm': {
      const [scale, offset, mean, variance] = [2, 3, 4, 5].map((index) => op.natural(index));
      return { value: op.e.op('BatchNormalization', [flow.value, scale!, offset!, mean!, variance!], { epsilon: { float: op.attributes.float('epsilon', 1e-3) } }), stored: flow.stored };
    }
    default: return op.fail(`the fused op '${step}' is unknown`);
  }
}

export const convolution: OpTable = {
  Conv2D: (op) => convolve(op, 2), Conv3D: (op) => convolve(op, 3),
  Conv1D: (op) => convolve(op, 1),
  DepthwiseConv2d: (op) => convolveDepthwise(op), DepthwiseConv2dNative: (op) => convolveDepthwise(op),
  _FusedConv2D: (op) => fused(op, (bias) => convolve(op, 2, bias), isChannelsFirst(op)),
  FusedDepthwiseConv2dNative: (op) => fused(op, (bias) => convolveDepthwise(op, bias), isChannelsFirst(op)),
  _FusedDepthwiseConv2dNative: (op) => fused(op, (bias) => convolveDepthwise(op, bias), isChannelsFirst(op)),
  Conv2DBackpropInput: (op) => transposed(op, 2), Conv2dTranspose: (op) => transposed(op, 2),
  Conv3DBackpropInputV2: (op) => transposed(op, 3),
};
