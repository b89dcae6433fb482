/** The other class activation maps on a hand-made convolution, against their formulas written out, through the real engine room. */
import assert from 'node:assert/strict';
import type { ModelFile } from '../../../src/graph/graph';
import { minMaxScale } from '../../../src/methods/cam';
import { methodById } from '../../../src/methods/registry';
import { resizeAligned, resizeBilinear } from '../../../src/tensor/resample';
import { floatTensor } from '../../../src/tensor/tensor';
import { explain, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) assert.ok(Math.abs(actual[i]! - expected[i]!) <= tolerance, `element ${i}: ${actual[i]}, expected ${expected[i]}`);
};

/** Two 2×2 filters at stride 2 over a 4×4 picture: the top left pixel of each patch, and minus the bottom right one. */
const picture = floatTensor([1, 1, 4, 4], Float32Array.from({ length: 16 }, (_, i) => (i % 5) + i / 10 - 1));
const x = [...picture.data];
const corner = [0, 2, 8, 10];
const activations = [corner.map((at) => x[at]!), corner.map((at) => -x[at + 5]!)];
/** A weight for every cell of every channel, so that gradients differ from cell to cell. */
const weights = [[1, -2, 0.5, 3], [-1, 2, 1.5, -0.5]];
const score = activations.flatMap((channel, c) => channel.map((value, cell) => value * weights[c]![cell]!)).reduce((a, b) => a + b, 0);

/** y = Σ weights · activations. */
function model(): { file: ModelFile; layer: string } {
  let layer = '';
  const file = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 1] } }, (b, input) => {
    layer = b.op('Conv', [input, b.constant([1, 0, 0, 0, 0, 0, 0, -1], 'float32', [2, 1, 2, 2])], { kernel_shape: [2, 2], strides: [2, 2] });
    return { y: b.op('MatMul', [b.op('Flatten', [layer], { axis: 1 }), b.constant(weights.flat(), 'float32', [8, 1])]) };
  });
  return { file, layer };
}

const cells = [0, 1, 2, 3];
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const weighted = (channelWeights: readonly number[]): number[] => cells.map((cell) => sum(channelWeights.map((w, c) => w * activations[c]![cell]!)));

async function camOf(id: string, parameters = {}): Promise<number[]> {
  const { result } = await explain(model().file, picture, id, { preset: 'signed', parameters });
  close([result.score], [score]);
  close(result.values!.data, resizeBilinear(result.cam!.data, 2, 2, 4, 4));
  return [...result.cam!.data];
}

after(() => sessions.releaseAll());

describe('class activation maps in closed form', () => {
  it('HiResCAM: gradient times activation, cell by cell; it adds up to the score of a linear head', async () => {
    const cam = await camOf('hires-cam');
    close(cam, cells.map((cell) => sum([0, 1].map((c) => weights[c]![cell]! * activations[c]![cell]!))));
    close([sum(cam)], [score]);
  });

  it('LayerCAM: positive gradients only', async () => {
    close(await camOf('layer-cam'), cells.map((cell) => sum([0, 1].map((c) => Math.max(0, weights[c]![cell]!) * activations[c]![cell]!))));
  });

  it('XGrad-CAM: gradients averaged by activation', async () => {
    const channel = [0, 1].map((c) => sum(cells.map((cell) => weights[c]![cell]! * activations[c]![cell]!)) / (sum(activations[c]!) + 1e-7));
    close(await camOf('xgrad-cam'), weighted(channel));
  });

  it('Grad-CAM++: positive gradients by their own powers', async () => {
    const channel = [0, 1].map((c) => sum(cells.map((cell) => {
      const g = weights[c]![cell]!;
      return (Math.max(g, 0) * g * g) / (2 * g * g + sum(activations[c]!) * g ** 3 + 1e-6);
    })));
    close(await camOf('grad-cam++'), weighted(channel));
  });

  it('Eigen-CAM: the projection on the direction cells differ along most; the other sign on demand', async () => {
    const cam = await camOf('eigen-cam'), flipped = await camOf('eigen-cam', { flip: true });
    close(flipped, cam.map((value) => -value));
    // In two dimensions the direction is that of the 2×2 covariance's larger eigenvalue.
    const mean = activations.map((channel) => sum(channel) / 4), d = activations.map((channel, c) => channel.map((value) => value - mean[c]!));
    const dot = (a: number, b: number) => sum(cells.map((cell) => d[a]![cell]! * d[b]![cell]!));
    const angle = 0.5 * Math.atan2(2 * dot(0, 1), dot(0, 0) - dot(1, 1));
    const expected = cells.map((cell) => Math.cos(angle) * d[0]![cell]! + Math.sin(angle) * d[1]![cell]!);
    const sign = Math.sign(sum(expected.map((value, i) => value * cam[i]!)));
    close(cam, expected.map((value) => sign * value));
    assert.ok(sum(cells.map((cell) => cam[cell]! * (d[0]![cell]! + d[1]![cell]!))) >= 0, 'more activation is positive');
  });

  it('Score-CAM: channels weighted by the score under their own mask', async () => {
    const scores = activations.map((channel) => {
      const low = Math.min(...channel), high = Math.max(...channel);
      const mask = resizeAligned(channel, 2, 2, 4, 4).map((value) => (value - low) / (high - low + 1e-8));
      const masked = x.map((value, i) => value * mask[i]!);
      return sum(corner.map((at, cell) => weights[0]![cell]! * masked[at]! - weights[1]![cell]! * masked[at + 5]!));
    });
    const e = scores.map((value) => Math.exp(value - Math.max(...scores)));
    close(await camOf('score-cam'), weighted(e.map((value) => value / sum(e))));
    const { progress } = await explain(model().file, picture, 'score-cam', { parameters: { channels: 1 } });
    assert.equal(progress.at(-1)!.total, 1, 'fewer channels on demand');
  });

  it('Ablation-CAM: channels weighted by what the score loses without them', async () => {
    const channel = [0, 1].map((c) => sum(cells.map((cell) => weights[c]![cell]! * activations[c]![cell]!)) / Math.abs(score));
    close(await camOf('ablation-cam'), weighted(channel));
  });

  it('as pytorch-grad-cam shows them: rectified, scaled, resized, scaled', async () => {
    const signed = await camOf('hires-cam'), { result } = await explain(model().file, picture, 'hires-cam');
    close(result.cam!.data, signed.map((value) => Math.max(value, 0)));
    close(result.values!.data, minMaxScale(resizeBilinear(minMaxScale(Float32Array.from(result.cam!.data)), 2, 2, 4, 4)));
  });

  it('forward-only maps apply where the gradient ends, and say what is missing where there is no grid', async () => {
    const file = tinyModel(['N', 1, 4, 4], { y: { dims: ['N', 2] } }, (b, input) => {
      const grid = b.op('Conv', [input, b.constant([1, 0, 0, 1], 'float32', [1, 1, 2, 2])], { kernel_shape: [2, 2], strides: [2, 2] });
      return { y: b.op('Round', [b.op('MatMul', [b.op('Flatten', [grid], { axis: 1 }), b.constant([1, 2, 3, 4, 4, 3, 2, 1], 'float32', [4, 2])])]) };
    });
    const question = { model: runtimeModel(file, [1, 1, 4, 4]), target: { output: 'y', index: 0, space: 'logit' as const }, input: 'x', kind: 'image' as const };
    for (const id of ['eigen-cam', 'score-cam', 'ablation-cam']) assert.equal((await methodById(id).applies(question)).applies, true, id);
    assert.match((await methodById('layer-cam').applies(question)).reason!, /Round/);
    const { result } = await explain(file, picture, 'ablation-cam');
    assert.equal(result.values!.data.length, 16);
    const flat = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, input) => ({ y: b.op('ReduceSum', [input, b.int64s([1])]) }));
    assert.match((await methodById('score-cam').applies({ ...question, model: runtimeModel(flat, [1, 2]), kind: 'table' })).reason!, /2 dims, not 4/);
  });

  it('end between batches once cancelled', async () => {
    const controller = new AbortController(), method = methodById('score-cam');
    const run = method.explain({
      model: Object.assign(Object.create(runtimeModel(model().file, [1, 1, 4, 4])) as ReturnType<typeof runtimeModel>, { batchFor: () => 1 }), feeds: { x: picture }, input: 'x', kind: 'image',
      target: { output: 'y', index: 0, space: 'logit' }, parameters: {}, tensors: {}, seed: 0, signal: controller.signal,
    });
    const first = await run.next();
    assert.ok(!first.done && first.value.done === 1 && first.value.total === 2 && first.value.partial);
    controller.abort(new Error('cancelled by the test'));
    await assert.rejects(run.next(), /cancelled by the test/);
  });
});
