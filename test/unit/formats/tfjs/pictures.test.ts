/** Convolutions, pools and what keeps a picture's layout, against TensorFlow.js. */
import fc from 'fast-check';
import { attr, compare, floats, ints, op, scalar, vector, type GraphNode } from './oracle';

const small = fc.integer({ min: 1, max: 3 });
const padding = fc.constantFrom('SAME', 'VALID');
const seed = fc.integer({ min: 0, max: 1e6 });
const strides = (...items: number[]): ReturnType<typeof attr.ints> => attr.ints([1, ...items, 1]);

describe('TensorFlow ops on pictures', () => {
  it('Conv2D', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ h: small, w: small, stride: small, dilation: fc.integer({ min: 1, max: 2 }), padding, channels: small, filters: small, open: fc.boolean(), seed }), async (c) => {
      await op('Conv2D', { x: floats([2, 8, 7, c.channels], c.seed), w: floats([c.h, c.w, c.channels, c.filters], c.seed + 1) }, {
        strides: strides(...(c.dilation > 1 ? [1, 1] : [c.stride, c.stride])), padding: attr.text(c.padding), dilations: strides(c.dilation, c.dilation), data_format: attr.text('NHWC'),
      }, { constant: ['w'], open: c.open && c.dilation === 1 });
    }), { numRuns: 50 });
  });

  it('explicit padding', async () => {
    await op('Conv2D', { x: floats([1, 6, 5, 2]), w: floats([3, 3, 2, 4], 2) }, { strides: strides(2, 2), padding: attr.text('EXPLICIT'), explicit_paddings: attr.ints([0, 0, 1, 2, 0, 1, 0, 0]), dilations: strides(1, 1), data_format: attr.text('NHWC') }, { constant: ['w'] });
  });

  it('DepthwiseConv2dNative', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ k: small, stride: small, padding, channels: small, multiplier: small, seed }), async (c) => {
      await op('DepthwiseConv2dNative', { x: floats([2, 8, 7, c.channels], c.seed), w: floats([c.k, c.k, c.channels, c.multiplier], c.seed + 1) }, {
        strides: strides(c.stride, c.stride), padding: attr.text(c.padding), dilations: strides(1, 1), data_format: attr.text('NHWC'),
      }, { constant: ['w'] });
    }), { numRuns: 25 });
  });

  it('fused convolutions', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ depthwise: fc.boolean(), padding, activation: fc.constantFrom(undefined, 'Relu', 'Relu6', 'Elu', 'Prelu', 'LeakyRelu'), seed }), async (c) => {
      // TensorFlow.js does not hand the slope to this op.
      if (c.depthwise && c.activation === 'LeakyRelu') return;
      const channels = 3, filters = c.depthwise ? 6 : 4;
      const isPrelu = c.activation === 'Prelu';
      await op(c.depthwise ? 'FusedDepthwiseConv2dNative' : '_FusedConv2D', {
        x: floats([2, 6, 7, channels], c.seed, 3), w: floats(c.depthwise ? [3, 3, channels, 2] : [3, 3, channels, filters], c.seed + 1, 2), b: floats([filters], c.seed + 2), ...(isPrelu && { slope: floats([1, 1, filters], c.seed + 3) }),
      }, {
        strides: strides(1, 1), padding: attr.text(c.padding), dilations: strides(1, 1), data_format: attr.text('NHWC'), num_args: attr.int(isPrelu ? 2 : 1),
        fused_ops: attr.texts(['BiasAdd', ...(c.activation ? [c.activation] : [])]), leakyrelu_alpha: attr.float(0.3), epsilon: attr.float(0),
      }, { constant: ['w', 'b', 'slope'] });
    }), { numRuns: 30 });
  });

  it('Conv3D', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ k: small, stride: small, padding, seed }), async (c) => {
      if (c.stride > c.k) return;
      await op('Conv3D', { x: floats([1, 5, 6, 4, 2], c.seed), w: floats([c.k, c.k, c.k, 2, 3], c.seed + 1) }, { strides: strides(c.stride, c.stride, c.stride), padding: attr.text(c.padding), dilations: strides(1, 1, 1), data_format: attr.text('NDHWC') }, { constant: ['w'] });
    }), { numRuns: 10 });
  });

  it('one-dimensional convolutions, as Keras writes them', async () => {
    await compare({
      nodes: [
        { name: 'e', op: 'ExpandDims', input: ['x', 'one'] }, { name: 'c', op: 'Conv2D', input: ['e', 'w'], attr: { strides: strides(1, 2), padding: attr.text('SAME'), dilations: strides(1, 1), data_format: attr.text('NHWC') } },
        { name: 's', op: 'Squeeze', input: ['c'], attr: { squeeze_dims: attr.ints([1]) } }, { name: 'b', op: 'BiasAdd', input: ['s', 'bias'] }, { name: 'r', op: 'Relu', input: ['b'] }, { name: 'y', op: 'Max', input: ['r', 'one'], attr: { keep_dims: attr.bool(false) } },
      ],
      inputs: { x: floats([2, 9, 3]) }, constants: { w: floats([1, 3, 3, 4], 2), bias: floats([4], 3), one: scalar(1) }, outputs: ['b', 'y'],
    });
  });

  it('Conv2DBackpropInput', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ h: small, w: small, stride: small, padding, kernel: small, extra: fc.integer({ min: 0, max: 2 }), seed }), async (c) => {
      // The size of the picture a forward convolution would have come from.
      const size = (steps: number): number => (c.padding === 'SAME' ? steps * c.stride - Math.min(c.extra, c.stride - 1) : (steps - 1) * c.stride + c.kernel + Math.min(c.extra, c.stride - 1));
      const steps = [c.h + 2, c.w + 1];
      await op('Conv2DBackpropInput', { sizes: vector(2, size(steps[0]!), size(steps[1]!), 3), w: floats([c.kernel, c.kernel, 3, 4], c.seed), x: floats([2, steps[0]!, steps[1]!, 4], c.seed + 1) },
        { strides: strides(c.stride, c.stride), padding: attr.text(c.padding), dilations: strides(1, 1), data_format: attr.text('NHWC') }, { constant: ['sizes', 'w'] });
    }), { numRuns: 40 });
  });

  it('dilated convolutions written with SpaceToBatchND', async () => {
    for (const depthwise of [false, true]) {
      await compare({
        nodes: [
          { name: 's', op: 'SpaceToBatchND', input: ['x', 'block', 'pads'] },
          { name: 'c', op: depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', input: ['s', 'w'], attr: { strides: strides(1, 1), padding: attr.text('VALID'), dilations: strides(1, 1), data_format: attr.text('NHWC') } },
          { name: 'y', op: 'BatchToSpaceND', input: ['c', 'block', 'crops'] },
        ],
        inputs: { x: floats([1, 7, 7, 3]) }, outputs: ['y'],
        constants: { w: floats([3, 3, 3, 2], 2), block: vector(2, 2), pads: { dtype: 'int32', dims: [2, 2], data: [2, 3, 2, 3] }, crops: { dtype: 'int32', dims: [2, 2], data: [0, 1, 0, 1] } },
      });
    }
  });

  it('SpaceToBatchND and BatchToSpaceND alone', async () => {
    await op('SpaceToBatchND', { x: floats([2, 4, 5, 3]), block: vector(2, 3), pads: { dtype: 'int32', dims: [2, 2], data: [1, 1, 0, 1] } }, {}, { constant: ['block', 'pads'] });
    await op('BatchToSpaceND', { x: floats([12, 2, 3, 2]), block: vector(2, 3), crops: { dtype: 'int32', dims: [2, 2], data: [1, 0, 2, 1] } }, {}, { constant: ['block', 'crops'] });
  });

  it('pools', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ max: fc.boolean(), k: small, stride: small, padding, three: fc.boolean(), seed }), async (c) => {
      // TensorFlow.js pads by a negative number where a three-dimensional stride jumps over the window.
      if (c.three && c.stride > c.k) return;
      const sizes = c.three ? [5, 4, 6] : [7, 6];
      await op(`${c.max ? 'Max' : 'Avg'}Pool${c.three ? '3D' : ''}`, { x: floats([2, ...sizes, 3], c.seed) }, {
        ksize: strides(...sizes.map(() => c.k)), strides: strides(...sizes.map(() => c.stride)), padding: attr.text(c.padding), data_format: attr.text(c.three ? 'NDHWC' : 'NHWC'),
      });
    }), { numRuns: 30 });
  });

  it('batch normalisation', async () => {
    for (const name of ['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']) {
      await op(name, { x: floats([2, 3, 4, 5]), scale: floats([5], 2), offset: floats([5], 3), mean: floats([5], 4), variance: { ...floats([5], 5), data: [0.5, 1, 2, 0.1, 3] } }, { epsilon: attr.float(0.01), is_training: attr.bool(false), data_format: attr.text('NHWC') }, { constant: ['scale', 'offset', 'mean', 'variance'] });
    }
  });

  it('resizing', async () => {
    await fc.assert(fc.asyncProperty(fc.record({ bilinear: fc.boolean(), corners: fc.boolean(), half: fc.boolean(), h: fc.integer({ min: 1, max: 9 }), w: fc.integer({ min: 1, max: 9 }), seed }), async (c) => {
      const half = c.half && !c.corners;
      await op(c.bilinear ? 'ResizeBilinear' : 'ResizeNearestNeighbor', { x: floats([2, 4, 5, 3], c.seed), size: vector(c.h, c.w) }, { align_corners: attr.bool(c.corners), half_pixel_centers: attr.bool(half) }, { constant: ['size'] });
    }), { numRuns: 60 });
  });

  it('CropAndResize', async () => {
    for (const [method, h, w] of [['bilinear', 4, 5], ['bilinear', 3, 3], ['bilinear', 1, 2]] as const) {
      await op('CropAndResize', { x: floats([2, 6, 7, 3]), boxes: { dtype: 'float32', dims: [3, 4], data: [0, 0, 1, 1, 0.1, 0.2, 0.63, 0.9, -0.2, 0.3, 0.5, 1.3].map(Math.fround) }, of: vector(0, 1, 1), size: vector(h, w) }, { method: attr.text(method), extrapolation_value: attr.float(0.5) }, { constant: ['size'], tolerance: 1e-4 });
    }
  });

  it('LRN, DepthToSpace, MirrorPad', async () => {
    await op('LRN', { x: floats([1, 3, 4, 7]) }, { depth_radius: attr.int(2), bias: attr.float(1.5), alpha: attr.float(0.3), beta: attr.float(0.6) });
    await op('DepthToSpace', { x: floats([2, 3, 4, 8]) }, { block_size: attr.int(2), data_format: attr.text('NHWC') });
    for (const mode of ['REFLECT', 'SYMMETRIC']) await op('MirrorPad', { x: floats([2, 4, 5, 3]), p: { dtype: 'int32', dims: [4, 2], data: [0, 0, 2, 1, 0, 2, 1, 1] } }, { mode: attr.text(mode) }, { constant: ['p'] });
  });

  it('what stands between convolutions keeps their layout', async () => {
    const conv = (name: string, x: string, w: string): GraphNode => ({ name, op: 'Conv2D', input: [x, w], attr: { strides: strides(1, 1), padding: attr.text('SAME'), dilations: strides(1, 1), data_format: attr.text('NHWC') } });
    const steps: readonly ((name: string, x: string, index: number) => GraphNode)[] = [
      (name, x) => ({ name, op: 'Relu', input: [x] }), (name, x) => ({ name, op: 'Mul', input: [x, 'vector'] }), (name, x) => ({ name, op: 'Sub', input: ['plane', x] }),
      (name, x) => ({ name, op: 'AddV2', input: [x, 'image'] }), (name, x) => ({ name, op: 'ConcatV2', input: [x, x, 'axis3'] }), (name, x) => ({ name, op: 'Slice', input: [x, 'begin', 'size'] }),
      (name, x) => ({ name, op: 'Pad', input: [x, 'pads'] }), (name, x) => ({ name, op: 'Mean', input: [x, 'axes12'], attr: { keep_dims: attr.bool(true) } }), (name, x) => ({ name, op: 'Max', input: [x, 'axis3'], attr: { keep_dims: attr.bool(true) } }),
      (name, x) => ({ name, op: 'Tile', input: [x, 'repeats'] }), (name, x) => ({ name, op: 'Softmax', input: [x] }), (name, x) => ({ name, op: 'ReverseV2', input: [x, 'axes12'] }), (name, x) => ({ name, op: 'Cumsum', input: [x, 'axis3'] }),
      (name, x) => ({ name, op: 'StridedSlice', input: [x, 'zeros', 'zeros', 'twos'], attr: { begin_mask: attr.int(15), end_mask: attr.int(15) } }), (name, x) => ({ name, op: 'Transpose', input: [x, 'perm'] }),
      (name, x) => ({ name, op: 'Prelu', input: [x, 'vector'] }), (name, x) => ({ name, op: 'SquaredDifference', input: [x, 'one'] }),
    ];
    const ends: readonly ((x: string) => GraphNode)[] = [
      (x) => ({ name: 'y', op: 'Identity', input: [x] }), (x) => ({ name: 'y', op: 'Mean', input: [x, 'axes12'], attr: { keep_dims: attr.bool(false) } }), (x) => ({ name: 'y', op: 'Sum', input: [x, 'axis3'], attr: { keep_dims: attr.bool(false) } }),
      (x) => ({ name: 'y', op: 'ArgMax', input: [x, 'axis3'], attr: { output_type: attr.type('int32') } }), (x) => ({ name: 'y', op: 'Shape', input: [x], attr: { out_type: attr.type('int32') } }), (x) => ({ name: 'y', op: 'Reshape', input: [x, 'flat'] }),
      (x) => ({ name: 'y', op: 'Max', input: [x, 'axis1'], attr: { keep_dims: attr.bool(false) } }), (x) => ({ name: 'y', op: 'Transpose', input: [x, 'toFirst'] }),
    ];
    await fc.assert(fc.asyncProperty(fc.array(fc.integer({ min: 0, max: steps.length - 1 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 0, max: ends.length - 1 }), seed, async (chosen, end, s) => {
      const nodes: GraphNode[] = [conv('c', 'x', 'w')];
      let last = 'c';
      chosen.forEach((step, index) => { nodes.push(steps[step]!(`n${index}`, last, index)); last = `n${index}`; });
      nodes.push(ends[end]!(last));
      const graph = {
        nodes, inputs: { x: floats([1, 4, 4, 2], s) }, outputs: ['y'],
        constants: {
          w: floats([3, 3, 2, 4], s + 1), vector: floats([1], s + 2), plane: floats([1, 1, 1, 1], s + 3), image: floats([1], s + 4), axis3: scalar(3), axis1: scalar(1), axes12: vector(1, 2), begin: vector(0, 0, 0, 0), size: vector(-1, 1, -1, -1),
          pads: { dtype: 'int32' as const, dims: [4, 2], data: [0, 0, 1, 0, 0, 2, 1, 1] }, repeats: vector(1, 2, 1, 2), zeros: vector(0, 0, 0, 0), twos: vector(1, 2, 1, 2), perm: vector(0, 2, 1, 3), toFirst: vector(0, 3, 1, 2), flat: vector(-1), one: floats([1, 1], s + 5),
        },
      };
      await compare(graph, 1e-4);
    }), { numRuns: 120 });
  });

  it('broadcasts of every form beside pictures', async () => {
    for (const dims of [[4], [1], [], [1, 4], [5, 1], [5, 4], [6, 5, 4], [1, 1, 1, 4], [2, 1, 1, 4], [2, 6, 5, 1], [1, 6, 1, 1]]) {
      await compare({
        nodes: [{ name: 'c', op: 'Conv2D', input: ['x', 'w'], attr: { strides: strides(1, 1), padding: attr.text('SAME'), dilations: strides(1, 1), data_format: attr.text('NHWC') } }, { name: 'y', op: 'Mul', input: ['c', 'k'] }, { name: 'z', op: 'Sub', input: ['k', 'c'] }],
        inputs: { x: floats([2, 6, 5, 3]) }, constants: { w: floats([3, 3, 3, 4], 2), k: floats(dims, 3) }, outputs: ['y', 'z'],
      });
    }
  });

  it('integers of pictures stay exact', () => op('Cast', { x: ints([1, 2, 3, 3], 0, 255) }, { SrcT: attr.type('int32'), DstT: attr.type('float32') }));
});
