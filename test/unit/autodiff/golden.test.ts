import assert from 'node:assert/strict';
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
});
