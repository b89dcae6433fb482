/** The standard rule table: every op that has a gradient here. */
import type { RuleTable } from '../rule';
import { activationRules } from './activation';
import { batchNormRules } from './batchnorm';
import { convolutionRules } from './convolution';
import { elementwiseRules } from './elementwise';
import { matmulRules } from './matmul';
import { normalizationRules } from './normalization';
import { poolingRules } from './pooling';
import { quantisedRules } from './quantised';
import { reductionRules } from './reduction';
import { resizeRules } from './resize';
import { shapeRules } from './shape';
import { softmaxRules } from './softmax';

export const standardRules: RuleTable = {
  ...elementwiseRules, ...activationRules, ...reductionRules, ...shapeRules, ...matmulRules, ...softmaxRules,
  ...normalizationRules, ...convolutionRules, ...poolingRules, ...resizeRules, ...batchNormRules, ...quantisedRules,
};
