/** Grad-CAM on hand-made convolutions and token grids, against closed forms, through the real engine room. */
import assert from 'node:assert/strict';
import type { GraphBuilder } from '../../../src/graph/builder';
import { minMaxScale } from '../../../src/methods/cam';
import type { ModelFile } from '../../../src/graph/graph';
import { ParameterError } from '../../../src/methods/parameters';
import { methodById } from '../../../src/methods/registry';
import { resizeBilinear } from '../../../src/tensor/resample';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};

/** Two 2×2 filters at stride 2 over a 4×4 picture: the top left pixel of each patch, and minus the bottom right one. */
const filters = [1, 0, 0, 0, 0, 0, 0, -1];
const picture = floatTensor([1, 1, 4, 4], Float32Array.from({ length: 16 }, (_, i) => i + 1));
/** Activations [2, 2, 2] of that convolution. */
const activations = [[1, 3, 9, 11], [-6, -8, -14, -16]];
const classWeights = [[2, 1], [-1, 0.5]];

/** y = class weights · (mean over the grid of each channel); the convolution's output is named. */
function convolution(layout: 'NCHW' | 'NHWC' = 'NCHW'): { model: ModelFile; layer: string } {
  let layer = '';
  const dims = layout === 'NCHW' ? ['N', 1, 4, 4] : ['N', 4, 4, 1];
  const model = tinyModel(dims, { y: { dims: ['N', 2] } }, (b, x) => {
    const input = layout === 'NCHW' ? x : b.transpose(x, [0, 3, 1, 2]);
    layer = b.op('Conv', [input, b.constant(filters, 'float32', [2, 1, 2, 2])], { kernel_shape: [2, 2], strides: [2, 2] });
    return { y: head(b, b.op('Flatten', [b.op('GlobalAveragePool', [layer])], { axis: 1 })) };
  });
  return { model, layer };
}

function head(b: GraphBuilder, features: string): string {
  return b.op('MatMul', [features, b.constant([2, -1, 1, 0.5], 'float32', [2, 2])]);
}

/** Σ_c (w_c / cells) · A_c: the mean gradient at every cell of channel c is w_c / 4. */
const camOf = (index: number): number[] => [0, 1, 2, 3].map((cell) => classWeights[index]!.reduce((sum, w, c) => sum + (w / 4) * activations[c]![cell]!, 0));

after(() => sessions.releaseAll());

describe('Grad-CAM in closed form', () => {
  it('captum: the weighted sum on the layer\'s grid, negative values kept', async () => {
    const { model, layer } = convolution();
    for (const index of [0, 1]) {
      const { result } = await explain(model, picture, 'grad-cam', { index });
      assert.equal(result.layer, layer, 'the last spatial layer is the default');
      assert.deepEqual(result.cam!.dims, [1, 1, 2, 2]);
      close(result.cam!.data, camOf(index));
      assert.deepEqual(result.values!.dims, [1, 1, 4, 4]);
      close(result.values!.data, resizeBilinear(camOf(index), 2, 2, 4, 4));
      assert.ok(result.checks[0]!.ok);
    }
    assert.ok(camOf(0).some((value) => value < 0));
  });

  it('pytorch-grad-cam: rectified, scaled, resized, scaled', async () => {
    const { result } = await explain(convolution().model, picture, 'grad-cam', { index: 0, preset: 'pytorch-grad-cam' });
    const rectified = camOf(0).map((value) => Math.max(value, 0));
    close(result.cam!.data, rectified);
    const expected = minMaxScale(resizeBilinear(minMaxScale(Float32Array.from(rectified)), 2, 2, 4, 4));
    close(result.values!.data, expected);
    assert.equal(Math.min(...result.values!.data), 0);
    assert.ok(Math.max(...result.values!.data) > 0.999);
  });

  it('lies over pictures with channels last as well', async () => {
    const { result } = await explain(convolution('NHWC').model, floatTensor([1, 4, 4, 1], picture.data), 'grad-cam');
    assert.deepEqual(result.values!.dims, [1, 4, 4, 1]);
    close(result.cam!.data, camOf(0));
    close(result.values!.data, resizeBilinear(camOf(0), 2, 2, 4, 4));
  });

  it('a layer with channels last is read as such', async () => {
    let layer = '';
    const model = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 2] } }, (b, x) => {
      const grid = b.op('Conv', [x, b.constant(filters, 'float32', [2, 1, 2, 2])], { kernel_shape: [2, 2], strides: [2, 2] });
      layer = b.op('LeakyRelu', [b.transpose(grid, [0, 2, 3, 1])], { alpha: { float: 1 } });
      return { y: head(b, b.reduce('ReduceMean', layer, [1, 2], false)) };
    });
    const { result } = await explain(model, picture, 'grad-cam', { layer });
    close(result.cam!.data, camOf(0));
  });

  it('a grid of tokens loses its class token and is laid out row by row', async () => {
    const layers: string[] = [];
    const model = tokens((b, mixed) => b.reduce('ReduceMean', b.slice(mixed, [1], [5], [1]), [1], false), layers);
    const { result } = await explain(model, picture, 'grad-cam', { layer: layers[0] });
    close(result.cam!.data, camOf(0));
  });

  it('token layers whose patches no longer reach the target are passed over', async () => {
    const layers: string[] = [];
    // After mixing, only the class token is read: at the last layer the patches have no gradient.
    const model = tokens((b, mixed) => b.squeeze(b.slice(mixed, [0], [1], [1]), [1]), layers);
    const { result } = await explain(model, picture, 'grad-cam');
    assert.equal(result.layer, layers[0]);
    assert.deepEqual(result.chosen, { layer: layers[0] });
    // The class token is the mean of all five tokens after mixing: each patch's gradient is w / 5.
    close(result.cam!.data, camOf(0).map((value) => (value * 4) / 5));
    const { result: last } = await explain(model, picture, 'grad-cam', { layer: layers[1] });
    assert.equal(last.checks[0]!.ok, false);
    assert.match(last.checks[0]!.message, /zero everywhere.*another layer/);
  });

  it('says when nothing speaks for the target', async () => {
    const negative = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 1] } }, (b, x) => {
      const grid = b.op('Relu', [b.op('Conv', [x, b.constant([1], 'float32', [1, 1, 1, 1])])]);
      return { y: b.op('Neg', [b.op('Flatten', [b.op('GlobalAveragePool', [grid])], { axis: 1 })]) };
    });
    const { result } = await explain(negative, picture, 'grad-cam', { preset: 'pytorch-grad-cam' });
    assert.equal(result.checks[0]!.ok, false);
    assert.match(result.checks[0]!.message, /only against it; turn relu off/);
  });

  it('refuses layers that are no grid or not there, and inputs that are no picture', async () => {
    const { model } = convolution();
    await assert.rejects(explain(model, picture, 'grad-cam', { layer: 'y' }), (error) => error instanceof ParameterError && /layer 'y': found dims \[1, 2\], expected a grid/.test(error.message));
    await assert.rejects(explain(model, picture, 'grad-cam', { layer: 'nowhere' }), /nowhere/);
    const flat = tinyModel(['N', 2], { y: { dims: ['N', 2] } }, (b, x) => ({ y: head(b, x) }));
    const answer = await methodById('grad-cam').applies({ model: runtimeModel(flat, [1, 2]), target: { output: 'y', index: 0, space: 'logit' }, input: 'x', kind: 'table' });
    assert.equal(answer.applies, false);
    assert.match(answer.reason!, /2 dims, not 4/);
    await assert.rejects(explain(flat, row(1, 2), 'grad-cam'), ParameterError);
  });
});

/** The convolution's cells as four tokens after a class token of zeros, mixed so that the class token becomes the mean. */
function tokens(read: (b: GraphBuilder, mixed: string) => string, layers: string[]): ModelFile {
  return tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 2] } }, (b, x) => {
    const grid = b.op('Conv', [x, b.constant(filters, 'float32', [2, 1, 2, 2])], { kernel_shape: [2, 2], strides: [2, 2] });
    const patches = b.transpose(b.reshape(grid, [0, 2, 4]), [0, 2, 1]);
    const placed = b.op('Add', [b.pad(patches, [0, 1, 0, 0, 0, 0]), b.constant(new Array<number>(10).fill(0), 'float32', [1, 5, 2])]);
    const mixed = b.op('Add', [b.op('MatMul', [b.constant(mixing(), 'float32', [5, 5]), placed]), b.constant([0, 0], 'float32', [2])]);
    layers.push(placed, mixed);
    return { y: head(b, read(b, mixed)) };
  });
}

/** Rows that leave patches as they are, and make the class token the mean of all. */
function mixing(): number[] {
  return Array.from({ length: 25 }, (_unused, i) => (i < 5 ? 1 / 5 : Number(i % 6 === 0)));
}
