import assert from 'node:assert/strict';
import { count } from './runGraph';
import { gradientOf, needShared, packModel, saliencyCases, sampled } from './wholeModel';

describe('autodiff: saliency of real models', function () {
  this.timeout(120_000);
  const cases = saliencyCases();

  it('there are golden cases', function () {
    needShared(this);
    assert.ok(cases.length >= 20, `only ${cases.length} cases found`);
  });

  for (const dialect of ['cpu', 'portable'] as const) {
    for (const golden of cases) {
      it(`${golden.id} (${dialect})`, async () => {
        const model = await packModel(golden.model);
        const run = await gradientOf({
          model, inputDims: { [golden.inputName]: golden.input.dims }, wrt: [golden.inputName], dialect,
          target: { output: golden.target.output, space: golden.target.useLogits ? 'logit' : 'probability' },
        }, { [golden.inputName]: golden.input }, golden.target.index);
        const score = golden.target.useLogits ? golden.target.logit : golden.target.probability;
        assert.ok(Math.abs(run.score.data[0]! - score) <= 1e-3 * Math.max(1, Math.abs(score)), `score ${run.score.data[0]}, expected ${score}`);
        const found = sampled(run.gradients[golden.inputName]!, golden.sampling).data.map((value) => (golden.abs ? Math.abs(value) : value));
        const expected = golden.expected.data, { maxAbs, maxRel, maxOutlierFraction = 0 } = golden.tolerance;
        assert.equal(found.length, expected.length);
        const outliers = found.filter((value, index) => Math.abs(value - expected[index]!) > maxAbs + maxRel * Math.abs(expected[index]!)).length;
        const worst = found.reduce((most, value, index) => Math.max(most, Math.abs(value - expected[index]!)), 0);
        assert.ok(outliers <= maxOutlierFraction * found.length, `${outliers} of ${found.length} elements are off, the worst by ${worst} (allowed ${maxAbs})`);
      });
    }
  }

  it('a float16 network agrees with the same network in float32, but for kinks', async function () {
    needShared(this);
    const golden = cases.find(({ id }) => id === 'squeezenet_chelsea_saliency_signed_logit')!;
    const model = await packModel('onnx/imagenet_squeezenet_fp16.onnx'), name = golden.inputName;
    const run = await gradientOf({
      model, inputDims: { [name]: golden.input.dims }, wrt: [name], target: { output: golden.target.output, space: 'logit' },
    }, { [name]: { ...golden.input, dtype: 'float16' } }, golden.target.index);
    assert.ok(Math.abs(run.score.data[0]! - golden.target.logit) < 0.02 * golden.target.logit);
    assert.ok(cosine(run.gradients[name]!.data, golden.expected.data) > 0.97, `cosine ${cosine(run.gradients[name]!.data, golden.expected.data)}`);
  });

  it('every sample of a batch has the gradient it has alone, each to its own class', async function () {
    needShared(this);
    for (const [model, names] of [
      ['converted/imagenet_mobilenet_v1_025.onnx', ['mobilenet_chelsea_saliency_signed_logit', 'mobilenet_coffee_saliency_signed_logit']],
      ['converted/imagenet_squeezenet_fp32.onnx', ['squeezenet_chelsea_saliency_signed_logit', 'squeezenet_coral_parrot_saliency_signed_logit']],
      ['converted/cifar10_resnet8.onnx', ['resnet8_cnnexplainer_car_1_saliency_signed_logit', 'resnet8_gradcam_horses_saliency_signed_logit']],
    ] as const) {
      const pair = names.map((name) => cases.find(({ id }) => id === name)!), input = pair[0]!.inputName, dims = pair[0]!.input.dims;
      const file = await packModel(model), batch = [2, ...dims.slice(1)];
      const run = await gradientOf({ model: file, inputDims: { [input]: batch }, wrt: [input], target: { output: pair[0]!.target.output, space: 'logit' } },
        { [input]: { dtype: 'float32', dims: batch, data: pair.flatMap((golden) => golden.input.data) } }, pair.map((golden) => golden.target.index));
      pair.forEach((golden, n) => {
        const own = { ...run.gradients[input]!, dims, data: run.gradients[input]!.data.slice(n * count(dims), (n + 1) * count(dims)) };
        const similarity = cosine(sampled(own, golden.sampling).data, golden.expected.data);
        assert.ok(similarity > 0.9999, `${golden.id} in a batch: cosine ${similarity}`);
      });
    }
  });
});

function cosine(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, b.length);
  let dot = 0, aa = 0, bb = 0;
  a.forEach((value, index) => { dot += value * b[index]!; aa += value * value; bb += b[index]! * b[index]!; });
  return dot / Math.sqrt(aa * bb);
}
