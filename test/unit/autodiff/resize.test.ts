/** Cotangents of Resize in every mode against central differences. */
import { resizeRules } from '../../../src/autodiff/rules/resize';
import type { AttributeInput } from '../../../src/graph/builder';
import { checkRule, type RuleCase } from './checkRule';
import type { Random } from './random';

const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];

function resizeCase(random: Random, space: readonly number[], attributes: Record<string, AttributeInput>, form: 'scales' | 'sizes', opset = 13): RuleCase {
  const dims = [random.int(1, 2), random.int(1, 3), ...space];
  const inputs: RuleCase['inputs'] = form === 'scales'
    ? [{ dims }, undefined, { dims: [dims.length], constant: [1, 1, ...space.map(() => random.pick([0.5, 0.6, 0.75, 1, 1.3, 1.5, 2, 3]))] }]
    : [{ dims }, undefined, undefined, { dims: [dims.length], constant: [...dims.slice(0, 2), ...space.map((size) => Math.max(1, size + random.int(-3, 5)))], dtype: 'int64' }];
  return { rules: resizeRules, opType: 'Resize', attributes, inputs, opset, float32Only: true, step: 0.25, tolerance: 2e-3 };
}

describe('autodiff: Resize', function () {
  this.timeout(120_000);
  for (const coordinate of [...coordinates, 'half_pixel_symmetric']) {
    const opset = coordinate === 'half_pixel_symmetric' ? 19 : 13;
    it(`nearest, ${coordinate}, every rounding`, () => checkRule((random) => resizeCase(random, [random.int(2, 6), random.int(2, 6)],
      { mode: 'nearest', coordinate_transformation_mode: coordinate, nearest_mode: random.pick(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil']) },
      random.pick(['scales', 'sizes']), random.pick([opset, 19])), 24));
    for (const mode of ['linear', 'cubic']) {
      it(`${mode}, ${coordinate}`, () => checkRule((random) => resizeCase(random, [random.int(2, 6), random.int(2, 6)],
        { mode, coordinate_transformation_mode: coordinate }, random.pick(['scales', 'sizes']), random.pick([opset, 19])), 12));
    }
  }
  it('cubic with exclude_outside and another coefficient', () => checkRule((random) => resizeCase(random, [random.int(2, 6), random.int(2, 6)],
    { mode: 'cubic', exclude_outside: 1, cubic_coeff_a: { float: -0.5 } }, 'sizes'), 8));
  it('nearest and linear over one and three axes', async () => {
    await checkRule((random) => resizeCase(random, Array.from({ length: random.pick([1, 3]) }, () => random.int(2, 4)), { mode: 'nearest' }, 'sizes'), 8);
    await checkRule((random) => resizeCase(random, Array.from({ length: random.pick([1, 3]) }, () => random.int(2, 4)), { mode: 'linear' }, 'sizes'), 8);
  });
  it('whole-number nearest enlargement (the upsampling of decoders)', () => checkRule((random) => {
    const scale = random.int(2, 4);
    return {
      rules: resizeRules, opType: 'Resize', attributes: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      inputs: [{ dims: [2, 3, random.int(2, 5), random.int(2, 5)] }, undefined, { dims: [4], constant: [1, 1, scale, scale] }], float32Only: true, step: 0.25, tolerance: 2e-3,
    };
  }, 6));
  it('antialias (opset 18), linear and cubic', () => checkRule((random) => resizeCase(random, [random.int(6, 10), random.int(6, 10)],
    { mode: random.pick(['linear', 'cubic']), antialias: 1, coordinate_transformation_mode: random.pick(['half_pixel', 'pytorch_half_pixel', 'asymmetric']) },
    'scales', 19), 16));
  it('axes and keep_aspect_ratio_policy (opset 18)', () => checkRule((random) => ({
    rules: resizeRules, opType: 'Resize',
    attributes: { mode: random.pick(['linear', 'nearest']), axes: [2, 3], keep_aspect_ratio_policy: random.pick(['stretch', 'not_larger', 'not_smaller']) },
    inputs: [{ dims: [1, 2, random.int(2, 6), random.int(2, 6)] }, undefined, undefined, { dims: [2], constant: [random.int(2, 8), random.int(2, 8)], dtype: 'int64' }],
    opset: 19, float32Only: true, step: 0.25, tolerance: 2e-3,
  }), 12));
  it('tf_crop_and_resize with extrapolation', () => checkRule((random) => ({
    rules: resizeRules, opType: 'Resize',
    attributes: { mode: random.pick(['linear', 'nearest']), coordinate_transformation_mode: 'tf_crop_and_resize', extrapolation_value: { float: 3 } },
    inputs: [{ dims: [1, 2, 5, 6] }, { dims: [8], constant: [0, 0, random.float(-0.1, 0.4), random.float(-0.1, 0.4), 1, 1, random.float(0.6, 1.1), random.float(0.6, 1.1)] }, undefined,
      { dims: [4], constant: [1, 2, random.int(1, 8), random.int(2, 8)], dtype: 'int64' }],
    opset: 13, float32Only: true, step: 0.25, tolerance: 2e-3,
  }), 12));
});
