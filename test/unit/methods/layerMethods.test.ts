/** Attributions to layers and through units against closed forms, through the real engine room. */
import assert from 'node:assert/strict';
import { methodById } from '../../../src/methods/registry';
import { explain, row, runtimeModel, sessions, tinyModel } from './tinyModels';

const close = (actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-4): void => {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) <= tolerance, `element ${i}: ${actual[i]}, expected ${value}`));
};

let hidden = '';
/** h = relu(x W), y = v · h², with W = [[1, 2], [-1, 1]] and v = (3, -1). */
const network = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, input) => {
  hidden = b.op('Relu', [b.op('MatMul', [input, b.constant([1, 2, -1, 1], 'float32', [2, 2])])]);
  return { y: b.op('MatMul', [b.op('Mul', [hidden, hidden]), b.constant([3, -1], 'float32', [2, 1])]) };
});
const x = [2, 0.5], h = [1.5, 4.5], v = [3, -1];
/** Integrated Gradients along x′ = 0: every h is α h(x), so ∫ 2 v h α dα = v h. */
const conductance = h.map((value, j) => v[j]! * value * value);

after(() => sessions.releaseAll());

describe('layer methods in closed form', () => {
  it('layer activation: the values themselves; the last activation is the default', async () => {
    const { result } = await explain(network, row(...x), 'layer-activation');
    close(result.layerValues!.data, h);
    assert.deepEqual([result.layer, result.layerValues!.dims, result.values], [hidden, [1, 2], undefined]);
    close([result.score], [conductance[0]! + conductance[1]!]);
  });

  it('gradient × activation: 2 v h²', async () => {
    const { result } = await explain(network, row(...x), 'layer-gradient-x-activation');
    close(result.layerValues!.data, conductance.map((value) => 2 * value));
  });

  it('conductance: v h² each, which adds up to the change of the score', async () => {
    const { result } = await explain(network, row(...x), 'layer-conductance', { parameters: { nSteps: 400 } });
    close(result.layerValues!.data, conductance, 0.2);
    assert.ok(result.checks[0]!.ok, result.checks[0]!.message);
    assert.ok(Math.abs(result.checks[0]!.value) < 0.02 * Math.abs(result.score));
  });

  it('conductance beside a residual path says what goes around the layer', async () => {
    let side = '';
    const residual = tinyModel(['N', 2], { y: { dims: ['N', 1] } }, (b, input) => {
      side = b.op('Relu', [input]);
      return { y: b.op('MatMul', [b.op('Add', [side, b.op('Mul', [input, b.constant([3], 'float32', [1])])]), b.constant([1, 1], 'float32', [2, 1])]) };
    });
    const { result } = await explain(residual, row(1, 1), 'layer-conductance', { layer: side });
    assert.equal(result.checks[0]!.ok, false);
    assert.match(result.checks[0]!.message, /2\d\.\d % of the 8\.000 .* goes around it/);
  });

  it('internal influence: the mean gradient v h along the path', async () => {
    const { result } = await explain(network, row(...x), 'internal-influence');
    close(result.layerValues!.data, h.map((value, j) => v[j]! * value));
  });

  it('neuron conductance: x · W_j · v h_j; all units together are Integrated Gradients', async () => {
    const weights = [[1, -1], [2, 1]];
    const of = async (neuron: string) => (await explain(network, row(...x), 'neuron-conductance', { parameters: { neuron } })).result;
    const [first, second] = [await of('0'), await of('1')];
    close(first.values!.data, x.map((value, i) => value * weights[0]![i]! * v[0]! * h[0]!));
    close([first.checks[0]!.value], [conductance[0]!]);
    const whole = await explain(network, row(...x), 'integrated-gradients', { preset: 'captum' });
    close([...first.values!.data].map((value, i) => value + second.values!.data[i]!), [...whole.result.values!.data]);
    const strongest = (await explain(network, row(...x), 'neuron-conductance')).result;
    assert.equal(strongest.chosen!.neuron, '1', 'the largest gradient × activation');
    await assert.rejects(of('2'), /parameter 'neuron': found '2', expected a position within \[2\]/);
    await assert.rejects(of('a'), /expected whole numbers separated by commas/);
  });

  it('refuse layers that are not there, and end once cancelled', async () => {
    await assert.rejects(explain(network, row(...x), 'layer-conductance', { layer: 'nowhere' }), /nowhere/);
    const controller = new AbortController();
    const single = Object.assign(Object.create(runtimeModel(network, [1, 2])) as ReturnType<typeof runtimeModel>, { batchFor: () => 1 });
    const run = methodById('neuron-conductance').explain({ model: single, feeds: { x: row(...x) }, input: 'x', kind: 'table', target: { output: 'y', index: 0, space: 'logit' }, parameters: {}, tensors: {}, seed: 0, signal: controller.signal });
    assert.ok(!(await run.next()).done);
    controller.abort(new Error('cancelled by the test'));
    await assert.rejects(run.next(), /cancelled by the test/);
  });

  it('inner values can be fed: nothing before them runs', async () => {
    const model = runtimeModel(network, [1, 2]);
    const target = { output: 'y', index: 0, space: 'output' as const }, feeds = { x: row(...x), [hidden]: row(1, 2) };
    close(await model.scores(feeds, target), [3 - 4]);
    const batch = { x: { ...row(...x, ...x), dims: [2, 2] }, [hidden]: { ...row(1, 2, 3, 0), dims: [2, 2] } };
    close(await model.scores(batch, target), [-1, 27]);
    const { gradients } = await model.gradients({ feeds: batch, target, wrt: [hidden] });
    close(gradients[hidden]!.data, [6, -4, 18, 0]);
    await assert.rejects(model.scores({ ...feeds, [hidden]: row(1, 2, 3) }, target), /is float32 \[1, 2\], but a tensor of dims \[1, 3\] was given/);
  });
});
