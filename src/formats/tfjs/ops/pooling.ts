/** Pools, normalisations over channels, resizing: what needs a picture's layout. */
import type { AttributeInput } from '../../../graph/builder';
import type { Flow } from '../../translate/emitter';
import type { OpTable, TfOp } from '../op';
import { isChannelsFirst, padding, spatialInts, windowed } from './window';

function pool(op: TfOp, opType: 'MaxPool' | 'AveragePool', spatial: number): Flow {
  const { x, stored } = windowed(op, op.flow(0), spatial);
  const kernel = spatialInts(op, 'ksize', spatial), strides = spatialInts(op, 'strides', spatial);
  const all = op.attributes.ints('ksize') ?? [];
  const [batch, channels] = [all[0], isChannelsFirst(op) ? all[1] : all.at(-1)];
  if (all.length === spatial + 2 && (batch !== 1 || channels !== 1)) op.fail('it pools over batch or channels');
  return { value: op.e.op(opType, [x], { kernel_shape: kernel, strides, ...padding(op, x, kernel, strides, Array<number>(spatial).fill(1)) }), stored };
}

function batchNorm(op: TfOp): Flow[] {
  const input = op.flow(0);
  const rank = op.e.dims(input)?.length;
  if (rank === undefined) op.fail('the rank of its input is not known');
  const first = isChannelsFirst(op);
  const x = first || rank < 3 ? op.e.natural(input) : op.e.channelsFirst(input);
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((index) => op.natural(index));
  const y = op.e.op('BatchNormalization', [x, scale!, offset!, mean!, variance!], { epsilon: { float: op.attributes.float('epsilon', 1e-3) } });
  // The other outputs are statistics, which stay as they are in inference.
  return [{ value: y, stored: first || rank < 3 ? 'natural' : 'channelsFirst' }, op.flow(3), op.flow(4)];
}

/** images [n, h, w, c], size [h', w'] (tf.raw_ops.ResizeBilinear, ResizeNearestNeighbor) */
function resize(op: TfOp, mode: 'linear' | 'nearest'): Flow {
  const { x, stored } = windowed(op, op.flow(0), 2);
  const corners = op.attributes.bool('align_corners'), half = op.attributes.bool('half_pixel_centers');
  const attributes: Record<string, AttributeInput> = {
    mode,
    coordinate_transformation_mode: corners ? 'align_corners' : half ? 'half_pixel' : 'asymmetric',
    // ⌊x + ½⌋ of a half-pixel coordinate is what TensorFlow takes as ⌊(i + ½) · scale⌋.
    ...(mode === 'nearest' && { nearest_mode: corners || half ? 'round_prefer_ceil' : 'floor' }),
  };
  return { value: op.e.op('Resize', [x, '', '', fullSizes(op, x)], attributes), stored };
}

/** [n, c, h', w']: with the shorter form ("axes") ONNX Runtime's optimiser stumbles over its own transposes. */
function fullSizes(op: TfOp, x: string): string {
  const { e } = op;
  const kept = e.storedDims(x)?.slice(0, 2), wanted = op.known(1);
  if (wanted && kept?.every((dim) => typeof dim === 'number')) return e.int64s([...kept as number[], ...wanted]);
  return e.concat([e.slice(e.op('Shape', [x]), [0], [2], [0]), op.int64(op.flow(1))], 0);
}

function localResponse(op: TfOp): Flow {
  const { x, stored } = windowed(op, op.flow(0), 2);
  const size = 2 * op.attributes.int('depth_radius', 5) + 1;
  // ONNX divides alpha by the window's size.
  return { value: op.e.op('LRN', [x], { size, alpha: { float: op.attributes.float('alpha', 1) * size }, beta: { float: op.attributes.float('beta', 0.5) }, bias: { float: op.attributes.float('bias', 1) } }), stored };
}

function depthSpace(op: TfOp, opType: 'DepthToSpace' | 'SpaceToDepth'): Flow {
  const { x, stored } = windowed(op, op.flow(0), 2);
  return { value: op.e.op(opType, [x], { blocksize: op.attributes.int('block_size', 2) }), stored };
}

/**
 * image [n, h, w, c], boxes [b, 4] (y₁, x₁, y₂, x₂ from 0 to 1), image of each box [b] → [b, h', w', c]. A GridSample
 * whose grid runs over each box: with aligned corners its coordinates are 2y - 1 whatever the picture's size.
 */
function cropAndResize(op: TfOp): Flow {
  const { e } = op;
  const { x, stored } = windowed(op, op.flow(0), 2);
  const [height, width] = op.constants(3, 'the size of the crops').map((size) => op.bounded(size, 'the size of the crops')) as [number, number];
  const fraction = (count: number): number[] => Array.from({ length: count }, (_, index) => (count > 1 ? index / (count - 1) : 0.5));
  const side = (first: number): string => e.slice(op.natural(1), [first], [first + 1], [1]);
  /** [b, count] from -1 to 1 inside the picture */
  const positions = (low: string, high: string, count: number): string => {
    const inside = e.op('Add', [low, e.op('Mul', [e.op('Sub', [high, low]), e.constant(fraction(count), 'float32', [1, count])])]);
    return e.op('Sub', [e.op('Mul', [inside, op.scalar(2, 'float32')]), op.scalar(1, 'float32')]);
  };
  const ys = e.unsqueeze(positions(side(0), side(2), height), [2, 3]), xs = e.unsqueeze(positions(side(1), side(3), width), [1, 3]);
  const spread = e.op('Mul', [ys, op.scalar(0, 'float32')]);
  // [b, h', w', 2]: x before y
  const grid = e.concat([e.op('Add', [xs, spread]), e.op('Add', [ys, e.op('Mul', [xs, op.scalar(0, 'float32')])])], 3);
  const pictures = e.op('Gather', [x, op.natural(2)], { axis: 0 });
  if (op.attributes.text('method', 'bilinear') !== 'bilinear') op.fail('it takes the nearest pixel, where ONNX rounds halves to the even one');
  const sampled = e.op('GridSample', [pictures, grid], { mode: 'bilinear', padding_mode: 'border', align_corners: 1 });
  // What lies outside the picture has one value of its own.
  const one = op.scalar(1, 'float32');
  const outside = e.op('Greater', [e.reduce('ReduceMax', e.op('Abs', [grid]), [3], false), one]);
  const beyond = op.scalar(op.attributes.float('extrapolation_value', 0), 'float32');
  return { value: e.op('Where', [e.unsqueeze(outside, [1]), beyond, sampled]), stored };
}

export const pooling: OpTable = {
  MaxPool: (op) => pool(op, 'MaxPool', 2), AvgPool: (op) => pool(op, 'AveragePool', 2),
  MaxPool3D: (op) => pool(op, 'MaxPool', 3), AvgPool3D: (op) => pool(op, 'AveragePool', 3),
  FusedBatchNorm: batchNorm, FusedBatchNormV2: batchNorm, FusedBatchNormV3: batchNorm,
  ResizeBilinear: (op) => resize(op, 'linear'), ResizeNearestNeighbor: (op) => resize(op, 'nearest'),
  LRN: localResponse, CropAndResize: cropAndResize,
  DepthToSpace: (op) => depthSpace(op, 'DepthToSpace'), SpaceToDepth: (op) => depthSpace(op, 'SpaceToDepth'),
};
